"""Why an act on an application is not done, in words for the person who asked."""


class NotPossible(Exception):
    """It cannot be done as things stand. Says why in the user's words."""


class ChangedMeanwhile(NotPossible):
    """Somebody else saved the same step after this form was opened."""

    def __init__(self):
        super().__init__(
            "Somebody else changed this page after you opened it. Look at what is there now, and"
            " enter yours again if you still mean it."
        )


class Incomplete(NotPossible):
    """A form was filled in with what cannot be; the form has its errors at the fields."""

    def __init__(self, form):
        super().__init__("Some of it cannot be right: see beside the fields.")
        self.form = form
