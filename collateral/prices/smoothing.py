"""
Two prices beside the one: what an asset was worth over the last minutes, weighted to now.

It is lent on at the lower and softly sold at the higher of price and mean, so that a wick of
seconds neither lends nor sells. A call and the hard line go by the price alone.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

from django.db import connection

from onboarding.parameters import Parameter, Unit, declare, value_of

DIGITS = Context(prec=40)
STEP = Decimal("0.0000000001")
MEMORY = 5  # Time constants: what is older weighs less than a hundredth.

LEND = declare(
    "price_mean_lend",
    "Prices: time constant of the mean that is lent on, where it is lower",
    unit=Unit.MINUTES,
    initial=Decimal(10),
    verified=False,
    source="The house's own. Domain facts 5.8, two-price rule.",
    least=Decimal(1),
    most=Decimal(60),
)
SELL = declare(
    "price_mean_sell",
    "Prices: time constant of the mean that is softly sold at, where it is higher",
    unit=Unit.MINUTES,
    initial=Decimal(2),
    verified=False,
    source="The house's own. Domain facts 5.8, two-price rule.",
    least=Decimal(1),
    most=Decimal(10),
)


def mean(points: Sequence[tuple[datetime, Decimal]], *, constant: timedelta) -> Decimal:
    """
    The exponential mean of prices ascending in time, as of the last; half-even to ten places.

    It lies within them, and the mean of one price is that price.

    :raises ValueError: no prices
    """
    if not points:
        raise ValueError("no prices have no mean")
    (before, value), *later = points
    for at, price in later:
        moved = DIGITS.multiply(_share(at - before, constant), DIGITS.subtract(price, value))
        value, before = DIGITS.add(value, moved), at
    return value.quantize(STEP, rounding=ROUND_HALF_EVEN, context=DIGITS)


def means(asset_ids: Collection[int], parameter: Parameter, *, now: datetime) -> dict[int, Decimal]:
    """The mean of each asset that has a price within its memory; two statements."""
    constant = timedelta(minutes=int(value_of(parameter, now=now)))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asset_id, observed_at, value FROM collateral_price"
            " WHERE asset_id = ANY(%s) AND observed_at > %s AND observed_at <= %s"
            " ORDER BY asset_id, observed_at",
            [list(asset_ids), now - MEMORY * constant, now],
        )
        points: dict[int, list] = {}
        for asset_id, at, value in cursor.fetchall():
            points.setdefault(asset_id, []).append((at, value))
    return {asset_id: mean(own, constant=constant) for asset_id, own in points.items()}


@lru_cache(maxsize=1024)
def _share(span: timedelta, constant: timedelta) -> Decimal:
    """How far the mean goes to a price that came `span` later: 1 - exp(-span / constant)."""
    microsecond = timedelta(microseconds=1)
    ratio = DIGITS.divide(Decimal(span // microsecond), Decimal(constant // microsecond))
    return DIGITS.subtract(Decimal(1), DIGITS.exp(-ratio))
