"""
What a corporate action makes of units and of a price, to the last digit. Pure.

Units change by `numerator / denominator`, the price by its inverse, so that units times price stay
what they were but for what is paid in cash. Units round by the action's own rule; a price and cash
due round down.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from collateral.amounts import CENT, EXACT, NOTHING, quotient_down, quotient_up, round_down

PRICE_STEP = Decimal("0.0000000001")


class ActionKind(StrEnum):
    SPLIT = "split"
    CONSOLIDATION = "consolidation"
    BONUS = "bonus"
    RIGHTS = "rights"
    DIVIDEND = "dividend"
    DELISTING = "delisting"
    FORK = "fork"
    NOTHING = "nothing"


class Fractions(StrEnum):
    """What becomes of less than one unit. Every name says who gains."""

    CASH = "cash"  # In cash at the price ex, rounded down to the cent.
    DROPPED = "dropped"  # The issuer pays nothing for it.
    UP = "up"  # The issuer gives a whole unit for it.


RESCALES = (ActionKind.SPLIT, ActionKind.CONSOLIDATION, ActionKind.BONUS)


@dataclass(frozen=True, slots=True)
class Change:
    """What one holding becomes, and HKD due in the place of what was less than a unit."""

    units: Decimal
    cash: Decimal


def ratio_of(kind: ActionKind, new: int, old: int) -> tuple[int, int]:
    """
    How units change, as (numerator, denominator); one to one where they do not.

    A split or consolidation gives `new` for `old`; a bonus gives `new` more for each `old`.
    """
    if kind == ActionKind.BONUS:
        return new + old, old
    if kind in (ActionKind.SPLIT, ActionKind.CONSOLIDATION):
        return new, old
    return 1, 1


def changed(
    units: Decimal,
    *,
    numerator: int,
    denominator: int,
    step: Decimal,
    fractions: Fractions,
    cum: Decimal | None,
) -> Change:
    """
    What `units` become, in whole steps, and what is due in cash for the rest (HKD, down).

    `cum` is the price before; without one nothing can be said of the cash, and it is none.
    """
    with localcontext(EXACT):
        scaled = units * numerator
        if fractions == Fractions.UP:
            return Change(quotient_up(scaled, Decimal(denominator), step), NOTHING)
        whole = quotient_down(scaled, Decimal(denominator), step)
        if fractions == Fractions.DROPPED or cum is None:
            return Change(whole, NOTHING)
        # The rest, (scaled - whole x denominator) / denominator, at cum x denominator / numerator.
        rest = (scaled - whole * denominator) * cum
        return Change(whole, quotient_down(rest, Decimal(numerator), CENT))


def price_ex(
    cum: Decimal,
    kind: ActionKind,
    *,
    new: int = 1,
    old: int = 1,
    cash: Decimal = NOTHING,
    subscription: Decimal = NOTHING,
) -> Decimal:
    """
    The price after, in theory, HKD to ten places and rounded down; never below the smallest.

    - `cash`: HKD paid on each unit. `subscription`: HKD for each of the `new` offered on `old`.
    """
    with localcontext(EXACT):
        if kind in RESCALES:
            numerator, denominator = ratio_of(kind, new, old)
            value = quotient_down(cum * denominator, Decimal(numerator), PRICE_STEP)
        elif kind == ActionKind.RIGHTS:
            paid = old * cum + new * min(subscription, cum)
            value = quotient_down(paid, Decimal(old + new), PRICE_STEP)
        elif kind == ActionKind.DIVIDEND:
            value = round_down(max(NOTHING, cum - cash), PRICE_STEP)
        elif kind == ActionKind.DELISTING:
            value = NOTHING
        else:
            value = cum
        return max(value, PRICE_STEP)
