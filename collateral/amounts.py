"""
How amounts are rounded: named, once, at the edge, and never in the borrower's favour. Pure.

Quantities, prices and ratios are multiplied and added exactly, under `EXACT`; a result is rounded
when it becomes money or a quantity of an asset, to a multiple of a step, by one of the names below.
"""

from collections.abc import Callable
from decimal import (
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)

NOTHING = Decimal(0)
CENT = Decimal("0.01")

# Units have 38 digits, a price 28, a haircut and a level 9 each: a product of all four has 84, and
# the sum of a pool a few more. What would not fit is refused, not rounded; so is a float.
EXACT = Context(
    prec=100,
    traps=[InvalidOperation, DivisionByZero, Overflow, Inexact, FloatOperation],
)


class NotAnAmount(ValueError):
    """A number that cannot be an amount: negative, not finite, or a step that is not positive."""


def round_down(value: Decimal, step: Decimal) -> Decimal:
    """
    The greatest multiple of `step` that is not above `value`: what a client may have.

    - `value` >= 0 and `step` > 0, in the same unit (HKD, units of an asset, a fraction of one).
    - Exact at any size; a value on a multiple comes back as it is, with the places of `step`.

    :raises NotAnAmount: `value` is negative or not finite, or `step` is not positive
    :raises FloatOperation: one of them is a float
    """
    return quotient_down(value, Decimal(1), step)


def round_up(value: Decimal, step: Decimal) -> Decimal:
    """
    The least multiple of `step` that is not below `value`: what a client must bring.

    Arguments and errors as `round_down`.
    """
    return quotient_up(value, Decimal(1), step)


def round_half_up(value: Decimal, step: Decimal) -> Decimal:
    """
    The multiple of `step` nearest to `value`; of two as near the greater.

    Only for interest, where the rule names this side (INT-7). PostgreSQL's round() of a numeric
    gives the same. Arguments and errors as `round_down`.
    """
    return quotient_half_up(value, Decimal(1), step)


def quotient_down(numerator: Decimal, denominator: Decimal, step: Decimal) -> Decimal:
    """
    `numerator / denominator` rounded down to a multiple of `step`, without a rounding in between.

    - `numerator` >= 0, `denominator` > 0, `step` > 0.

    :raises NotAnAmount: one of them is outside these bounds or not finite
    """
    return _quotient(numerator, denominator, step, lambda rest, divisor: False)


def quotient_up(numerator: Decimal, denominator: Decimal, step: Decimal) -> Decimal:
    """`numerator / denominator` rounded up to a multiple of `step`; else as `quotient_down`."""
    return _quotient(numerator, denominator, step, lambda rest, divisor: rest > 0)


def quotient_half_up(numerator: Decimal, denominator: Decimal, step: Decimal) -> Decimal:
    """`numerator / denominator` to the nearest multiple of `step`, a tie up; for interest only."""
    return _quotient(numerator, denominator, step, lambda rest, divisor: 2 * rest >= divisor)


def _quotient(
    numerator: Decimal,
    denominator: Decimal,
    step: Decimal,
    takes_one_more: Callable[[Decimal, Decimal], bool],
) -> Decimal:
    """Whole steps in the quotient, and one more where the rest of the division asks for it."""
    with localcontext(EXACT):
        for number in (numerator, denominator, step):
            if not Decimal(number).is_finite():
                raise NotAnAmount(f"{number} is not a finite number")
        if numerator < 0:
            raise NotAnAmount(f"{numerator} is negative")
        if denominator <= 0:
            raise NotAnAmount(f"a divisor must be positive, not {denominator}")
        if step <= 0:
            raise NotAnAmount(f"a step must be positive, not {step}")
        divisor = denominator * step
        whole, rest = divmod(numerator, divisor)
        return (whole + 1 if takes_one_more(rest, divisor) else whole) * step
