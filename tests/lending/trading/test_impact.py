"""Impact grows with the root of the size, and the largest slice stays within its cap."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.amounts import NOTHING, NotAnAmount
from lending.trading.impact import impact, largest_slice

ONE = Decimal(1)
VENUE = {
    "half_spread": Decimal("0.0005"),
    "y": ONE,
    "sigma": Decimal("0.045"),
    "adv": Decimal(150_000_000),
}


@pytest.mark.parametrize(
    ("value", "basis_points"),
    [(2_377_665, "61.7"), (1_188_833, "45.1"), (594_416, "33.3"), (297_208, "25.0")],
)
def test_impact_falls_with_the_size_of_the_slice(value, basis_points):
    """Liquidation 5.6: one slice, two, four, eight."""
    given_up = impact(Decimal(value), **VENUE)

    assert round(given_up * 10_000, 1) == pytest.approx(Decimal(basis_points), abs=Decimal("0.1"))


def test_the_smallest_order_gives_up_half_the_spread():
    assert impact(NOTHING, **VENUE) == VENUE["half_spread"]


def test_the_largest_slice_of_a_cap():
    """Liquidation 5.6."""
    assert round(largest_slice(cap=Decimal("0.0030"), **VENUE)) == 462_963
    assert largest_slice(cap=Decimal("0.0005"), **VENUE) == 0


@given(
    st.decimals(min_value="0.0006", max_value="0.05", places=6),
    st.decimals(min_value=10**6, max_value=10**10, places=2),
)
def test_the_largest_slice_stays_within_its_cap_and_a_dollar_more_does_not(cap, adv):
    venue = VENUE | {"adv": adv}
    largest = largest_slice(cap=cap, **venue)

    assert impact(largest, **venue) <= cap
    assert impact(largest + 1, **venue) > cap


def test_a_venue_that_trades_nothing_is_refused():
    with pytest.raises(NotAnAmount):
        impact(ONE, **VENUE | {"adv": Decimal(0)})
    with pytest.raises(NotAnAmount):
        largest_slice(cap=ONE, **VENUE | {"adv": Decimal(0)})
