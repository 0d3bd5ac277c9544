"""Figures shown are the worked ones, and never look better than the account is."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.margin.bands import Limit
from lending.margin.ratios import (
    RATIO_STEP,
    USAGE_STEP,
    buying_power,
    coverage,
    drawing_power,
    headroom,
    ltv,
    margin_usage,
)
from tests.lending.margin.house import HOUSE

NO_LIMIT = Decimal(10) ** 15
money = st.decimals(min_value=0, max_value=10**9, places=2)
positive = st.decimals(min_value="0.01", max_value=10**9, places=2)
fractions = st.decimals(min_value=0, max_value=1, places=6)


def hkd(amount):
    return Decimal(amount)


@given(positive, positive)
def test_usage_is_rounded_up_and_by_less_than_its_step(debt, value):
    above = Fraction(margin_usage(debt, value)) - Fraction(debt) / Fraction(value)

    assert 0 <= above < Fraction(USAGE_STEP)


@given(positive, positive)
def test_coverage_is_rounded_down_and_by_less_than_its_step(debt, value):
    below = Fraction(value) / Fraction(debt) - Fraction(coverage(debt, value))

    assert 0 <= below < Fraction(RATIO_STEP)


def test_where_there_is_no_figure_none_is_given():
    assert margin_usage(hkd(1), hkd(0)) is None
    assert margin_usage(hkd(1), None) is None
    assert ltv(hkd(0), None) is None
    assert coverage(hkd(1), None) is None
    assert coverage(hkd(0), hkd(1)) is None


def test_who_owes_nothing_uses_nothing():
    assert margin_usage(hkd(0), hkd(0)) == 0
    assert margin_usage(hkd(0), hkd(5)) == 0


@pytest.mark.rule("STM-4", "SMF-41")
def test_three_readings_of_one_account():
    """Regulation E1 and glossary G6; the book gives loan-to-value to the nearest four places."""
    debt, market_value, margin_value = hkd(5_000_000), hkd(8_750_000), hkd(5_300_000)

    assert margin_usage(debt, margin_value) == Decimal("0.9434")
    assert round(ltv(debt, market_value), 4) == Decimal("0.5714")
    assert coverage(debt, market_value) == Decimal("1.75")
    assert headroom(margin_value, debt) == 300_000


def test_usage_and_loan_to_value_of_a_single_position():
    """Glossary G3."""
    assert ltv(hkd(300_000), hkd(1_000_000)) == Decimal("0.30")
    assert margin_usage(hkd(300_000), hkd(400_000)) == Decimal("0.75")


@pytest.mark.parametrize(
    ("margin_value", "usage", "market_value", "loan_to_value"),
    [
        (11_120_000, "0.935", 21_800_000, "0.477"),
        ("9414400", "1.105", 18_016_000, "0.577"),
    ],
)
def test_usage_before_and_after_the_fall(margin_value, usage, market_value, loan_to_value):
    """Liquidation 5.1."""
    debt = hkd(10_400_000)

    assert round(margin_usage(debt, hkd(margin_value)), 3) == Decimal(usage)
    assert round(ltv(debt, hkd(market_value)), 3) == Decimal(loan_to_value)


@given(money, money, money)
def test_headroom_is_never_negative_nor_more_than_is_left(limit_amount, debt, reserved):
    room = headroom(limit_amount, debt, reserved_orders=reserved)

    assert room == max(0, limit_amount - debt - reserved)


def drawable(**more):
    return drawing_power(
        **{
            "debt": hkd(0),
            "margin_value_without_cash": hkd(1_000_000),
            "credit_limit": NO_LIMIT,
            "policy_amount": None,
            "level": HOUSE.draw,
        }
        | more
    )


def test_drawing_stops_at_the_draw_level():
    assert drawable(debt=hkd("800000.001")) == (Decimal("49999.99"), Limit.COLLATERAL)
    assert drawable(level=HOUSE.recommended).amount == 700_000


def test_the_binding_limit_is_named():
    assert drawable(credit_limit=hkd(100)) == (100, Limit.CREDIT_LIMIT)
    assert drawable(policy_amount=hkd(99), credit_limit=hkd(100)) == (99, Limit.POLICY_AMOUNT)


def test_of_equal_limits_the_one_that_collateral_cannot_lift_is_named():
    assert drawable(credit_limit=hkd(850_000)).limit == Limit.CREDIT_LIMIT
    assert drawable(policy_amount=hkd(850_000)).limit == Limit.POLICY_AMOUNT


@given(money, money, money, st.none() | money)
def test_what_is_drawn_stays_within_every_limit(debt, margin_value, credit_limit, policy_amount):
    amount, limit = drawing_power(
        debt=debt,
        margin_value_without_cash=margin_value,
        credit_limit=credit_limit,
        policy_amount=policy_amount,
        level=HOUSE.draw,
    )

    limits = {Limit.COLLATERAL: HOUSE.draw * margin_value, Limit.CREDIT_LIMIT: credit_limit}
    if policy_amount is not None:
        limits[Limit.POLICY_AMOUNT] = policy_amount
    assert limits[limit] == min(limits.values())
    if amount:
        assert debt + amount <= limits[limit] < debt + amount + Decimal("0.01")
    else:
        assert limits[limit] - debt < Decimal("0.01")


@pytest.mark.rule("VAF-8")
@pytest.mark.parametrize(("haircut", "most"), [("0.20", "100000"), ("0.60", "33333.33")])
def test_what_cash_alone_can_buy(haircut, most):
    """Glossary G1: 20,000 of cash, margin ratio 80% and 40%."""
    power = buying_power(
        debt=hkd(0),
        margin_value_without_cash=hkd(0),
        cash=hkd(20_000),
        credit_limit=NO_LIMIT,
        policy_amount=None,
        lending_haircut=Decimal(haircut),
    )

    assert power == Decimal(most)
    assert power - 20_000 <= (1 - Decimal(haircut)) * power


@given(money, money, money, money, fractions, st.sampled_from([HOUSE.draw, Decimal(1)]))
def test_a_purchase_within_buying_power_keeps_level_and_limit(
    debt, margin_value, cash, credit_limit, haircut, level
):
    bought = buying_power(
        debt=debt,
        margin_value_without_cash=margin_value,
        cash=cash,
        credit_limit=credit_limit,
        policy_amount=None,
        lending_haircut=haircut,
        level=level,
    )

    def fits(x):
        owed = Fraction(debt) + x - Fraction(cash)
        lent_on = Fraction(margin_value) + x * (1 - Fraction(haircut))
        return owed <= Fraction(level) * lent_on and owed <= Fraction(credit_limit)

    assert bought == 0 or fits(Fraction(bought))
    assert not fits(Fraction(bought) + Fraction(1, 100))


@pytest.mark.rule("VAF-17")
def test_nothing_can_be_bought_while_advances_are_suspended():
    power = buying_power(
        debt=hkd(0),
        margin_value_without_cash=hkd(0),
        cash=hkd(20_000),
        credit_limit=NO_LIMIT,
        policy_amount=None,
        lending_haircut=Decimal("0.60"),
        advance_suspended=True,
    )

    assert power == 0


def test_an_account_over_its_collateral_cannot_buy_even_what_is_lent_on_in_full():
    power = buying_power(
        debt=hkd("0.01"),
        margin_value_without_cash=hkd(0),
        cash=hkd(0),
        credit_limit=NO_LIMIT,
        policy_amount=None,
        lending_haircut=hkd(0),
    )

    assert power == 0


def test_a_purchase_stays_within_the_policy_amount():
    power = buying_power(
        debt=hkd(0),
        margin_value_without_cash=hkd(1_000_000),
        cash=hkd(1),
        credit_limit=hkd(500_000),
        policy_amount=hkd(100_000),
        lending_haircut=Decimal("0.60"),
    )

    assert power == 100_001
