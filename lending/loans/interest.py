"""
Interest: what a balance costs a day and a month, and the yearly rate that comes of it. Pure.

Simple interest on the posted debit balance at the end of each calendar day; what has accrued is
capitalised when it is posted, monthly, and is part of the debt from the day it accrues.
"""

from decimal import Decimal, localcontext

from collateral.amounts import (
    CENT,
    EXACT,
    NotAnAmount,
    quotient_half_up,
    quotient_up,
    round_half_up,
)

ACCRUAL_STEP = Decimal("0.0000000001")  # Ten places of a dollar (INT-7 asks for six or more).
RATIO_STEP = Decimal("0.000001")
ACT_365_FIXED = 365  # Also in leap years.
ACT_360 = 360
DAY_COUNT = {"HKD": ACT_365_FIXED, "USD": ACT_360}  # INT-5: the market's habit per currency.
POSTINGS_A_YEAR = 12


def accrued(balance: Decimal, annual_rate: Decimal, *, basis: int, days: int = 1) -> Decimal:
    """
    Interest on a balance that stood still for so many calendar days, not yet posted.

    days x (balance x rate / basis), the day's figure half-up to ten places, so that days caught
    up at once come to the same as the same days one by one.

    - `balance` HKD (or the currency of `basis`), >= 0; `annual_rate` a fraction of one, >= 0.
    - `basis`: days in a year, from `DAY_COUNT`. `days` >= 0, whole.
    - SQL says the same with round(round(balance * rate, 24) / basis, 10): without the inner round
      PostgreSQL cuts the quotient of a large balance before its tenth place.

    Source: INT-5, INT-6, INT-7.

    :raises NotAnAmount: a number is outside these bounds
    """
    if days < 0:
        raise NotAnAmount(f"{days} days")
    with localcontext(EXACT):
        a_day = quotient_half_up(balance * annual_rate, Decimal(basis), ACCRUAL_STEP)
        return a_day * days


def posted(accruals: Decimal) -> Decimal:
    """The sum of a period's accruals as it is booked: half-up to the cent, once (INT-7)."""
    return round_half_up(accruals, CENT)


def effective_annual_rate(annual_rate: Decimal) -> Decimal:
    """
    (1 + rate / 12) to the power of 12, less one: what monthly posting makes of a yearly rate.

    A fraction of one, rounded up to six places, for the ceilings of INT-2 and INT-3.

    :raises NotAnAmount: the rate is negative
    """
    with localcontext(EXACT):
        year = Decimal(POSTINGS_A_YEAR) ** POSTINGS_A_YEAR
        grown = (POSTINGS_A_YEAR + annual_rate) ** POSTINGS_A_YEAR
        return quotient_up(grown - year, year, RATIO_STEP)
