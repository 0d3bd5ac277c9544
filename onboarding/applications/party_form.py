"""The form of one party, and that of who holds whom: identities and dates that can be."""

from datetime import date
from decimal import Decimal

from django import forms

from onboarding.applications.forms import (
    ChineseField,
    CountryField,
    DayField,
    LatinField,
    StepForm,
    WordsField,
)
from onboarding.applications.hkid import NotAnHkid, hkid
from onboarding.applications.ownership import Circular, Held, TooMuch, shares_of
from onboarding.applications.party import (
    OF_FIRMS,
    OF_PERSONS,
    ROLES,
    ApplicationParty,
    Identity,
    Nature,
    PartyRole,
)
from onboarding.clients import Kind

OF_AGE, OLDEST = 18, 120
FOUNDED_SINCE = date(1600, 1, 1)
# Persons of these roles act, and so are of age.
_ACTS = {PartyRole.APPLICANT, PartyRole.DIRECTOR, PartyRole.SIGNATORY, PartyRole.TRUSTEE}


class PartyForm(StepForm):
    """`nature` decides which of the fields there are."""

    roles = forms.MultipleChoiceField(
        label="What is it to the applicant?", widget=forms.CheckboxSelectMultiple
    )
    name = LatinField(label="Full name", max_length=120)
    name_chinese = ChineseField(label="Name in Chinese", max_length=60, required=False)
    birth_date = DayField(label="Date of birth")
    place = CountryField(label="Nationality")
    identity_type = forms.ChoiceField(label="Document")
    identity_number = WordsField(label="Its number", max_length=40)
    identity_expires = DayField(label="Valid until", required=False)
    address = WordsField(label="Home address", max_length=300)
    business_address = WordsField(label="Principal place of business", max_length=300)
    legal_form = WordsField(label="Legal form", max_length=60)
    listed_on = WordsField(
        label="Listed on",
        max_length=60,
        required=False,
        help_text="The exchange, where its shares are listed on one.",
    )

    def __init__(self, *args, nature: str, party: ApplicationParty | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.nature, self.party = nature, party
        kind = self.application.kind
        self.fields["roles"].choices = [(r.value, r.label) for r in roles_for(kind, nature)]
        if nature == Nature.PERSON:
            for name in ("business_address", "legal_form", "listed_on"):
                del self.fields[name]
            identities = OF_PERSONS
        else:
            self._as_firm()
            identities = OF_FIRMS
        self.fields["identity_type"].choices = [("", "Choose")] + [
            (each.value, each.label) for each in identities
        ]
        if len(self.fields["roles"].choices) == 1:
            self.fields["roles"].initial = [self.fields["roles"].choices[0][0]]
            self.fields["roles"].widget = forms.MultipleHiddenInput()

    def _as_firm(self) -> None:
        del self.fields["identity_expires"]
        for name, words in (
            ("name", "Registered name"),
            ("birth_date", "Date of incorporation"),
            ("place", "Place of incorporation"),
            ("identity_type", "Register"),
            ("address", "Registered office"),
        ):
            self.fields[name].label = words
        if self.application.kind == Kind.TRUST:
            self.fields[
                "legal_form"
            ].help_text = "For the trust itself: trust, and under which law."

    def clean_roles(self) -> list[str]:
        roles = self.cleaned_data["roles"]
        if PartyRole.APPLICANT in roles and self._is_second_applicant():
            raise forms.ValidationError("There is one applicant, and it is entered already.")
        return roles

    def _is_second_applicant(self) -> bool:
        if self.application.kind == Kind.JOINT:
            return False
        others = self.application.parties.filter(roles__contains=[PartyRole.APPLICANT])
        return others.exclude(pk=self.party and self.party.pk).exists()

    def clean_birth_date(self) -> date:
        on = self.cleaned_data["birth_date"]
        if on > self.today:
            raise forms.ValidationError("This day is still to come.")
        if self.nature == Nature.PERSON and years_between(on, self.today) > OLDEST:
            raise forms.ValidationError("Nobody is that old: look at the year.")
        if self.nature == Nature.FIRM and on < FOUNDED_SINCE:
            raise forms.ValidationError("Look at the year.")
        return on

    def clean_identity_expires(self) -> date | None:
        on = self.cleaned_data["identity_expires"]
        if on and on < self.today:
            raise forms.ValidationError("It has run out: use one that is valid.")
        return on

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        if self.nature == Nature.PERSON:
            self._check_person(cleaned)
        number, of = cleaned.get("identity_number"), cleaned.get("identity_type")
        twins = self.application.parties.filter(identity_type=of, identity_number=number)
        if number and twins.exclude(pk=self.party and self.party.pk).exists():
            self.add_error("identity_number", "Somebody with this number is entered already.")
        return cleaned

    def _check_person(self, cleaned: dict) -> None:
        if (
            set(cleaned["roles"]) & _ACTS
            and years_between(cleaned["birth_date"], self.today) < OF_AGE
        ):
            self.add_error("birth_date", f"Who acts for the account is {OF_AGE} or older.")
        if cleaned["identity_type"] == Identity.HKID:
            try:
                cleaned["identity_number"] = hkid(cleaned["identity_number"])
            except NotAnHkid as wrong:
                self.add_error("identity_number", str(wrong))
        else:
            cleaned["identity_number"] = cleaned["identity_number"].upper().replace(" ", "")
            if not cleaned.get("identity_expires"):
                self.add_error("identity_expires", "This is missing.")


def roles_for(kind: str, nature: str) -> list[PartyRole]:
    """What a person or a firm may be to an applicant of `kind`."""
    persons_apply = kind in (Kind.PERSON, Kind.JOINT)
    left_out = set()
    if nature == Nature.PERSON and not persons_apply:
        left_out = {PartyRole.APPLICANT}
    if nature == Nature.FIRM:
        left_out = {PartyRole.SIGNATORY, PartyRole.CONTROLLER}
        left_out |= {PartyRole.APPLICANT} if persons_apply else set()
    return [role for role in ROLES[kind] if role not in left_out]


def years_between(then: date, today: date) -> int:
    """Whole years; a birthday on 29 February comes on 1 March in other years."""
    return today.year - then.year - ((today.month, today.day) < (then.month, then.day))


class OwnershipForm(StepForm):
    """One field for each holder and each firm that may be held: the percent, or nothing."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        parties = list(self.application.parties.all())
        self.names = {party.pk: party.name for party in parties}
        self.owners = [p for p in parties if PartyRole.OWNER in p.roles]
        firms = [p for p in parties if not p.is_person and not p.listed_on]
        self.owned = [p for p in firms if {PartyRole.APPLICANT, PartyRole.OWNER} & set(p.roles)]
        for owned in self.owned:
            for owner in self.owners:
                if owner.pk != owned.pk:
                    self.fields[f"h{owner.pk}_{owned.pk}"] = forms.DecimalField(
                        label=f"{owner.name} holds of {owned.name}, %",
                        required=False,
                        min_value=Decimal("0.0001"),
                        max_value=100,
                        decimal_places=4,
                        max_digits=7,
                        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
                    )

    def groups(self) -> list[tuple[ApplicationParty, list]]:
        """The firms, each with the fields of who may hold it."""
        return [
            (
                owned,
                [
                    (owner, self[f"h{owner.pk}_{owned.pk}"])
                    for owner in self.owners
                    if owner.pk != owned.pk
                ],
            )
            for owned in self.owned
        ]

    def holdings(self) -> list[Held]:
        return [
            Held(*(int(key) for key in name[1:].split("_")), percent)
            for name, percent in self.cleaned_data.items()
            if percent
        ]

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        held = self.holdings()
        roots = [p for p in self.owned if PartyRole.APPLICANT in p.roles]
        try:
            for root in roots:
                shares_of(root.pk, held)
        except TooMuch as wrong:
            fields = [f"h{each.owner}_{each.owned}" for each in held if each.owned == wrong.owned]
            self.add_error(fields[-1], f"More than 100% of {self.names[wrong.owned]} is held.")
        except Circular:
            self.add_error(None, "These firms own each other whole: somebody stands behind them.")
        return cleaned
