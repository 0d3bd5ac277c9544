"""Sources agree on a price, or there is none; an odd print never becomes one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.prices.consensus import (
    RECORDED,
    Agreed,
    HeldBack,
    NoPrice,
    Rule,
    agree,
    median,
)
from collateral.prices.quote import Quote

NOW = datetime(2024, 8, 5, 12, tzinfo=UTC)
FRESH = timedelta(seconds=90)
# Median of at least three, beyond max(2%, 6 MAD) dropped.
LIVE_VA = Rule(min_sources=3)

prices = st.decimals(min_value="0.01", max_value=10**7, places=8)
calm = st.decimals(min_value=400_000, max_value=410_000, places=2)


def quote(source, price, *, age=timedelta(0), asset="BTC") -> Quote:
    seen_at = NOW - age
    return Quote(source, asset, "HKD", Decimal(price), seen_at, seen_at + FRESH)


def quotes_of(*prices) -> list[Quote]:
    return [quote(f"venue {nth}", price) for nth, price in enumerate(prices)]


def live(quotes, *, last=None):
    return agree(quotes, now=NOW, last=last, rule=LIVE_VA)


def recorded(price, *, last, asset="BTC"):
    return agree([quote("file", price, asset=asset)], now=NOW, last=last, rule=RECORDED)


def test_the_outlier_of_five_is_dropped_and_the_rest_agree():
    five = quotes_of("525100", "524800", "525300", "483000", "525000")

    agreed = live(five)

    assert agreed.value == Decimal("525050")
    assert [one.quote.price for one in agreed.dropped] == [Decimal("483000")]
    assert agreed.dropped[0].why == "42000 from the median 525000, 10500.00 allowed"


def test_medians_are_exact():
    assert median([Decimal(3), Decimal(1), Decimal(2)]) == 2
    assert median([Decimal("0.00000001"), Decimal("99999999999999999.00000002")]) == Decimal(
        "49999999999999999.500000015"
    )
    with pytest.raises(ValueError, match="no median"):
        median([])


@given(st.lists(prices, min_size=1, max_size=9))
def test_a_median_lies_within_its_values(values):
    assert min(values) <= median(values) <= max(values)


@given(st.lists(prices, min_size=0, max_size=7), st.randoms())
def test_the_order_of_the_quotes_does_not_matter(values, random):
    quotes = quotes_of(*values)
    shuffled = quotes.copy()
    random.shuffle(shuffled)

    assert live(quotes) == live(shuffled)


@given(st.lists(prices, min_size=3, max_size=7))
def test_a_price_comes_from_the_quotes_used_and_from_no_other(values):
    quotes = quotes_of(*values)

    outcome = live(quotes)

    dropped = {one.quote for one in outcome.dropped}
    if isinstance(outcome, Agreed):
        assert outcome.value == median([used.price for used in outcome.used])
        assert len(outcome.used) >= 3
        assert dropped.isdisjoint(outcome.used)
        assert dropped.union(outcome.used) == set(quotes)
        others = [quote for quote in quotes if quote not in dropped]
        assert min(one.price for one in others) <= outcome.value
        assert outcome.value <= max(one.price for one in others)


@given(st.lists(calm, min_size=3, max_size=5), prices)
def test_one_liar_cannot_move_the_price_beyond_what_others_said(honest, lie):
    outcome = live([*quotes_of(*honest), quote("liar", lie)])

    assert isinstance(outcome, Agreed)
    assert min(honest) * Decimal("0.94") <= outcome.value <= max(honest) * Decimal("1.06")


@pytest.mark.rule("VAF-10")
def test_stale_quotes_are_dropped_and_two_sources_are_no_price():
    three = quotes_of("400000", "400100", "400200")
    late = replace(three[0], observed_at=NOW - 2 * FRESH, fresh_until=NOW - FRESH)

    outcome = live([late, *three[1:]])

    assert outcome.reason == "2 of 3 sources needed are fresh"
    assert [(one.quote, one.why) for one in outcome.dropped] == [(late, "stale")]


def test_a_quote_from_the_future_is_dropped():
    [ahead] = live([quote("a", "400000", age=-timedelta(seconds=1))]).dropped

    assert ahead.why == "from the future"


def test_three_sources_that_disagree_are_no_price():
    outcome = live(quotes_of("400000", "400000", "400000", "300000", "500000"))
    assert outcome.value == 400000

    outcome = live(quotes_of("400000", "400000", "300000"))
    assert isinstance(outcome, NoPrice)
    assert outcome.reason == "2 of 3 sources needed agree"


def test_one_source_counts_once_with_its_newest_quote():
    older = quote("a", "400000", age=timedelta(seconds=9))
    outcome = live([older, quote("a", "400500"), quote("b", "400100")])

    assert isinstance(outcome, NoPrice)
    assert [(one.quote, one.why) for one in outcome.dropped] == [
        (older, "superseded by its source")
    ]


def test_a_source_that_contradicts_itself_is_not_heard():
    outcome = live([quote("a", "1"), quote("a", "400500"), *quotes_of(*["400100"] * 3)])

    assert outcome.value == Decimal("400100")
    assert {one.why for one in outcome.dropped} == {"its source contradicts itself"}


def test_quotes_of_two_assets_are_a_mistake():
    with pytest.raises(ValueError, match="different assets"):
        live([quote("a", "1"), quote("b", "1", asset="ETH")])


@pytest.mark.rule("VAF-11")
def test_a_recording_stands_alone():
    agreed = recorded("400000", last=None)

    assert agreed.value == 400000
    assert [used.source for used in agreed.used] == ["file"]


@pytest.mark.parametrize(
    ("asset", "last", "printed"),
    [
        ("BTC", "1180.00", "0.06"),  # Coinbase, 15 April 2017.
        ("0700", "15.10", "1.51"),  # The share on 7 July 2009.
        ("BTC", "400000", "4000000"),
        ("BTC", "400000", "40000"),
        ("BTC", "400000", "640000.01"),
        ("BTC", "400000", "159999.99"),
    ],
)
def test_a_print_far_from_the_last_price_is_held_back(asset, last, printed):
    outcome = recorded(printed, last=Decimal(last), asset=asset)

    assert isinstance(outcome, HeldBack)
    assert outcome.value == Decimal(printed)
    assert not isinstance(outcome, Agreed)


@pytest.mark.parametrize("printed", ["640000", "160000"])
def test_a_print_just_sixty_per_cent_away_is_a_price(printed):
    outcome = recorded(printed, last=Decimal(400_000))

    assert isinstance(outcome, Agreed)
    assert outcome.value == Decimal(printed)


@pytest.mark.parametrize("odd", ["0.06", "40000", "4000000"])
def test_a_bad_print_among_live_sources_is_dropped(odd):
    outcome = live([*quotes_of("400000", "400100", "400200"), quote("odd", odd)])

    assert outcome.value == Decimal("400100")
    assert [one.quote.source for one in outcome.dropped] == ["odd"]
