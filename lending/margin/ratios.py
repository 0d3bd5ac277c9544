"""
Figures for people: usage, loan-to-value, coverage, and what an account can still do. Pure.

Nothing here decides a step: `bands.py` does, on products. Ratios are fractions of one. A pool
that is unpriced (None) gives no figure, and a figure never looks better than what it stands for.
"""

from decimal import Decimal, localcontext
from typing import NamedTuple

from collateral.amounts import (
    CENT,
    EXACT,
    NOTHING,
    quotient_down,
    quotient_up,
    round_down,
)
from lending.margin.bands import Limit

USAGE_STEP = Decimal("0.0001")  # A hundredth of a percent, as the gauge shows it.
RATIO_STEP = Decimal("0.000001")  # The places a ratio is stored with.


class DrawingPower(NamedTuple):
    """HKD that may still be drawn, and the limit that stops there."""

    amount: Decimal
    limit: Limit


def margin_usage(debt: Decimal, margin_value: Decimal | None) -> Decimal | None:
    """
    Debt over margin value, rounded up to four places; above one there is a shortfall.

    0 where nothing is owed. None where there is no figure: the pool is unpriced, or money is owed
    against a margin value of nothing.
    """
    return _share(debt, margin_value, USAGE_STEP)


def ltv(debt: Decimal, market_value: Decimal | None) -> Decimal | None:
    """Debt over market value, rounded up to six places; 0 and None as `margin_usage`."""
    return _share(debt, market_value, RATIO_STEP)


def coverage(debt: Decimal, market_value: Decimal | None) -> Decimal | None:
    """
    Market value over debt, rounded down to six places: the inverse of loan-to-value.

    None where there is no figure: the pool is unpriced, or nothing is owed.
    """
    if market_value is None or debt == 0:
        return None
    return quotient_down(market_value, debt, RATIO_STEP)


def headroom(
    limit_amount: Decimal, debt: Decimal, *, reserved_orders: Decimal = NOTHING
) -> Decimal:
    """
    Available credit: the limit amount (SMF-41) less debt and reserved orders, never negative.

    HKD, rounded down to the cent. It reaches to the call line; how much may be drawn is less,
    see `drawing_power`.
    """
    with localcontext(EXACT):
        return round_down(max(NOTHING, limit_amount - debt - reserved_orders), CENT)


def drawing_power(
    *,
    debt: Decimal,
    margin_value_without_cash: Decimal,
    credit_limit: Decimal,
    policy_amount: Decimal | None,
    level: Decimal,
) -> DrawingPower:
    """
    How much more may be drawn, and which limit is the smallest.

    The most that may be owed is the smallest of `level` (the draw level, or the recommended one)
    x the margin value, the credit limit and the policy amount; what is owed already comes off.

    - HKD, rounded down to the cent, never negative.
    - The margin value is that of the pledged assets: cash in the account bought nothing yet, and
      lending against it would lend the same money twice (house rule, on the safe side).
    - Where two limits are equal the one that more collateral cannot lift is named: the credit
      limit, then the policy amount.

    Source: SMF-41; domain/glossary.md, headroom; the draw level is the house's.
    """
    with localcontext(EXACT):
        at_most = {Limit.CREDIT_LIMIT: credit_limit}
        if policy_amount is not None:
            at_most[Limit.POLICY_AMOUNT] = policy_amount
        at_most[Limit.COLLATERAL] = level * margin_value_without_cash
        limit = min(at_most, key=at_most.get)
        return DrawingPower(round_down(max(NOTHING, at_most[limit] - debt), CENT), limit)


def buying_power(
    *,
    debt: Decimal,
    margin_value_without_cash: Decimal,
    cash: Decimal,
    credit_limit: Decimal,
    policy_amount: Decimal | None,
    lending_haircut: Decimal,
    level: Decimal = Decimal(1),
    advance_suspended: bool = False,
) -> Decimal:
    """
    The most of an asset the account can buy: own cash first, then credit on what is bought.

    With x bought, debt + x - cash <= `level` x (margin value + x x (1 - haircut)), which solves to
    x <= (`level` x margin value + cash - debt) / (1 - `level` x (1 - haircut)); and debt + x - cash
    stays within credit limit and policy amount. At level one this is the glossary's formula.

    - HKD, rounded down to the cent, never negative; 0 while advances are suspended.
    - `lending_haircut` of the asset bought, from 0 to 1; `level` from 0 to 1.

    Source: domain/glossary.md, buying power (G1); VAF-17 for the suspension.
    """
    if advance_suspended:
        return NOTHING
    with localcontext(EXACT):
        ceiling = credit_limit if policy_amount is None else min(credit_limit, policy_amount)
        within_limits = max(NOTHING, cash + ceiling - debt)
        on_collateral = level * margin_value_without_cash + cash - debt
        paid_by_client = 1 - level * (1 - lending_haircut)
        if on_collateral < 0:
            return NOTHING
        if on_collateral >= within_limits * paid_by_client:
            return round_down(within_limits, CENT)
        return quotient_down(on_collateral, paid_by_client, CENT)


def _share(part: Decimal, whole: Decimal | None, step: Decimal) -> Decimal | None:
    if whole is None:
        return None
    if part == 0:
        return NOTHING
    if whole == 0:
        return None
    return quotient_up(part, whole, step)
