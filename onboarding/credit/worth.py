"""
Net worth from its lines: what is verified counts, each line after its discount. Pure.

All money is HKD. A line is rounded down to the cent after its discount, so that the lines of a page
add up to its totals.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext
from enum import StrEnum

CENT = Decimal("0.01")
NOTHING = Decimal(0)
_DIGITS = 60  # A value of 24 digits after a discount of 9, summed, is exact.


class AssetClass(StrEnum):
    """The three classes that VAF-5 keeps apart."""

    FIAT = "fiat"
    OTHER = "other"
    VIRTUAL = "virtual"


@dataclass(frozen=True, slots=True)
class Holding:
    """
    What the client owns. `value` before the discount, a fraction of one.

    Only what is `verified` counts. It is `liquid` where it can be money within days and is pledged
    to nobody, us included.
    """

    asset_class: AssetClass
    value: Decimal
    discount: Decimal
    verified: bool
    liquid: bool

    @property
    def counted(self) -> Decimal:
        """After the discount, rounded down to the cent; nothing where nobody has verified it."""
        if not self.verified:
            return NOTHING
        with localcontext(prec=_DIGITS):
            return (self.value * (1 - self.discount)).quantize(CENT, ROUND_FLOOR)


@dataclass(frozen=True, slots=True)
class Debt:
    """What the client owes to others, as declared: a debt needs no proof to count."""

    amount: Decimal
    within_a_year: bool


@dataclass(frozen=True, slots=True)
class NetWorth:
    """
    `fiat`, `other` and `virtual` after discounts; `total` less every debt, `liquid` less those of a
    year. Both may be below zero.
    """

    fiat: Decimal
    other: Decimal
    virtual: Decimal
    debts: Decimal
    total: Decimal
    liquid: Decimal

    @property
    def assets(self) -> Decimal:
        with localcontext(prec=_DIGITS):
            return self.fiat + self.other + self.virtual

    @property
    def without_virtual(self) -> Decimal:
        """What would be left if every virtual asset were worth nothing."""
        with localcontext(prec=_DIGITS):
            return self.fiat + self.other - self.debts


def net_worth_of(holdings: Iterable[Holding], debts: Iterable[Debt]) -> NetWorth:
    """
    Verified net worth after discounts, by class, in all and what of it is liquid.

    Source: VAF-5 (a discount of its own for each class), SMF-11(a); the discounts are the house's.
    """
    holdings, debts = list(holdings), list(debts)
    with localcontext(prec=_DIGITS):
        by_class = {
            each: sum((h.counted for h in holdings if h.asset_class == each), NOTHING)
            for each in AssetClass
        }
        owed = sum((debt.amount for debt in debts), NOTHING)
        due = sum((debt.amount for debt in debts if debt.within_a_year), NOTHING)
        liquid = sum((h.counted for h in holdings if h.liquid), NOTHING)
        return NetWorth(
            fiat=by_class[AssetClass.FIAT],
            other=by_class[AssetClass.OTHER],
            virtual=by_class[AssetClass.VIRTUAL],
            debts=owed,
            total=sum(by_class.values(), NOTHING) - owed,
            liquid=liquid - due,
        )
