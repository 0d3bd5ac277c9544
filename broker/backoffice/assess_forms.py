"""The form of an assessment: papers, the lines they show, owners; one page without script."""

from decimal import Decimal

from django import forms

from onboarding.clients import Client, Kind
from onboarding.eligibility import (
    ASSET_CLASSES,
    CATEGORIES,
    LIMBS,
    LINE_TYPES,
    AssetClass,
    Category,
    Line,
    LineType,
)
from onboarding.investors.papers import Held, Paper, RestOn
from onboarding.investors.status import CATEGORIES_OF, EvidenceType
from onboarding.payloads import LONGEST_TEXT

PAPERS, LINES, RESTS = 3, 6, 4


def _date(label: str) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def _money(label: str, **kwargs) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=0, max_digits=20, decimal_places=2, **kwargs)


def _options(words: dict) -> list[tuple[str, str]]:
    return [("", "–"), *((str(code), said) for code, said in words.items())]


class PaperForm(forms.Form):
    type = forms.ChoiceField(label="Evidence", choices=_options(dict(EvidenceType.choices)))
    issuer = forms.CharField(label="Issued by", max_length=120)
    as_of_date = _date("As of")
    received_date = _date("Received")
    amount = _money("Shows", required=False)
    currency = forms.CharField(label="Currency", max_length=4, initial="HKD")
    rate = forms.DecimalField(
        label="HKD for one", max_digits=16, decimal_places=8, min_value=0, initial=1
    )
    reference = forms.CharField(label="Reference", required=False, max_length=120)
    sha256 = forms.CharField(label="SHA-256 of the file", required=False, max_length=64)


class LineForm(forms.Form):
    type = forms.ChoiceField(label="Held as", choices=_options(LINE_TYPES))
    asset_class = forms.ChoiceField(label="What", choices=_options(ASSET_CLASSES))
    amount = _money("HKD in all")
    paper = forms.IntegerField(label="Shown by evidence no.", min_value=1, initial=1)
    share = forms.DecimalField(
        label="Agreed share, %", required=False, min_value=0, max_value=100, decimal_places=4
    )
    holders = forms.IntegerField(label="Holders", required=False, min_value=2, max_value=50)
    holder = forms.CharField(label="Belongs to", required=False, max_length=120)
    said = forms.CharField(label="Note", required=False, max_length=120)


class RestForm(forms.Form):
    other = forms.CharField(label="Client number", max_length=12)
    is_owner = forms.ChoiceField(
        label="It is",
        choices=[("yes", "owner of this corporation"), ("no", "owned by it")],
        initial="yes",
    )
    share = forms.DecimalField(label="Share, %", min_value=0, max_value=100, decimal_places=4)


def _many(form, count: int):
    return forms.formset_factory(form, extra=count, max_num=20, absolute_max=40)


class AssessForm(forms.Form):
    """`asked()` is what `assess` takes, once the form is valid."""

    category = forms.ChoiceField(label="Assessed as")
    limb = forms.ChoiceField(
        label="Paragraph of the definition",
        required=False,
        choices=[("", "–"), *((limb, f"({limb})") for limb in LIMBS)],
    )
    holders = forms.CharField(
        label="Holders, one a line",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    reason = forms.CharField(
        label="Why", max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, data=None, *, client: Client):
        super().__init__(data, label_suffix="")
        categories = CATEGORIES_OF[client.kind]
        self.fields["category"].choices = [(str(each), CATEGORIES[each]) for each in categories]
        if Category.INSTITUTIONAL not in categories:
            del self.fields["limb"]
        if client.kind != Kind.JOINT:
            del self.fields["holders"]
        self.papers = _many(PaperForm, PAPERS)(data, prefix="papers")
        self.lines = _many(LineForm, LINES)(data, prefix="lines")
        self.rests = (
            _many(RestForm, RESTS)(data, prefix="rests") if Category.HOLDING in categories else None
        )

    def is_valid(self) -> bool:
        sets = [each for each in (self.papers, self.lines, self.rests) if each is not None]
        return all([super().is_valid(), *(each.is_valid() for each in sets)]) and self._known()

    def _known(self) -> bool:
        """Whether every owner that is named is a client."""
        for form in _filled(self.rests):
            number = form.cleaned_data["other"]
            form.other = Client.objects.filter(number=number).first()
            if form.other is None:
                self.add_error(None, f"There is no client {number}.")
        return not self.errors

    def asked(self) -> dict:
        holders = self.cleaned_data.get("holders", "").splitlines()
        return {
            "category": Category(self.cleaned_data["category"]),
            "limb": self.cleaned_data.get("limb", ""),
            "holders": [name.strip() for name in holders if name.strip()],
            "papers": [_paper(form.cleaned_data) for form in _filled(self.papers)],
            "held": [_held(form.cleaned_data) for form in _filled(self.lines)],
            "rests": [
                RestOn(
                    form.other,
                    form.cleaned_data["is_owner"] == "yes",
                    form.cleaned_data["share"] / 100,
                )
                for form in _filled(self.rests)
            ],
        }


def _filled(formset) -> list[forms.Form]:
    return [form for form in formset or [] if form.has_changed()]


def _paper(said: dict) -> Paper:
    return Paper(
        type=EvidenceType(said["type"]),
        issuer=said["issuer"],
        as_of_date=said["as_of_date"],
        received_date=said["received_date"],
        amount=said["amount"],
        currency=said["currency"].strip().upper(),
        rate=said["rate"],
        reference=said["reference"],
        sha256=said["sha256"].strip().lower(),
    )


def _held(said: dict) -> Held:
    share: Decimal | None = said["share"]
    line = Line(
        type=LineType(said["type"]),
        asset_class=AssetClass(said["asset_class"]),
        amount=said["amount"],
        share=None if share is None else share / 100,
        holders=said["holders"],
        holder=said["holder"].strip(),
        said=said["said"],
    )
    return Held(line, said["paper"] - 1)
