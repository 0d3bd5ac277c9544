"""The mean of the last minutes: within its prices, and slow where they are fast."""

import math
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.assets import Asset
from collateral.prices.smoothing import LEND, SELL, mean, means
from tests.factories import NOON, house, price

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
values = st.decimals(min_value="0.01", max_value=10**7, places=2)


def points(prices, *, step=5 * SECOND):
    return [(NOON + nth * step, Decimal(each)) for nth, each in enumerate(prices)]


@given(st.lists(values, min_size=1, max_size=40), st.integers(1, 60), st.integers(1, 900))
def test_it_lies_within_its_prices(prices, minutes, seconds):
    found = mean(points(prices, step=seconds * SECOND), constant=minutes * MINUTE)

    assert min(prices) <= found <= max(prices)


@given(values, st.integers(1, 20))
def test_the_mean_of_what_stands_still_is_that(value, count):
    assert mean(points([value] * count), constant=MINUTE) == value


@pytest.mark.parametrize(("minutes", "moved"), [(2, "-3.07"), (10, "-0.66"), (30, "-0.22")])
def test_a_wick_of_a_fifth_for_twenty_seconds_moves_it_by_the_worked_figures(minutes, moved):
    calm = [(NOON, Decimal(525_000)), (NOON + 20 * SECOND, Decimal(420_000))]

    found = mean(calm, constant=minutes * MINUTE)
    exact = -20 * (1 - math.exp(-20 / (60 * minutes)))
    assert float((found / 525_000 - 1) * 100) == pytest.approx(exact, abs=1e-6)
    assert float(moved) == pytest.approx(exact, abs=0.006)


def test_no_prices_have_none():
    with pytest.raises(ValueError, match="no mean"):
        mean([], constant=MINUTE)


@pytest.mark.django_db
def test_what_is_out_of_memory_does_not_count(django_assert_num_queries):
    house()
    btc = Asset.objects.get(code="BTC").pk
    price("BTC", "900000", at=NOON - 11 * MINUTE)
    price("BTC", "500000", at=NOON)

    with django_assert_num_queries(2):
        assert means([btc], SELL, now=NOON) == {btc: 500_000}
    assert means([btc], LEND, now=NOON)[btc] > 500_000
    assert means([btc], SELL, now=NOON + timedelta(hours=1)) == {}
