"""The forms of the portal: an amount, where it comes from or what it is for, and a key."""

import re
import uuid
from decimal import Decimal

from django import forms
from django.conf import settings

from lending.loans.repay import Source

NOT_AN_AMOUNT = "Enter an amount above zero, in dollars and cents."
BY_TRANSFER = "A payment from your bank counts when it arrives: send it with your account number."
KEEP = "keep"
# Digits, in groups of three where there are commas: 1,50 might be meant as either.
WRITTEN = re.compile(r"([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]*)?")


class AmountField(forms.DecimalField):
    """HKD to the cent, above zero; written with or without commas, and in no other way."""

    def __init__(self, **kwargs):
        said = dict.fromkeys(
            ("required", "invalid", "min_value", "max_decimal_places"), NOT_AN_AMOUNT
        )
        too_much = dict.fromkeys(
            ("max_digits", "max_whole_digits"), "That is more than can be entered here."
        )
        super().__init__(
            min_value=Decimal("0.01"),
            max_digits=14,
            decimal_places=2,
            error_messages=said | too_much,
            widget=forms.TextInput(
                attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": "0.00"}
            ),
            **kwargs,
        )

    def to_python(self, value) -> Decimal | None:
        text = "" if value is None else str(value).strip()
        if text and not WRITTEN.fullmatch(text):
            raise forms.ValidationError(NOT_AN_AMOUNT, code="invalid")
        return super().to_python(text.replace(",", ""))


class ActForm(forms.Form):
    """`key` is made when the form is first shown: sent twice, it acts once."""

    amount = AmountField()
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class RepayForm(ActForm):
    source = forms.ChoiceField(choices=Source.choices, initial=Source.CLIENT, required=False)

    def clean_source(self) -> Source:
        """Money from outside counts when it arrives; only a bank of paper takes a client's word."""
        source = Source(self.cleaned_data["source"] or Source.CLIENT)
        if source == Source.CLIENT and not settings.PAPER_BANK:
            raise forms.ValidationError(BY_TRANSFER, code="by_transfer")
        return source


class DrawForm(ActForm):
    """`purpose`: to keep the cash for a purchase, or the code of the asset to buy with it now."""

    purpose = forms.ChoiceField(initial=KEEP)

    def __init__(self, *args, codes: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = [
            (KEEP, "Keep it as purchasing cash in the account"),
            *((code, f"Buy {code} now") for code in codes),
        ]
