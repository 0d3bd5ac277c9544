"""What the forms of proposals have in common: their fields, and how they become a payload."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django import forms

from onboarding.payloads import LONGEST_TEXT


class PercentField(forms.DecimalField):
    """Typed as a percentage, given back as a fraction of one."""

    def __init__(self, **kwargs):
        super().__init__(min_value=0, max_value=100, decimal_places=4, **kwargs)

    def clean(self, value) -> Decimal | None:
        percent = super().clean(value)
        return None if percent is None else percent / 100


class FromField(forms.DateTimeField):
    """The time from which it shall hold; empty means when it is approved."""

    def __init__(self):
        super().__init__(
            label="In force from",
            required=False,
            help_text="Hong Kong time. Leave it empty for the moment of the approval.",
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        )


def date_field(label: str, **kwargs) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs
    )


def words_field(label: str, **kwargs) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3}), **kwargs
    )


class ProposeForm(forms.Form):
    """`asks` are the subject and payload of each proposal it makes; most forms make one."""

    reason = words_field("Why")

    field_order: list[str] | None = None

    def __init__(self, *args, now: datetime, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.now = now
        self.order_fields([name for name in self.fields if name != "reason"] + ["reason"])

    def asks(self) -> Iterator[tuple[str, dict]]:
        yield self.subject(), self.payload()

    def subject(self) -> str:
        raise NotImplementedError

    def payload(self) -> dict:
        """Every field but the reason, as text; what was left empty is left out."""
        return {
            name: _text(value)
            for name, value in self.cleaned_data.items()
            if name != "reason" and value not in (None, "")
        }


def _text(value) -> str | list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
