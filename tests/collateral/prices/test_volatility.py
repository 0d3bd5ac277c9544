"""Volatility, and the watch list that rests on it."""

import math
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.prices.incident import PriceIncident
from collateral.prices.volatility import volatility
from collateral.prices.watch_list import watch_list, watch_volatility
from tests.factories import NOON, house, price

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
values = st.decimals(min_value="0.01", max_value=10**7, places=2)


def series(prices, *, step=MINUTE):
    return [(NOON + nth * step, Decimal(each)) for nth, each in enumerate(prices)]


def test_a_price_that_stands_still_has_none():
    assert volatility(series(["500000"] * 50), half_life=30 * MINUTE) == 0


def test_under_two_prices_nobody_can_say():
    assert volatility([], half_life=MINUTE) is None
    assert volatility(series(["1"]), half_life=MINUTE) is None


@pytest.mark.rule("VAF-10")
def test_a_steady_one_percent_a_minute_is_thirty_eight_percent_a_day():
    up_and_down = [Decimal(100) * (Decimal("1.01") if nth % 2 else 1) for nth in range(200)]

    found = volatility(series(up_and_down), half_life=30 * MINUTE)
    assert float(found) == pytest.approx(math.log(1.01) * math.sqrt(1440), rel=1e-5)


def test_the_last_half_life_weighs_as_much_as_all_before():
    calm, wild = [100] * 31, [100 * (1.02 if nth % 2 else 1) for nth in range(31)]
    wild_last = volatility(series(calm + wild[1:]), half_life=30 * MINUTE)
    wild_first = volatility(series(wild + calm[1:]), half_life=30 * MINUTE)

    ratio = float(wild_last / wild_first)
    assert ratio == pytest.approx(math.sqrt(2), rel=1e-2)


def test_a_return_across_a_gap_is_spread_over_it():
    gap = [(NOON, Decimal(100)), (NOON + 4 * MINUTE, Decimal(104))]
    at_once = [(NOON, Decimal(100)), (NOON + MINUTE, Decimal(104))]

    across = volatility(gap, half_life=30 * MINUTE)
    assert float(volatility(at_once, half_life=30 * MINUTE) / across) == pytest.approx(2, rel=1e-4)


@given(st.lists(values, min_size=2, max_size=30), st.integers(1, 600))
def test_it_agrees_with_floating_point(prices, half_life):
    found = volatility(series(prices), half_life=half_life * MINUTE)

    decay, weighted, weight = 0.5 ** (1 / half_life), 0.0, 0.0
    for old, new in zip(prices, prices[1:], strict=False):
        weighted = weighted * decay + (1 - decay) * math.log(new / old) ** 2 * 1440
        weight = weight * decay + 1 - decay
    assert float(found) == pytest.approx(math.sqrt(weighted / weight), rel=1e-4, abs=1e-5)


@given(st.lists(values, min_size=2, max_size=20), st.decimals("0.1", "1000", places=2))
def test_it_does_not_depend_on_the_unit(prices, factor):
    there = volatility(series(prices), half_life=30 * MINUTE)
    elsewhere = volatility(series([each * factor for each in prices]), half_life=30 * MINUTE)

    assert abs(there - elsewhere) <= Decimal("0.000002")


@pytest.mark.parametrize(
    ("closes", "half_life"),
    [
        ([(NOON, Decimal(1)), (NOON, Decimal(1))], MINUTE),
        ([(NOON, Decimal(0)), (NOON + MINUTE, Decimal(1))], MINUTE),
        (series(["1", "2"]), timedelta(0)),
    ],
)
def test_what_is_no_series_is_refused(closes, half_life):
    with pytest.raises(ValueError, match=r"."):
        volatility(closes, half_life=half_life)


@pytest.mark.django_db
@pytest.mark.rule("VAF-10")
def test_who_moves_most_stands_first_and_is_watched_while_it_does():
    house()
    for nth in range(60):
        at = NOON + nth * MINUTE
        price("BTC", 500_000 + 4_000 * (nth % 2), at=at)
        price("ETH", 18_000 + nth % 2, at=at)
    now = NOON + 60 * MINUTE

    first, second = watch_volatility(now=now)
    assert (first.asset.code, first.is_watched) == ("BTC", True)
    assert (second.asset.code, second.is_watched) == ("ETH", False)
    incident = PriceIncident.objects.get()
    assert (incident.trouble, incident.subject) == ("volatile", "BTC")

    for nth in range(60, 360):
        price("BTC", 500_000, at=NOON + nth * MINUTE)
    watch_volatility(now=NOON + 360 * MINUTE)
    assert PriceIncident.objects.get().closed_at == NOON + 360 * MINUTE


@pytest.mark.django_db
def test_the_watch_list_takes_as_many_statements_for_a_long_history(django_assert_num_queries):
    house()
    for nth in range(30):
        price("BTC", 500_000 + nth, at=NOON - nth * DAY)
    with django_assert_num_queries(4):
        [row] = watch_list(now=NOON)
    assert row.usual > 0
