"""Amounts on the wire: always text, so that nobody's floating point rounds them."""

from decimal import Decimal

from rest_framework import serializers

from collateral.amounts import CENT, round_down, round_up

DIGITS = 38


class HkdField(serializers.DecimalField):
    """HKD to the cent, written as text. What it shows is rounded before, against the borrower."""

    def __init__(self, **kwargs):
        super().__init__(max_digits=DIGITS, decimal_places=2, **kwargs)


class AskedAmountField(serializers.DecimalField):
    """HKD that a client asks for: above zero, in dollars and cents, sent as text."""

    default_error_messages = {
        "invalid": 'Enter an amount in dollars and cents, as text: "1500.00".',
        "required": "Enter an amount.",
        "null": "Enter an amount.",
        "max_decimal_places": "Enter an amount above zero, in dollars and cents.",
        "min_value": "Enter an amount above zero, in dollars and cents.",
        "max_digits": "No account here is that large.",
        "max_whole_digits": "No account here is that large.",
        "max_string_length": "No account here is that large.",
    }

    def __init__(self, **kwargs):
        super().__init__(max_digits=15, decimal_places=2, min_value=CENT, **kwargs)

    def to_internal_value(self, data) -> Decimal:
        if isinstance(data, bool | float):
            self.fail("invalid")
        return super().to_internal_value(data)


def owed(amount: Decimal | None) -> Decimal | None:
    """`amount` HKD rounded up to the cent; None stays None."""
    return None if amount is None else round_up(amount, CENT)


def had(amount: Decimal | None) -> Decimal | None:
    """`amount` HKD rounded down to the cent; None stays None."""
    return None if amount is None else round_down(amount, CENT)
