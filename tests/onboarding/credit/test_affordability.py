"""What a client can bear: the worst case against liquid net worth, exposure against all of it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.credit.affordability import Affordability, is_reasonable
from tests.strategies import cents, haircuts, money

worth = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


@pytest.mark.rule("JC-3")
@given(money, worth)
def test_the_worst_case_is_borne_or_something_is_missing(shortfall, liquid):
    found = Affordability(shortfall, liquid)

    assert found.passes == (found.short_by == 0)
    assert Affordability(shortfall, liquid + found.short_by).passes


@pytest.mark.rule("JC-3")
@given(money, worth, cents)
def test_more_that_is_liquid_never_fails_and_more_that_is_missing_never_passes(a, liquid, more):
    if Affordability(a, liquid).passes:
        assert Affordability(a, liquid + more).passes
    else:
        assert not Affordability(a + more, liquid).passes


@pytest.mark.rule("JC-3")
def test_the_shortfall_of_e15_needs_all_of_it_and_a_cent_less_is_not_enough():
    assert Affordability(Decimal(990_000), Decimal(990_000)).passes
    short = Affordability(Decimal(990_000), Decimal("989999.99"))
    assert (short.passes, short.short_by) == (False, Decimal("0.01"))


@pytest.mark.rule("JC-3")
def test_who_owes_more_within_the_year_than_is_liquid_can_bear_nothing():
    assert not Affordability(Decimal(0), Decimal("-0.01")).passes


@pytest.mark.rule("JC-2")
@pytest.mark.rule("JC-12")
@given(money, worth, haircuts, cents)
def test_less_exposure_or_more_net_worth_is_never_less_reasonable(exposure, net_worth, ratio, more):
    if is_reasonable(exposure=exposure + more, net_worth=net_worth, ratio=ratio):
        assert is_reasonable(exposure=exposure, net_worth=net_worth, ratio=ratio)
        assert is_reasonable(exposure=exposure + more, net_worth=net_worth + more, ratio=ratio)


@pytest.mark.rule("JC-12")
def test_the_ratio_itself_is_reasonable_and_a_cent_more_is_not():
    asked = {"net_worth": Decimal(10_000_000), "ratio": Decimal("0.5")}
    assert is_reasonable(exposure=Decimal(5_000_000), **asked)
    assert not is_reasonable(exposure=Decimal("5000000.01"), **asked)


def test_who_is_worth_nothing_bears_nothing():
    for net_worth in (Decimal(0), Decimal(-5)):
        assert not is_reasonable(exposure=Decimal("0.01"), net_worth=net_worth, ratio=Decimal(1))
