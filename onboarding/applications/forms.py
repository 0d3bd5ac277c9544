"""
What each step asks, and how its answers are read: hostile until they are clean.

One form per step serves every door, the page and the function alike.
"""

import re
from datetime import date
from decimal import Decimal

from django import forms

from onboarding.applications.countries import countries
from onboarding.applications.eligible import CATEGORIES, Category, Sizes, why_not_professional
from onboarding.clients import Kind

LONG = 2_000
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff·\s（）()\-]+")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def seen(words: str) -> str:
    """
    The words with their white space tidy.

    :raises ValidationError: a letter in them cannot be seen, and could hide what is meant
    """
    if _UNSEEN.search(words):
        raise forms.ValidationError("There is a letter in it that cannot be seen: type it again.")
    return " ".join(words.split())


class WordsField(forms.CharField):
    """One line, tidy, of letters that can be seen."""

    def clean(self, value):
        return seen(super().clean(value))


class TextField(forms.CharField):
    """Several lines."""

    def __init__(self, *, rows: int = 4, **kwargs):
        kwargs.setdefault("max_length", LONG)
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)

    def clean(self, value):
        words = super().clean(value).replace("\r\n", "\n")
        if _UNSEEN.search(words.replace("\n", " ")):
            raise forms.ValidationError(
                "There is a letter in it that cannot be seen: type it again."
            )
        return words


class LatinField(WordsField):
    """A name as a passport writes it."""

    def clean(self, value):
        words = super().clean(value)
        if words and not any("a" <= letter.lower() <= "z" for letter in words):
            raise forms.ValidationError("Write the name in Latin letters, as in the passport.")
        if any("\u3400" <= letter <= "\u9fff" for letter in words):
            raise forms.ValidationError("Chinese characters have a field of their own.")
        return words


class ChineseField(WordsField):
    def clean(self, value):
        words = super().clean(value)
        if words and not _CHINESE.fullmatch(words):
            raise forms.ValidationError("Write this one in Chinese characters, or leave it empty.")
        return words


class HkdField(forms.DecimalField):
    """Dollars, with or without commas."""

    def __init__(self, **kwargs):
        super().__init__(
            min_value=0,
            max_digits=17,
            decimal_places=2,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            **kwargs,
        )

    def to_python(self, value) -> Decimal | None:
        return super().to_python("" if value is None else str(value).replace(",", "").strip())


class DayField(forms.DateField):
    def __init__(self, **kwargs):
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages={"invalid": "This is no date."},
            **kwargs,
        )


class CountryField(forms.ChoiceField):
    def __init__(self, **kwargs):
        super().__init__(choices=lambda: [("", "Choose"), *countries().items()], **kwargs)


class StepForm(forms.Form):
    """`application` as it stands and `today` in Hong Kong are what the answers are held against."""

    required_css_class = "needed"

    def __init__(self, *args, application, today: date, sizes: Sizes, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.application, self.today, self.sizes = application, today, sizes
        for field in self.fields.values():
            if field.required:
                field.error_messages["required"] = "This is missing."

    def answers(self) -> dict:
        """What was told, as text for the record."""
        return {
            name: said for name, value in self.cleaned_data.items() if (said := _said(value)) != ""
        }


def _said(value) -> str | list:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (list, tuple)):
        return [str(each) for each in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class EligibilityForm(StepForm):
    category = forms.ChoiceField(label="What describes you?", widget=forms.RadioSelect)
    portfolio = HkdField(
        label="Portfolio, HKD",
        required=False,
        help_text="Securities, certificates of deposit and money in custody. Coins that you hold"
        " yourself do not count.",
    )
    assets = HkdField(label="Total assets, HKD", required=False)
    evidence = WordsField(
        label="What can you show for it?",
        max_length=200,
        help_text="For example: custodian's statement of September, audited accounts.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        kind = self.application.kind
        self.fields["category"].choices = [(each.value, each.label) for each in CATEGORIES[kind]]
        if kind in (Kind.PERSON, Kind.JOINT):
            del self.fields["assets"]
        if kind == Kind.JOINT:
            self.fields[
                "portfolio"
            ].help_text += " Of each of you alone: enter the smaller of the portfolios."
        if kind in (Kind.TRUST, Kind.INSTITUTION):
            del self.fields["portfolio"]

    def clean(self):
        cleaned = super().clean()
        category = cleaned.get("category", "")
        if self.errors or not category:
            return cleaned
        why = why_not_professional(
            self.application.kind,
            category,
            cleaned.get("portfolio"),
            cleaned.get("assets"),
            self.sizes,
        )
        if why:
            self.add_error(self._field_of(category), why)
        return cleaned

    @staticmethod
    def _field_of(category: str) -> str:
        if category in (Category.INDIVIDUAL, Category.CORPORATE):
            return "portfolio"
        return "assets" if category == Category.TRUST else "category"


class PurposeForm(StepForm):
    """Purpose and intended nature of the relationship (AML-1, third block), and the loan's."""

    purpose = TextField(label="What do you want the account for?", rows=3)
    loan_purpose = forms.ChoiceField(
        label="What would you borrow for?",
        choices=[
            ("", "Choose"),
            ("va", "To buy virtual assets on our platform"),
            ("securities", "To buy securities"),
            ("both", "To buy both"),
        ],
    )
    expected_loan = HkdField(label="How much do you expect to borrow, HKD?")
    expected_turnover = HkdField(label="How much would you trade in a month, HKD?")
    expected_assets = TextField(
        label="Which assets would you bring, and from where?",
        rows=3,
        help_text="Custodian, platform or wallet, in your own name.",
    )

    def clean_expected_loan(self) -> Decimal:
        amount = self.cleaned_data["expected_loan"]
        if not amount:
            raise forms.ValidationError("Enter what you expect, above zero.")
        return amount


class WealthForm(StepForm):
    source_of_wealth = TextField(label="How did you come to what you own?")
    source_of_funds = TextField(
        label="Where does the money for this account come from?",
        help_text="Bank and account holder.",
        rows=3,
    )
    net_worth = HkdField(label="Net worth, HKD")
    liquid = HkdField(label="Of it in cash and listed securities, HKD")
    va = HkdField(label="Of it in virtual assets, HKD")

    def clean(self):
        cleaned = super().clean()
        if not self.errors and cleaned["liquid"] + cleaned["va"] > cleaned["net_worth"]:
            self.add_error("net_worth", "It is less than its parts together.")
        return cleaned


class MandateForm(StepForm):
    """Who acts for a firm or trust, and by what authority (AML-1, fourth block)."""

    signatures = forms.TypedChoiceField(
        label="How many sign together?",
        coerce=int,
        choices=[("", "Choose"), (1, "Any one alone"), (2, "Any two together")],
    )
    resolution_date = DayField(label="Date of the resolution")
    resolution = WordsField(
        label="What gives them the power to sign?",
        max_length=200,
        help_text="Board resolution, power of attorney or trust deed, with its reference.",
    )

    def clean_resolution_date(self) -> date:
        on = self.cleaned_data["resolution_date"]
        if on > self.today:
            raise forms.ValidationError("This day is still to come.")
        return on


STEP_FORMS: dict[str, type[StepForm]] = {
    "eligibility": EligibilityForm,
    "purpose": PurposeForm,
    "wealth": WealthForm,
    "mandate": MandateForm,
}
