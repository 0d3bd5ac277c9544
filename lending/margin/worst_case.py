"""
The worst case of an account: its collateral after a shock, and what would then be missing. Pure.

All of the collateral falls at once, virtual assets together (VAF-6). Money is HKD, ratios are
fractions of one, and nothing is rounded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from collateral.amounts import EXACT, NOTHING
from lending.margin.bands import shortfall_of


@dataclass(frozen=True, slots=True)
class Position:
    """One asset of a pool at market, the haircut it is lent on at, and how far it falls."""

    code: str
    market_value: Decimal
    lending_haircut: Decimal
    shock: Decimal

    @property
    def stressed_value(self) -> Decimal:
        with localcontext(EXACT):
            return self.market_value * (1 - self.shock)

    @property
    def stressed_margin_value(self) -> Decimal:
        with localcontext(EXACT):
            return self.stressed_value * (1 - self.lending_haircut)


@dataclass(frozen=True, slots=True)
class Stressed:
    """An account after the shock: what its collateral is worth and lends, and what is missing."""

    positions: tuple[Position, ...]
    cash: Decimal
    debt: Decimal
    limit: Decimal
    market_value: Decimal
    margin_value: Decimal
    shortfall: Decimal


def stressed(
    positions: Iterable[Position], *, debt: Decimal, limit: Decimal, cash: Decimal = NOTHING
) -> Stressed:
    """
    The margin shortfall (SMF-41) that would be called after the shock.

    `cash` is the client's own in the account, and does not fall.

    Source: domain/regulation.md E15; VAF-6, JC-3, SMF-54. The shocks are the house's.
    """
    positions = tuple(positions)
    with localcontext(EXACT):
        market_value = cash + sum((p.stressed_value for p in positions), NOTHING)
        margin_value = cash + sum((p.stressed_margin_value for p in positions), NOTHING)
    shortfall = shortfall_of(
        debt=debt, margin_value=margin_value, credit_limit=limit, policy_amount=None
    )
    return Stressed(positions, cash, debt, limit, market_value, margin_value, shortfall)


def fully_drawn(*, debt: Decimal, limit: Decimal, policy_amount: Decimal | None) -> Decimal:
    """The most that may be owed under a limit; what is owed already where that is more."""
    ceiling = limit if policy_amount is None else min(limit, policy_amount)
    return max(debt, ceiling)


def total_shortfall(accounts: Sequence[Stressed]) -> Decimal:
    """What one client would have to find for all accounts together, rounded by nobody."""
    with localcontext(EXACT):
        return sum((each.shortfall for each in accounts), NOTHING)
