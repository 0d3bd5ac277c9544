"""The forms by which staff propose what concerns custody."""

from django import forms

from broker.backoffice.propose_form import FromField, ProposeForm, date_field
from collateral.assets import Kind
from collateral.custody.places import PlaceKind


class PlaceForm(ProposeForm):
    code = forms.CharField(max_length=12, help_text="As statements and transfers name it.")
    kind = forms.ChoiceField(
        label="Kind of place",
        required=False,
        choices=[("", "As it is known"), *PlaceKind.choices],
        help_text="For a new place. It never changes.",
    )
    name = forms.CharField(max_length=120, required=False, help_text="For a new place.")
    number = forms.CharField(label="Licence number", max_length=40, required=False)
    expires_on = date_field("Last day of the licence", required=False)
    keeps = forms.MultipleChoiceField(
        label="Keeps, where nobody names another place",
        choices=Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    effective_at = FromField()

    def subject(self) -> str:
        return self.cleaned_data["code"]


CUSTODY_FORMS: dict[str, type[ProposeForm]] = {
    "custody_place": PlaceForm,
}
