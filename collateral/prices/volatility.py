"""
How much a price moves: an exponentially weighted mean of squared log returns. Pure.

A statistic and no money: it is computed to 28 digits and rounded to six places for show.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

DIGITS = Context(prec=28)
STEP = Decimal("0.000001")
DAY = timedelta(days=1)


def volatility(
    closes: Sequence[tuple[datetime, Decimal]], *, half_life: timedelta
) -> Decimal | None:
    """
    The volatility of a day, a fraction of one, by closes ascending in time; None under two.

    A return counts half as much when it is `half_life` old. One across a gap is spread over it, so
    a feed that was silent is neither calmer nor wilder for that. Rounded half-even to six places.

    :raises ValueError: times that do not ascend, a price that is not above zero, no half life
    """
    if half_life <= timedelta(0):
        raise ValueError(f"a half life of {half_life}")
    if len(closes) < 2:
        return None
    weighted = weight = Decimal(0)
    for (before, old), (at, new) in zip(closes, closes[1:], strict=False):
        span = at - before
        if span <= timedelta(0):
            raise ValueError(f"{at} does not come after {before}")
        if old <= 0 or new <= 0:
            raise ValueError("a price that is not above zero")
        decay = _power_of_half(span, half_life)
        moved = DIGITS.ln(DIGITS.divide(new, old))
        own = DIGITS.subtract(Decimal(1), decay)
        a_day = DIGITS.divide(DIGITS.multiply(moved, moved), _in_days(span))
        weighted = DIGITS.add(DIGITS.multiply(weighted, decay), DIGITS.multiply(a_day, own))
        weight = DIGITS.add(DIGITS.multiply(weight, decay), own)
    variance = DIGITS.divide(weighted, weight)
    return DIGITS.sqrt(variance).quantize(STEP, rounding=ROUND_HALF_EVEN, context=DIGITS)


@lru_cache(maxsize=256)
def _power_of_half(span: timedelta, half_life: timedelta) -> Decimal:
    """One half to the power of span / half_life."""
    exponent = DIGITS.divide(_in_days(span), _in_days(half_life))
    return DIGITS.power(Decimal("0.5"), exponent)


def _in_days(span: timedelta) -> Decimal:
    return DIGITS.divide(
        Decimal(span // timedelta(microseconds=1)), DAY // timedelta(microseconds=1)
    )
