"""
What each event looks like in the books. Pure: kinds of account in, postings out.

A leg is (debit, credit, amount): `amount` HKD, to the cent and above zero, leaves `credit` and
enters `debit`. Legs of nothing are left out. Client money and house money never meet in one leg:
a repayment leaves the segregated account in one leg and reaches the house in the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

NOTHING = Decimal(0)

# The order a repayment meets what is owed: domain order, SMF practice and the agreement.
WATERFALL = ("costs", "overdue_interest", "interest", "fees", "principal")


@dataclass(frozen=True, slots=True)
class Leg:
    debit: str
    credit: str
    amount: Decimal


def _legs(*legs: tuple[str, str, Decimal]) -> tuple[Leg, ...]:
    return tuple(Leg(*leg) for leg in legs if leg[2] != NOTHING)


def received(amount: Decimal) -> tuple[Leg, ...]:
    """The client's money arrives in the segregated account and is the client's."""
    return _legs(("client_bank", "client_cash", amount))


def paid_away(amount: Decimal) -> tuple[Leg, ...]:
    """The client's money leaves the segregated account: to the client, or for a purchase."""
    return _legs(("client_cash", "client_bank", amount))


def advanced(amount: Decimal) -> tuple[Leg, ...]:
    """The house lends: principal is owed, and the money becomes the client's cash."""
    return (
        *_legs(("principal", "house_bank", amount)),
        *received(amount),
    )


def interest_posted(amount: Decimal) -> tuple[Leg, ...]:
    """Accrued interest, rounded to the cent, becomes due."""
    return _legs(("interest", "interest_income", amount))


def interest_overdue(amount: Decimal) -> tuple[Leg, ...]:
    """Interest that was due at the last posting and still is."""
    return _legs(("overdue_interest", "interest", amount))


def costs_charged(amount: Decimal) -> tuple[Leg, ...]:
    """The house paid costs for the client's account."""
    return _legs(("costs", "house_bank", amount))


def fee_charged(amount: Decimal) -> tuple[Leg, ...]:
    return _legs(("fees", "fee_income", amount))


def waterfall(amount: Decimal, owed: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """
    How `amount` is split over what is `owed`, by kind, in the order of `WATERFALL`.

    Never more than is owed of each; the rest of `amount` stays the client's.
    """
    split, left = {}, amount
    for kind in WATERFALL:
        part = min(left, owed.get(kind, NOTHING))
        if part > NOTHING:
            split[kind] = part
            left -= part
    return split


def repaid(split: Mapping[str, Decimal]) -> tuple[Leg, ...]:
    """The client's cash meets the debt: out of the segregated account, into the house's."""
    total = sum(split.values(), NOTHING)
    return (
        *paid_away(total),
        *_legs(*(("house_bank", kind, part) for kind, part in split.items())),
    )


def sold(gross: Decimal, costs: Decimal) -> tuple[Leg, ...]:
    """Proceeds of a sale are the client's money; the venue's costs come out of them."""
    return (*received(gross), *paid_away(costs))


def bought(gross: Decimal, costs: Decimal) -> tuple[Leg, ...]:
    """A purchase is paid from the client's cash, pre-funded, costs included."""
    return paid_away(gross + costs)


def left_uncovered(owed: Mapping[str, Decimal]) -> tuple[Leg, ...]:
    """Nothing is left to sell: what is still owed becomes a deficit, never hidden in the loan."""
    return _legs(*(("deficit", kind, owed.get(kind, NOTHING)) for kind in WATERFALL))


def recovered(amount: Decimal) -> tuple[Leg, ...]:
    """The client pays off a deficit, or part of it."""
    return (*paid_away(amount), *_legs(("house_bank", "deficit", amount)))
