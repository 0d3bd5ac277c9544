"""A price nobody renews grows old by steps, and then it is none. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from collateral.amounts import EXACT


@dataclass(frozen=True, slots=True)
class AgeStep:
    """From `after` on, the lending haircut is `widen` points (a fraction of one) wider."""

    after: timedelta
    widen: Decimal


@dataclass(frozen=True, slots=True)
class Aged:
    """The last price goes on until `until`, with its haircut that much wider."""

    widen: Decimal
    until: datetime


def aged(
    seen_at: datetime, *, now: datetime, steps: Sequence[AgeStep], ends_after: timedelta
) -> Aged | None:
    """
    What is left at `now` of a price that was agreed last at `seen_at`; None past the hard age.

    `steps` ascend. It holds until the next step begins, so that each step is an entry of its own.
    """
    age = now - seen_at
    if age > ends_after:
        return None
    widen, until = Decimal(0), ends_after
    for step in steps:
        if age < step.after:
            until = min(until, step.after)
            break
        widen = step.widen
    return Aged(widen, seen_at + until)


def is_jump(value: Decimal, then: Decimal, limit: Decimal) -> bool:
    """Whether a price moved by more than the fraction `limit` from what it was `then`."""
    with localcontext(EXACT):
        return abs(value - then) > limit * then
