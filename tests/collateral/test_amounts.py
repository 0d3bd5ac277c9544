"""Rounding lands on the named side of a value, less than one step away, at any size."""

from decimal import Decimal, FloatOperation, Inexact, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.amounts import (
    CENT,
    EXACT,
    NotAnAmount,
    quotient_down,
    quotient_half_up,
    quotient_up,
    round_down,
    round_half_up,
    round_up,
)

values = st.decimals(min_value=0, max_value=10**20, places=18)
divisors = st.decimals(min_value="0.000001", max_value=10**12, places=6)
steps = st.sampled_from([Decimal(s) for s in ("1000", "100", "1", "0.05", "0.01", "1E-8", "1E-18")])


def is_multiple(value, step):
    return (Fraction(value) / Fraction(step)).denominator == 1


@given(values, steps)
def test_round_down_is_the_greatest_multiple_not_above(value, step):
    rounded = round_down(value, step)

    assert is_multiple(rounded, step)
    assert 0 <= Fraction(value) - Fraction(rounded) < Fraction(step)


@given(values, steps)
def test_round_up_is_the_least_multiple_not_below(value, step):
    rounded = round_up(value, step)

    assert is_multiple(rounded, step)
    assert 0 <= Fraction(rounded) - Fraction(value) < Fraction(step)


@given(values, steps)
def test_round_half_up_is_the_nearest_multiple_and_a_tie_goes_up(value, step):
    rounded = round_half_up(value, step)

    assert is_multiple(rounded, step)
    assert -Fraction(step) / 2 < Fraction(rounded) - Fraction(value) <= Fraction(step) / 2


@given(values, steps)
def test_rounding_twice_changes_nothing(value, step):
    for rounding in (round_down, round_up, round_half_up):
        once = rounding(value, step)
        assert rounding(once, step) == once


@given(values, divisors, steps)
def test_quotients_are_rounded_once_and_from_the_exact_quotient(value, divisor, step):
    exact = Fraction(value) / Fraction(divisor)
    down = Fraction(quotient_down(value, divisor, step))
    up = Fraction(quotient_up(value, divisor, step))
    nearest = Fraction(quotient_half_up(value, divisor, step))

    assert 0 <= exact - down < Fraction(step)
    assert 0 <= up - exact < Fraction(step)
    assert nearest == (up if up - exact <= exact - down else down)


def test_a_value_on_a_multiple_keeps_its_worth_and_takes_the_places_of_the_step():
    assert str(round_up(Decimal("1456320"), CENT)) == "1456320.00"
    assert str(round_down(Decimal(0), CENT)) == "0.00"


def test_the_widest_units_are_rounded_exactly():
    widest = Decimal("9" * 20 + "." + "9" * 18)

    assert round_up(widest, Decimal("1E-18")) == widest
    assert round_up(widest, Decimal(1)) == 10**20


def test_one_third_rounds_away_from_the_third_of_any_longer_decimal():
    assert quotient_up(Decimal(1), Decimal(3), Decimal("1E-18")) == Decimal("0.333333333333333334")
    assert quotient_down(Decimal(2), Decimal(3), CENT) == Decimal("0.66")


@pytest.mark.rule("INT-7")
def test_half_a_cent_goes_up():
    assert round_half_up(Decimal("0.005"), CENT) == CENT
    assert round_half_up(Decimal("0.0049999999"), CENT) == 0


@pytest.mark.parametrize(
    ("value", "divisor", "step"),
    [("-0.01", "1", "0.01"), ("1", "1", "0"), ("1", "1", "-1"), ("1", "0", "1"), ("1", "-2", "1")],
)
@pytest.mark.parametrize("quotient", [quotient_down, quotient_up, quotient_half_up])
def test_what_cannot_be_an_amount_is_refused(quotient, value, divisor, step):
    with pytest.raises(NotAnAmount):
        quotient(Decimal(value), Decimal(divisor), Decimal(step))


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_finite_number_is_refused(number):
    with pytest.raises(NotAnAmount):
        round_up(Decimal(number), CENT)
    with pytest.raises(NotAnAmount):
        round_up(Decimal(1), Decimal(number))


def test_a_float_is_refused():
    with pytest.raises(FloatOperation):
        round_up(0.5, CENT)


def test_what_does_not_fit_the_exact_context_is_refused_and_not_rounded():
    with localcontext(EXACT), pytest.raises(Inexact):
        Decimal(1) / Decimal(3)
