"""What a call asks for cures it, and a cent or a step less would not."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lending.margin.bands import is_cured
from lending.margin.cure import (
    TopUp,
    call_amount_of,
    cash_to_cure,
    cure_of,
    only_repayment_cures,
    units_to_cure,
)
from tests.lending.margin.house import HOUSE

NO_LIMIT = Decimal(10) ** 15
CENT = Decimal("0.01")
SATOSHI = Decimal("1E-8")
ONE = Decimal(1)

money = st.decimals(min_value=0, max_value=10**8, places=2)
debts = st.decimals(min_value=0, max_value=10**8, places=10)
prices = st.decimals(min_value="0.01", max_value=10**6, places=10)
haircuts = st.decimals(min_value=0, max_value="0.95", places=6)
steps = st.sampled_from([SATOSHI, Decimal("0.01"), ONE, Decimal(100)])
accounts = st.fixed_dictionaries(
    {
        "debt": debts,
        "margin_value": money,
        "credit_limit": money | st.just(NO_LIMIT),
        "policy_amount": st.none() | money,
    }
)


def account(debt, margin_value, credit_limit=NO_LIMIT, policy_amount=None):
    return {
        "debt": Decimal(debt),
        "margin_value": Decimal(margin_value),
        "credit_limit": credit_limit,
        "policy_amount": policy_amount,
    }


SAMPLE = account(10_400_000, 9_414_400)  # Liquidation 5.1, after the fall.


@given(accounts)
def test_the_cash_asked_for_cures_and_a_cent_less_does_not(owed):
    cash = cash_to_cure(**owed, level=HOUSE.cure)

    assert is_cured(**owed | {"debt": owed["debt"] - cash}, levels=HOUSE)
    if cash:
        assert not is_cured(**owed | {"debt": owed["debt"] - cash + CENT}, levels=HOUSE)


@given(accounts)
def test_the_call_asks_for_no_less_than_cures_and_no_more_than_is_owed(owed):
    cash = cash_to_cure(**owed, level=HOUSE.cure)
    asked = call_amount_of(cash, debt=owed["debt"])

    assert cash <= asked < cash + 1000
    assert asked < owed["debt"] + CENT


@given(accounts, prices, haircuts, steps)
def test_the_units_asked_for_cure_and_a_step_less_does_not(owed, price, haircut, step):
    units = units_to_cure(**owed, level=HOUSE.cure, price=price, lending_haircut=haircut, step=step)
    assume(units is not None)

    def cures(pledged):
        added = Fraction(pledged) * Fraction(price) * (1 - Fraction(haircut))
        lent_on = Fraction(owed["margin_value"]) + added
        return Fraction(owed["debt"]) <= Fraction(HOUSE.cure) * lent_on

    assert (Fraction(units) / Fraction(step)).denominator == 1
    assert cures(units)
    assert units == 0 or not cures(Fraction(units) - Fraction(step))


@given(accounts, prices, haircuts, steps)
def test_no_pledge_is_asked_for_where_only_repayment_cures(owed, price, haircut, step):
    units = units_to_cure(**owed, level=HOUSE.cure, price=price, lending_haircut=haircut, step=step)

    limits = [owed["credit_limit"], owed["policy_amount"]]
    exceeded = any(limit is not None and owed["debt"] > limit for limit in limits)
    assert (units is None) == exceeded


def test_an_asset_that_lends_nothing_cures_nothing():
    offered = {"price": ONE, "lending_haircut": ONE, "step": ONE}

    assert units_to_cure(**SAMPLE, level=HOUSE.cure, **offered) is None


@pytest.mark.rule("SMF-41")
def test_every_way_to_cure_the_sample_account():
    """Liquidation 5.1, 5.10 and 5.11."""
    cure = cure_of(
        **SAMPLE,
        levels=HOUSE,
        top_ups=[
            TopUp("BTC", Decimal(525_000), Decimal("0.60"), SATOSHI),
            TopUp("INDEX", Decimal(368), Decimal("0.30"), ONE),
        ],
    )

    assert cure.cash == 1_456_320
    assert cure.call_amount == 1_457_000
    assert cure.cash_out_of_warning == 1_927_040
    assert round(cure.units["BTC"], 2) == Decimal("7.30")
    assert round(cure.units["BTC"] * 525_000) == 3_832_421
    assert cure.units["INDEX"] == 5_951
    assert not cure.only_repayment_cures


def test_a_dollar_of_stock_cures_more_than_a_dollar_of_bitcoin():
    """Liquidation 5.11: so many dollars of value for the same 1,456,320."""
    cents = {"level": HOUSE.cure, "price": ONE, "step": CENT}
    in_bitcoin = units_to_cure(**SAMPLE, **cents, lending_haircut=Decimal("0.60"))
    in_stock = units_to_cure(**SAMPLE, **cents, lending_haircut=Decimal("0.30"))

    assert round(1_456_320 / in_bitcoin, 3) == Decimal("0.380")
    assert round(1_456_320 / in_stock, 3) == Decimal("0.665")
    assert round(in_stock) == 2_189_955


def test_a_part_cure_leaves_so_much_less():
    """Liquidation 5.11: 300,000 in cash and 2 BTC."""
    left = account(10_400_000 - 300_000, 9_414_400 + 2 * 525_000 * Decimal("0.40"))

    assert cash_to_cure(**left, level=HOUSE.cure) == 757_320


@pytest.mark.rule("SMF-41", "VAF-10")
def test_cure_to_the_whole_margin_value():
    """Regulation E2, to a level of one."""
    owed = account(5_000_000, 4_850_000, credit_limit=Decimal(6_000_000))
    bitcoin = {"price": Decimal(560_000), "lending_haircut": Decimal("0.60"), "step": SATOSHI}

    assert cash_to_cure(**owed, level=ONE) == 150_000
    units = units_to_cure(**owed, level=ONE, **bitcoin)
    assert units == Decimal("0.66964286")
    assert round(units * 560_000, 2) == Decimal("375000.00")


@pytest.mark.rule("SMF-41", "VAF-4")
def test_only_repayment_cures_where_the_credit_limit_binds():
    """Regulation E3."""
    owed = account(4_200_000, 4_850_000, credit_limit=Decimal(4_000_000))
    cure = cure_of(
        **owed,
        levels=HOUSE,
        top_ups=[TopUp("BTC", Decimal(560_000), Decimal("0.60"), SATOSHI)],
    )

    assert cure.cash == 200_000
    assert cure.units == {"BTC": None}
    assert cure.only_repayment_cures


@pytest.mark.rule("SMF-41")
@pytest.mark.parametrize(("haircut", "worth"), [("0.60", "225000.00"), ("0.30", "128571.43")])
def test_a_top_up_is_the_shortfall_over_the_margin_ratio(haircut, worth):
    """Glossary G2."""
    owed = account(1_090_000, 1_000_000)

    assert cash_to_cure(**owed, level=ONE) == 90_000
    units = units_to_cure(**owed, level=ONE, price=ONE, lending_haircut=Decimal(haircut), step=CENT)
    assert units == Decimal(worth)


def test_who_is_cured_is_asked_for_nothing():
    cured = account(900_000, 1_000_000)
    cure = cure_of(**cured, levels=HOUSE, top_ups=[TopUp("BTC", ONE, Decimal("0.60"), SATOSHI)])

    assert (cure.cash, cure.call_amount, cure.units) == (0, 0, {"BTC": 0})
    assert not only_repayment_cures(
        debt=cured["debt"], credit_limit=cured["debt"], policy_amount=cured["debt"]
    )
