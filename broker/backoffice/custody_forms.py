"""The forms by which staff propose what concerns custody."""

from django import forms

from broker.backoffice.propose_fields import FromField, ProposeForm, date_field
from broker.backoffice.propose_fields import words as words_field
from collateral.actions.action import FRACTIONS, KINDS, CorporateAction
from collateral.assets import Asset, Kind
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


class TransferForm(ProposeForm):
    account = forms.CharField(label="Margin account", max_length=12)
    asset = forms.ModelChoiceField(
        Asset.objects.filter(kind=Kind.SHARE).order_by("code"), label="Share", to_field_name="code"
    )
    units = forms.DecimalField(label="Number of shares", min_value=0, max_digits=38)
    participant = forms.CharField(label="Broker or CCASS participant", max_length=60)
    reference = forms.CharField(label="Reference of the transfer", max_length=60)
    place = forms.CharField(
        label="Custody place",
        max_length=12,
        required=False,
        help_text="Its code. Empty: where shares are kept.",
    )
    evidence = words_field("What was seen")

    def subject(self) -> str:
        said = self.cleaned_data
        return f"{said['units'].normalize():,f} {said['asset']}, {said['account']}"


class ActionForm(ProposeForm):
    asset = forms.ModelChoiceField(
        Asset.objects.exclude(kind=Kind.CASH).order_by("code"), to_field_name="code"
    )
    kind = forms.ChoiceField(choices=[(str(kind), words) for kind, words in KINDS.items()])
    ex_date = date_field("Ex-date")
    new = forms.IntegerField(
        label="New units", required=False, min_value=1, help_text="Five for one: 5 new, 1 old."
    )
    old = forms.IntegerField(label="for, or on, old units", required=False, min_value=1)
    cash = forms.DecimalField(
        label="Dividend, HKD a unit", required=False, min_value=0, decimal_places=10
    )
    subscription = forms.DecimalField(
        label="Rights: HKD for each new unit", required=False, min_value=0, decimal_places=10
    )
    into = forms.ModelChoiceField(
        Asset.objects.exclude(kind=Kind.CASH).order_by("code"),
        label="Fork: what it gives",
        required=False,
        to_field_name="code",
    )
    fractions = forms.ChoiceField(
        choices=[(str(rule), words) for rule, words in FRACTIONS.items()], required=False
    )
    source = words_field("Read in")

    def subject(self) -> str:
        return f"{KINDS[self.cleaned_data['kind']]} of {self.cleaned_data['asset']}"


class ActionPaymentForm(ProposeForm):
    action = forms.ModelChoiceField(
        CorporateAction.objects.exclude(applied_at=None)
        .filter(entitlements__cash__gt=0, entitlements__paid_at=None)
        .select_related("asset")
        .distinct()
        .order_by("pk"),
        label="Corporate action",
    )
    evidence = words_field("Where the money came in")

    def subject(self) -> str:
        return str(self.cleaned_data["action"])

    def payload(self) -> dict:
        return super().payload() | {"action": str(self.cleaned_data["action"].pk)}


class DifferenceForm(ProposeForm):
    difference = forms.IntegerField(label="Difference, by its number", min_value=1)
    explanation = words_field("Explanation")

    def subject(self) -> str:
        return f"#{self.cleaned_data['difference']}"


class AuthorityForm(ProposeForm):
    client = forms.CharField(label="Client number", max_length=12)
    starts_on = date_field("First day")
    expires_on = date_field("Last day", required=False)
    professional = forms.CharField(
        label="What shows a professional investor",
        max_length=200,
        required=False,
        help_text="Without it an authority lasts at most twelve months.",
    )
    evidence = words_field("Signed paper")

    def subject(self) -> str:
        return self.cleaned_data["client"]


class AuthorityEndForm(ProposeForm):
    client = forms.CharField(label="Client number", max_length=12)
    how = forms.ChoiceField(
        label="The client",
        choices=[("objection", "does not renew it"), ("revocation", "revokes it now")],
    )
    evidence = words_field("The client's word")

    def subject(self) -> str:
        return self.cleaned_data["client"]


CUSTODY_FORMS: dict[str, type[ProposeForm]] = {
    "custody_place": PlaceForm,
    "pledge_securities": TransferForm,
    "release_securities": TransferForm,
    "corporate_action": ActionForm,
    "pay_corporate_action": ActionPaymentForm,
    "close_difference": DifferenceForm,
    "standing_authority": AuthorityForm,
    "end_standing_authority": AuthorityEndForm,
}
