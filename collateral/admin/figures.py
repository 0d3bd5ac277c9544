"""How the staff site says amounts: what is owed is rounded up, what is had is rounded down."""

from collections.abc import Callable
from decimal import Decimal

from django.utils.html import format_html

from collateral.amounts import CENT, round_down, round_up
from onboarding.admin.look_only import column

MINUS = "\N{MINUS SIGN}"


def owed(amount: Decimal) -> str:
    """`amount` HKD, rounded up to the cent, with commas."""
    return _grouped(amount, round_up, CENT)


def had(amount: Decimal) -> str:
    """`amount` HKD, rounded down to the cent, with commas."""
    return _grouped(amount, round_down, CENT)


def units_of(units: Decimal, places: int) -> str:
    """`units` with as many decimals as the asset has: whole multiples of its step stay exact."""
    return _grouped(units, round_down, Decimal(1).scaleb(-places))


def as_it_is(value: Decimal) -> str:
    """`value` with all the digits it has, trailing zeros left out, with commas."""
    text = f"{value:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", MINUS)


def percent(fraction: Decimal) -> str:
    """`fraction` as a percentage, with all the digits it has."""
    return f"{as_it_is(fraction * 100)}%"


def usage(fraction: Decimal) -> str:
    """`fraction`, of four places, as a percentage with two, so that a column of them lines up."""
    return f"{fraction * 100:,.2f}%"


def numeral(text: str):
    """`text` as a number in a column of numbers."""
    return format_html('<span class="numeral">{}</span>', text)


def money(path: str, description: str, *, show: Callable[[Decimal], str] = had):
    return column(
        f"num_{path}", path, description, lambda value: numeral(show(value)), ordering=path
    )


def ratio(path: str, description: str):
    return column(
        f"num_{path}", path, description, lambda value: numeral(percent(value)), ordering=path
    )


def number(path: str, description: str):
    return column(
        f"num_{path}", path, description, lambda value: numeral(as_it_is(value)), ordering=path
    )


def _grouped(amount: Decimal, rounding: Callable, step: Decimal) -> str:
    return f"{_rounded(amount, rounding, step):,f}".replace("-", MINUS)


def _rounded(amount: Decimal, rounding: Callable, step: Decimal) -> Decimal:
    return -rounding(-amount, step) if amount < 0 else rounding(amount, step)
