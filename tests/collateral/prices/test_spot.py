"""A venue's word becomes a quote in Hong Kong dollars, or is too old for one."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from collateral.prices.quote import SourceUnavailable
from collateral.prices.spot import HKD, USD, Pair, Spot, TimeKind, quote_of
from tests.collateral.prices.sources.venues import AGES, NOW

BTC = Pair("BTC", USD)


def spot(kind=TimeKind.GENERATED, *, age=timedelta(0), bid="68000", ask="68010") -> Spot:
    return Spot(NOW - age, kind, Decimal(bid), Decimal(ask))


def quote(spot, pair=BTC, rate="7.8"):
    return quote_of(
        spot,
        pair,
        source="v",
        venue="v",
        rate=rate and Decimal(rate),
        ages=AGES,
        now=NOW,
    )


def test_the_middle_of_the_book_is_exact_and_its_width_rounded_up():
    thin = spot(bid="0.00000001", ask="0.00000002")

    assert thin.price == Decimal("0.000000015")
    assert thin.width == Decimal("0.666667")


@pytest.mark.parametrize(("bid", "ask"), [("2", "1"), ("1.00000001", "1")])
def test_a_crossed_book_is_none(bid, ask):
    with pytest.raises(SourceUnavailable, match="crossed"):
        spot(bid=bid, ask=ask)


def test_half_a_book_is_none():
    with pytest.raises(SourceUnavailable, match="half a book"):
        Spot(NOW, TimeKind.NONE, bid=Decimal(1))


def test_a_reply_is_as_old_as_it_says():
    old = quote(spot(age=timedelta(seconds=20)))

    assert old.observed_at == NOW - timedelta(seconds=20)
    assert old.fresh_until == NOW + timedelta(seconds=10)


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        (TimeKind.LAST_CHANGE, AGES.last_change),
        (TimeKind.LAST_TRADE, AGES.last_trade),
    ],
)
def test_a_quiet_book_is_live_until_it_has_been_quiet_too_long(kind, most):
    quiet = quote(spot(kind, age=most))
    assert quiet.observed_at == NOW

    with pytest.raises(SourceUnavailable, match=f"its {kind.replace('_', ' ')} is"):
        quote(spot(kind, age=most + timedelta(seconds=1)))


def test_a_share_ages_while_its_market_trades_and_a_weekend_is_no_time_at_all():
    friday_close = NOW.replace(day=6, hour=7, minute=55)
    share = Spot(friday_close, TimeKind.CLOSE, last=Decimal(512))
    monday = NOW.replace(day=9, hour=1, minute=30)

    kept = quote_of(
        share,
        Pair("0700", HKD),
        source="f",
        venue="f",
        rate=None,
        ages=AGES,
        now=monday,
    )

    assert kept.fresh_until == monday + timedelta(minutes=15)


def test_what_is_not_in_hong_kong_dollars_needs_a_rate():
    assert quote(spot()).price == Decimal("68005") * Decimal("7.8")
    with pytest.raises(SourceUnavailable, match="no rate for USD"):
        quote(spot(), rate=None)


def test_a_price_that_no_price_can_be_in_hong_kong_dollars_is_refused():
    huge = replace(spot(), bid=Decimal(10) ** 17, ask=Decimal(10) ** 17 * 9)
    with pytest.raises(SourceUnavailable, match="outside"):
        quote(huge)
