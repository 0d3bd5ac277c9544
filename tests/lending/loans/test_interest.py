"""Interest accrues by the day, is the same however days are caught up, and is rounded once."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.amounts import NotAnAmount
from lending.loans.interest import (
    ACCRUAL_STEP,
    ACT_360,
    ACT_365_FIXED,
    DAY_COUNT,
    accrued,
    effective_annual_rate,
    posted,
)

balances = st.decimals(min_value=0, max_value=10**14, places=2)
rates = st.decimals(min_value=0, max_value="0.48", places=6)
bases = st.sampled_from(sorted(DAY_COUNT.values()))


def hk(balance, rate, days=1):
    return accrued(Decimal(balance), Decimal(rate), basis=ACT_365_FIXED, days=days)


@given(balances, rates, bases, st.integers(0, 400), st.integers(0, 400))
@pytest.mark.rule("INT-6")
def test_days_caught_up_at_once_come_to_the_same(balance, rate, basis, some, more):
    together = accrued(balance, rate, basis=basis, days=some + more)

    assert together == accrued(balance, rate, basis=basis, days=some) + accrued(
        balance, rate, basis=basis, days=more
    )


@given(balances, rates, bases)
@pytest.mark.rule("INT-5", "INT-7")
def test_a_day_is_within_half_of_its_tenth_place(balance, rate, basis):
    exact = Fraction(balance) * Fraction(rate) / basis
    off = Fraction(accrued(balance, rate, basis=basis)) - exact

    assert -Fraction(ACCRUAL_STEP) / 2 < off <= Fraction(ACCRUAL_STEP) / 2


@given(st.decimals(min_value=0, max_value=10**9, places=10))
@pytest.mark.rule("INT-7")
def test_posting_rounds_once_to_the_nearest_cent(accruals):
    off = posted(accruals) - accruals

    assert Decimal("-0.005") < off <= Decimal("0.005")


@pytest.mark.rule("INT-5", "INT-6", "INT-7")
def test_a_month_of_three_balances_and_rates():
    """Regulation E11."""
    segments = [
        hk(2_000_000, "0.085", 10),
        hk(2_500_000, "0.085", 12),
        hk(2_500_000, "0.090", 8),
    ]

    assert round(hk(2_000_000, "0.085"), 6) == Decimal("465.753425")
    assert [round(segment, 6) for segment in segments] == [
        Decimal("4657.534247"),
        Decimal("6986.301370"),
        Decimal("4931.506849"),
    ]
    assert posted(sum(segments)) == Decimal("16575.34")


@pytest.mark.rule("INT-5")
@pytest.mark.parametrize(("currency", "amount"), [("HKD", "5095.89"), ("USD", "5166.67")])
def test_the_day_count_of_a_currency(currency, amount):
    """Glossary G7."""
    month = accrued(Decimal(1_000_000), Decimal("0.06"), basis=DAY_COUNT[currency], days=31)

    assert posted(month) == Decimal(amount)


@pytest.mark.rule("INT-5")
def test_the_dollar_basis_makes_a_day_dearer():
    balance, rate = Decimal(1_000_000), Decimal("0.06")

    assert accrued(balance, rate, basis=ACT_360) > accrued(balance, rate, basis=ACT_365_FIXED)


@pytest.mark.rule("INT-2", "INT-3")
def test_monthly_posting_makes_a_yearly_rate_dearer():
    """Regulation E11."""
    assert effective_annual_rate(Decimal("0.085")) == Decimal("0.088391")
    assert effective_annual_rate(Decimal(0)) == 0
    assert effective_annual_rate(Decimal("0.36")) > Decimal("0.36")


def test_interest_alone_takes_most_of_a_year_to_make_a_call():
    """Liquidation 5.12: 10.4 million at 8.5% against 11.12 million that stand still."""
    assert round(hk(10_400_000, "0.085")) == 2_422
    assert 10_400_000 + hk(10_400_000, "0.085", 297) < 11_120_000
    assert 10_400_000 + hk(10_400_000, "0.085", 298) > 11_120_000


def test_nothing_owed_and_no_days_cost_nothing():
    assert hk(0, "0.085") == 0
    assert hk(1_000_000, "0.085", 0) == 0


def test_a_large_balance_keeps_its_tenth_place():
    assert hk("1000000000000.07", "0.085") == Decimal("232876712.3287834247")


@pytest.mark.parametrize(
    ("balance", "rate", "days", "basis"),
    [("-0.01", "0.1", 1, 365), ("1", "-0.1", 1, 365), ("1", "0.1", -1, 365), ("1", "0.1", 1, 0)],
)
def test_what_cannot_bear_interest_is_refused(balance, rate, days, basis):
    with pytest.raises(NotAnAmount):
        accrued(Decimal(balance), Decimal(rate), basis=basis, days=days)
