"""What the applicant reads of each state: where it stands, and what to do."""

from onboarding.applications.application import State

# While it is with us it reads the same, whatever is done with it.
_LOOKING = ("We are looking at it", "You need do nothing now. We write when we need something.")
STATUS = {
    State.DRAFT: ("Not sent yet", "Fill in what is missing; then those who sign confirm it."),
    State.SUBMITTED: ("It is with us", "We begin to look at it within a few days."),
    State.IN_REVIEW: _LOOKING,
    State.CREDIT: _LOOKING,
    State.APPROVED: _LOOKING,
    State.INFORMATION_ASKED: ("We need something from you", "Please answer what we ask for."),
    State.OPENED: ("Your account is open", "You find it on your first page."),
    State.REFUSED: (
        "We cannot open an account for you",
        "We have decided not to take this application further.",
    ),
    State.WITHDRAWN: ("You withdrew it", "It was not taken further."),
    State.EXPIRED: ("It has expired", "It lay too long. You may begin another one."),
}
