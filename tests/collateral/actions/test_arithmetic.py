"""Units times price are what they were, to the cent; and a ratio of one changes nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.actions.arithmetic import (
    RESCALES,
    ActionKind,
    Fractions,
    changed,
    price_ex,
    ratio_of,
)

CENT = Decimal("0.01")
ONE = Decimal(1)
prices = st.decimals("0.001", "5000", places=3)
shares = st.integers(1, 50_000_000).map(Decimal)
parts = st.integers(1, 100)


@given(st.sampled_from(RESCALES), shares, prices, parts, parts)
def test_units_times_price_are_conserved_to_the_cent(kind, units, cum, new, old):
    numerator, denominator = ratio_of(kind, new, old)
    ex = price_ex(cum, kind, new=new, old=old)
    found = changed(
        units,
        numerator=numerator,
        denominator=denominator,
        step=ONE,
        fractions=Fractions.CASH,
        cum=cum,
    )
    before, after = units * cum, found.units * ex + found.cash
    # The price ex has ten places: of so many units each may lose half a unit of the last.
    lost = CENT + found.units * Decimal("1E-10")
    assert before - lost <= after <= before


@given(shares, st.sampled_from(RESCALES), parts, parts, st.sampled_from(list(Fractions)))
def test_a_fraction_is_less_than_a_unit_and_goes_as_its_rule_says(units, kind, new, old, rule):
    numerator, denominator = ratio_of(kind, new, old)
    found = changed(
        units,
        numerator=numerator,
        denominator=denominator,
        step=ONE,
        fractions=rule,
        cum=Decimal(100),
    )
    exact = units * numerator
    if rule == Fractions.UP:
        assert exact <= found.units * denominator < exact + denominator
        assert found.cash == 0
    else:
        assert exact - denominator < found.units * denominator <= exact
        assert found.cash == 0 or rule == Fractions.CASH


@given(prices, parts, parts, prices)
def test_a_price_ex_rights_lies_between_the_subscription_and_the_price_before(cum, new, old, paid):
    ex = price_ex(cum, ActionKind.RIGHTS, new=new, old=old, subscription=paid)
    assert min(paid, cum) - Decimal("1E-9") <= ex <= cum


@pytest.mark.parametrize(
    ("kind", "how", "expected"),
    [
        (ActionKind.SPLIT, {"new": 5, "old": 1}, "80"),
        (ActionKind.SPLIT, {"new": 3, "old": 1}, "133.3333333333"),
        (ActionKind.CONSOLIDATION, {"new": 1, "old": 10}, "4000"),
        (ActionKind.BONUS, {"new": 1, "old": 4}, "320"),
        (ActionKind.RIGHTS, {"new": 1, "old": 4, "subscription": Decimal(300)}, "380"),
        (ActionKind.DIVIDEND, {"cash": Decimal("3.40")}, "396.6"),
        (ActionKind.DIVIDEND, {"cash": Decimal(500)}, "0.0000000001"),
        (ActionKind.DELISTING, {}, "0.0000000001"),
        (ActionKind.FORK, {"new": 1, "old": 1}, "400"),
        (ActionKind.NOTHING, {}, "400"),
    ],
)
def test_the_price_after_400(kind, how, expected):
    assert price_ex(Decimal(400), kind, **how) == Decimal(expected)
