"""A level holds at its trigger price and breaks below it."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lending.margin.triggers import PRICE_STEP, RATIO_STEP, market_fall, trigger_price

ONE = Decimal(1)
LINE_130 = Decimal("1.3")
DEBT = Decimal(10_400_000)
BEFORE = Decimal(11_120_000)  # Liquidation 5.1, margin value before the fall.

money = st.decimals(min_value=0, max_value=10**8, places=2)
units_held = st.decimals(min_value=0, max_value=10**4, places=8)
prices = st.decimals(min_value="0.01", max_value=10**6, places=10)
haircuts = st.decimals(min_value=0, max_value=1, places=6)
levels = st.decimals(min_value="0.5", max_value="1.5", places=2)


@given(money, money, units_held, prices, haircuts, levels)
def test_the_level_breaks_just_below_the_trigger_price(debt, others, units, price, haircut, level):
    weight = Fraction(units) * (1 - Fraction(haircut))
    value = others + units * price * (1 - haircut)
    assume(Fraction(value) == Fraction(others) + weight * Fraction(price))

    trigger = trigger_price(
        debt=debt, value=value, units=units, price=price, haircut=haircut, level=level
    )

    def breaks(at):
        return Fraction(debt) > Fraction(level) * (Fraction(others) + weight * at)

    if trigger is None:
        assert not breaks(0) or weight == 0
    else:
        assert not breaks(Fraction(trigger))
        assert breaks(Fraction(trigger) - Fraction(PRICE_STEP))


@given(money, money, money, levels)
def test_the_level_breaks_just_beyond_the_fall(debt, cash, moving, level):
    fall = market_fall(debt=debt, value=cash + moving, moving=moving, level=level)

    def breaks(by):
        return Fraction(debt) > Fraction(level) * (Fraction(cash) + Fraction(moving) * (1 - by))

    if fall is None:
        assert not breaks(1)
    elif fall == 0:
        assert breaks(Fraction(RATIO_STEP)) or moving == 0
    else:
        assert not breaks(Fraction(fall))
        assert breaks(Fraction(fall) + Fraction(RATIO_STEP))


@pytest.mark.parametrize(
    ("units", "price", "haircut", "level", "trigger", "fall"),
    [
        (12, 700_000, "0.60", ONE, "550000.00", "-0.214"),
        (12, 700_000, "0.60", LINE_130, "50000.00", "-0.929"),
        (20_000, 400, "0.30", ONE, "348.57", "-0.129"),
    ],
)
def test_trigger_prices_of_one_asset_alone(units, price, haircut, level, trigger, fall):
    """Liquidation 5.12."""
    at = trigger_price(
        debt=DEBT,
        value=BEFORE,
        units=Decimal(units),
        price=Decimal(price),
        haircut=Decimal(haircut),
        level=level,
    )

    assert round(at, 2) == Decimal(trigger)
    assert round(at / price - 1, 3) == Decimal(fall)


def test_a_trigger_price_is_shown_on_the_step_above():
    at = trigger_price(
        debt=DEBT,
        value=BEFORE,
        units=Decimal(20_000),
        price=Decimal(400),
        haircut=Decimal("0.30"),
        level=ONE,
        step=Decimal("0.01"),
    )

    assert at == Decimal("348.58")


def test_an_asset_that_never_breaks_the_level_alone_has_no_trigger():
    alone = {"debt": DEBT, "price": Decimal(6), "level": LINE_130, "value": BEFORE}

    assert trigger_price(**alone, units=Decimal(300_000), haircut=Decimal("0.60")) is None
    short = alone | {"value": Decimal(1_000_000), "level": ONE}
    assert trigger_price(**short, units=Decimal(0), haircut=Decimal("0.60")) is None
    assert trigger_price(**short, units=Decimal(1), haircut=ONE) is None


def test_an_asset_that_the_others_just_make_up_for_has_no_trigger():
    at = trigger_price(
        debt=Decimal(100),
        value=Decimal(140),
        units=ONE,
        price=Decimal(100),
        haircut=Decimal("0.60"),
        level=ONE,
    )

    assert at is None


@pytest.mark.parametrize(
    ("level", "moving", "fall"),
    [
        (ONE, None, "0.065"),
        (LINE_130, None, "0.281"),
        # Betas: 1.0 BTC, 1.2 ETH, 0.3 index, 0.4 mid-cap, on their lending values.
        (ONE, 7_056_000, "0.102"),
        (LINE_130, 7_056_000, "0.442"),
    ],
)
def test_falls_of_the_whole_market(level, moving, fall):
    """Liquidation 5.12."""
    moving = None if moving is None else Decimal(moving)
    by = market_fall(debt=DEBT, value=BEFORE, level=level, moving=moving)

    assert round(by, 3) == Decimal(fall)


@pytest.mark.rule("VAF-8", "VAF-17")
def test_falls_of_a_pool_of_bitcoin_alone():
    """Regulation E5: to the call, and to the suspension of advances."""
    debt, market_value = Decimal(2_100_000), Decimal(7_000_000)

    assert market_fall(debt=debt, value=market_value * Decimal("0.40"), level=ONE) == Decimal(
        "0.25"
    )
    assert market_fall(debt=debt, value=market_value, level=ONE) == Decimal("0.70")


def test_falls_of_a_single_position():
    """Glossary G3."""
    debt = Decimal(300_000)

    assert market_fall(debt=debt, value=Decimal(400_000), level=ONE) == Decimal("0.25")
    assert market_fall(debt=debt, value=Decimal(1_000_000), level=ONE) == Decimal("0.70")


def test_cash_does_not_fall_with_the_market():
    value, cash = Decimal(1_000_000), Decimal(400_000)

    def fall(debt):
        return market_fall(debt=Decimal(debt), value=value, moving=value - cash, level=ONE)

    assert fall(700_000) == Decimal("0.50")
    assert fall(400_000) is None
    assert fall(1_000_000) == 0


def test_who_owes_nothing_has_nothing_to_fear():
    assert market_fall(debt=Decimal(0), value=Decimal(0), level=ONE) is None
    assert market_fall(debt=Decimal(0), value=BEFORE, level=ONE) is None
