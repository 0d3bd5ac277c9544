"""The forms of credit: an assessment with all its lines and factors, and the limit of a group."""

from datetime import timedelta

from django import forms

from broker.backoffice.propose_fields import ProposeForm, date_field, words
from onboarding.credit.application import VERIFIERS
from onboarding.credit.factors import FACTORS, SCORES, SMF, titled
from onboarding.credit.profile import CLASSES, EVIDENCE
from onboarding.credit.score import HISTORIES
from onboarding.payloads import today
from onboarding.users import User

LINES, DEBTS = 8, 4
_NO_CHOICE = [("", "–")]
_YES_NO = [*_NO_CHOICE, ("yes", "Yes"), ("no", "No")]


def _short(label: str, **kwargs) -> forms.CharField:
    return forms.CharField(label=label, max_length=200, required=False, **kwargs)


def _money(label: str, **kwargs) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=0, decimal_places=2, **kwargs)


def _choice(label: str, choices) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[*_NO_CHOICE, *choices], required=False)


def _verifier() -> forms.ModelChoiceField:
    """Evidence is verified by a person; without one the line does not count."""
    staff = User.objects.filter(role__in=VERIFIERS, is_active=True)
    return forms.ModelChoiceField(
        staff.order_by("first_name", "username"),
        label="Verified by",
        to_field_name="username",
        required=False,
    )


def _line() -> dict[str, forms.Field]:
    return {
        "asset_class": _choice("Class", [(str(each), said) for each, said in CLASSES.items()]),
        "described": _short("What it is"),
        "value": _money("Value before discount, HKD", required=False),
        "liquid": forms.ChoiceField(
            label="Liquid",
            choices=_YES_NO,
            required=False,
            help_text="Money within days, and pledged to nobody, us included.",
        ),
        "evidence_type": _choice("Evidence", EVIDENCE.items()),
        "evidence_reference": _short("Where it is kept"),
        "evidence_date": date_field("As of", required=False),
        "verified_by": _verifier(),
    }


def _debt() -> dict[str, forms.Field]:
    return {
        "described": _short("What is owed, and to whom"),
        "amount": _money("Amount, HKD", required=False),
        "within_a_year": forms.ChoiceField(
            label="Due within a year", choices=_YES_NO, required=False
        ),
    }


class AssessmentForm(ProposeForm):
    """
    Lines and factors that are left empty are left out; what is missing the command says.

    The discounts are the house's, and nobody types one.
    """

    client = forms.CharField(label="Client number", max_length=12)
    assessed_date = date_field("Assessed on")
    income = _money("Income of a year, HKD", required=False)
    income_evidence = _short("Evidence of income")
    source_of_wealth = words("Source of wealth")
    source_of_funds = words("Source of funds")
    payment_history = forms.ChoiceField(
        label="Payment history", choices=[(str(each), said) for each, said in HISTORIES.items()]
    )
    payment_argument = words("What it rests on")
    house_conditions = words(
        "What the house's own liquidity, capital, loan book and the market allow"
    )

    def __init__(self, *args, now, **kwargs):
        super().__init__(*args, now=now, **kwargs)
        self.fields["assessed_date"].initial = today(now)
        self.fields["income_verified_by"] = _verifier()
        self._groups = [
            ("The client", ["client", "assessed_date"], True),
            *self._added("Net worth", "line", LINES, _line),
            *self._added("Debt", "debt", DEBTS, _debt),
            ("Income", ["income", "income_evidence", "income_verified_by"], True),
            (
                "Wealth, funds and payments",
                ["source_of_wealth", "source_of_funds", "payment_history", "payment_argument"],
                True,
            ),
            *(self._of_factor(name) for name in FACTORS),
            ("The house", ["house_conditions", "reason"], True),
        ]

    def _added(self, called: str, key: str, count: int, fields) -> list[tuple]:
        """`count` numbered groups of the same fields; the first is open."""
        made = []
        for place in range(1, count + 1):
            names = []
            for name, field in fields().items():
                self.fields[f"{key}_{place}_{name}"] = field
                names.append(f"{key}_{place}_{name}")
            made.append((f"{called} {place}", names, place == 1))
        return made

    def _of_factor(self, name: str) -> tuple:
        scores = [(str(score), said) for score, said in SCORES.items()]
        self.fields[f"{name}_score"] = _choice("Score", scores)
        self.fields[f"{name}_argument"] = words("Argument", required=False)
        self.fields[f"{name}_evidence"] = _short("Evidence")
        names = [f"{name}_{part}" for part in ("score", "argument", "evidence")]
        return (titled(name), names, name in SMF)

    def groups(self) -> list[tuple]:
        """A group that was filled in, or is wrong, stands open."""
        return [
            (title, fields, is_open or any(each.errors or each.value() for each in fields))
            for title, names, is_open in self._groups
            for fields in [[self[name] for name in names]]
        ]

    def subject(self) -> str:
        return self.cleaned_data["client"]

    def payload(self) -> dict:
        flat = super().payload()
        verifiers = {
            name: user.username
            for name, user in self.cleaned_data.items()
            if isinstance(user, User)
        }
        flat |= verifiers
        lines = [self._part(flat, f"line_{n}_") for n in range(1, LINES + 1)]
        debts = [self._part(flat, f"debt_{n}_") for n in range(1, DEBTS + 1)]
        factors = {name: self._part(flat, f"{name}_") for name in FACTORS}
        return flat | {
            "lines": [each for each in lines if each],
            "debts": [each for each in debts if each],
            "factors": {name: each for name, each in factors.items() if each},
        }

    @staticmethod
    def _part(flat: dict, prefix: str) -> dict:
        """What stands in `flat` under the prefix, taken out of it."""
        names = [name for name in flat if name.startswith(prefix)]
        return {name.removeprefix(prefix): flat.pop(name) for name in names}


class GroupLimitForm(ProposeForm):
    client = forms.CharField(
        label="Client number", max_length=12, help_text="Any member; the limit is of its group."
    )
    amount = _money("Limit of the group, HKD")
    assessment = words("Written risk assessment")
    review_date = date_field("Reviewed again by", help_text="Within a year.")

    def __init__(self, *args, now, **kwargs):
        super().__init__(*args, now=now, **kwargs)
        self.fields["review_date"].initial = today(now) + timedelta(days=365)

    def subject(self) -> str:
        return self.cleaned_data["client"]
