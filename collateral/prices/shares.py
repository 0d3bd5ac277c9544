"""
The price of a Hong Kong share: what the licensed feed says, held against yesterday's file. Pure.

A move beyond what is believed has no price until a second source says the same or two people set
one: 0700 was recorded at a tenth of itself on 2009-07-07.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext

from collateral.amounts import EXACT
from collateral.prices.consensus import (
    Agreed,
    HeldBack,
    NoPrice,
    Rule,
    Standing,
    hear,
    median,
)
from collateral.prices.quote import Quote


@dataclass(frozen=True, slots=True)
class Close:
    """What the approved file says of a share at the end of `day`, in HKD."""

    day: date
    price: Decimal
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class ShareRule:
    """
    - `move`: further from the file than this fraction a single source is not believed.
    - `spread`: within this fraction of each other two sources say the same.
    """

    move: Decimal
    spread: Decimal


def agree_on_share(
    quotes: Iterable[Quote], *, reference: Close | None, now: datetime, rule: ShareRule
) -> Agreed | NoPrice:
    """
    The share's price at `now`. `reference` is yesterday's approved close, None where there is no
    file: then the price is marked thin.

    :raises ValueError: quotes of different assets or currencies
    """
    heard, dropped = hear(quotes, now=now, rule=Rule(min_sources=1, spread=rule.spread))
    used, dropped = tuple(heard), tuple(dropped)
    if reference is not None and reference.suspended:
        return NoPrice(f"suspended in the file of {reference.day}", dropped)
    if not used:
        return NoPrice("no licensed source is fresh", dropped)
    value = median([quote.price for quote in used])
    if not _within(min(q.price for q in used), max(q.price for q in used), rule.spread):
        return HeldBack("the sources contradict one another", dropped, value, used)
    if reference is None:
        return Agreed(value, used, dropped, Standing.THIN, why="no approved file of the day before")
    if _within(reference.price, value, rule.move):
        return Agreed(value, used, dropped)
    moved = f"{value} against {reference.price} in the file of {reference.day}"
    if len(used) > 1:
        return Agreed(value, used, dropped, why=f"{moved}: a second source says so")
    return HeldBack(moved, dropped, value, used)


def _within(one: Decimal, other: Decimal, fraction: Decimal) -> bool:
    with localcontext(EXACT):
        return abs(other - one) <= fraction * one
