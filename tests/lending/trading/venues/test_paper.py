"""The paper venue is like a market: its price gives way, its depth ends, and it shuts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.assets import Asset
from lending.trading.venue import Ticket, VenueError
from lending.trading.venues import VENUES, venue_named
from lending.trading.venues.paper import PaperTrade, PaperVenue
from tests.factories import FRESH, NOON, house, price
from tests.proofs import refused, sql, together
from tests.strategies import whole_steps

VENUE = PaperVenue()
CENT, MINUTE = Decimal("0.01"), timedelta(minutes=1)
BITCOINS = whole_steps("0.00001", most=10**6)
PRICES = st.decimals(min_value=1000, max_value=10**6, places=2)
VOLUMES = st.none() | st.decimals(min_value=1, max_value=10**5, places=8)


@pytest.fixture
def market(db):
    """A bitcoin at 700,000, of which the market trades a hundred a minute; shares at 500."""
    house()
    price("BTC", "700000", at=NOON, volume=Decimal(100))
    price("0700", "500", at=NOON - timedelta(hours=1), fresh=timedelta(days=4))


def ticket(units, *, side="sell", limit=None, order="o1", code="BTC") -> Ticket:
    asset = Asset.objects.get(code=code)
    limit = limit or ("0.01" if side == "sell" else "1000000000")
    return Ticket(order, asset.pk, code, asset.market, side, Decimal(units), Decimal(limit))


def place(units, *, now=NOON, **what):
    return VENUE.place(ticket(units, **what), now=now)


def depth(code="BTC", *, now=NOON):
    asset = Asset.objects.get(code=code)
    return VENUE.depth(asset.pk, market=asset.market, now=now)


# --- Laws ----------------------------------------------------------------------------------------


class WhatAFillCostsIsWhatWasSaid(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.bitcoin = house().assets["BTC"]

    @settings(max_examples=80)
    @given(units=BITCOINS, mark=PRICES, volume=VOLUMES)
    def test_a_sale_brings_its_value_less_the_cost(self, units, mark, volume):
        price(self.bitcoin, mark, at=NOON, volume=volume and volume + 100 * units)
        said = VENUE.cost(self.bitcoin.pk, units, now=NOON)

        value = units * mark
        assume(value >= 1)

        fill = place(units)

        assert 0 < said < 1
        assert -2 * CENT < fill.gross - fill.costs - value * (1 - said) <= 0

    @settings(max_examples=80)
    @given(units=BITCOINS, mark=PRICES, volume=VOLUMES)
    def test_a_purchase_costs_that_and_the_fee_on_what_it_gave_way(self, units, mark, volume):
        price(self.bitcoin, mark, at=NOON, volume=volume and volume + 100 * units)
        said = VENUE.cost(self.bitcoin.pk, units, now=NOON)

        value = units * mark
        fill = place(units, side="buy")

        beyond = fill.gross + fill.costs - value * (1 + said)
        assert 0 <= beyond < 2 * said * VENUE.fee * value + 3 * CENT

    @settings(max_examples=40)
    @given(less=BITCOINS, more=BITCOINS, volume=VOLUMES)
    def test_a_larger_trade_never_costs_less(self, less, more, volume):
        price(self.bitcoin, 700_000, at=NOON, volume=volume)
        first, second = sorted([less, more])

        cheap, dear = (VENUE.cost(self.bitcoin.pk, each, now=NOON) for each in (first, second))

        assert cheap <= dear


class NoMoreThanTheDepthOfAMinute(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.bitcoin = house().assets["BTC"]

    @settings(max_examples=60)
    @given(
        volume=st.decimals(min_value=0, max_value=100, places=8),
        orders=st.lists(st.tuples(BITCOINS, st.booleans(), st.integers(0, 90)), max_size=8),
    )
    def test_whatever_is_asked_and_whenever(self, volume, orders):
        price(self.bitcoin, 700_000, at=NOON, fresh=timedelta(hours=1), volume=volume)
        now, trades = NOON, []
        for number, (units, is_sale, seconds) in enumerate(orders):
            now += timedelta(seconds=seconds)
            before = depth(now=now)
            assert before == volume / 100 - sum(
                traded for at, traded in trades if at > now - MINUTE
            )
            side = "sell" if is_sale else "buy"

            fill = place(units, side=side, order=f"o{number}", now=now)

            traded = fill.units if fill else Decimal(0)
            trades.append((now, traded))
            assert traded == (units if units <= before else before - before % self.bitcoin.lot)
            assert depth(now=now) == before - traded >= 0


# --- Price ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "limit", "trades"),
    [
        # It gives way by 0.0005 + 0.045 x the root of 1 / 144,000.
        ("sell", "699567", False),
        ("sell", "699566", True),
        ("buy", "700433", False),
        ("buy", "700434", True),
    ],
)
def test_nothing_trades_beyond_the_limit(market, side, limit, trades):
    assert bool(place("1", side=side, limit=limit)) is trades
    assert PaperTrade.objects.exists() is trades


def test_without_a_volume_it_gives_way_by_half_the_spread(market):
    price("ETH", "20000", at=NOON)

    sale, purchase = (place("10", side=s, order=s, code="ETH") for s in ("sell", "buy"))

    assert (sale.gross, sale.costs) == (Decimal("199900.00"), Decimal("499.75"))
    assert (purchase.gross, purchase.costs) == (Decimal("200100.00"), Decimal("500.25"))


def test_a_trade_that_brings_less_than_a_cent_is_none(market):
    price("USD", "0.001", at=NOON)

    assert place("0.01", code="USD") is None


@pytest.mark.parametrize("later", [FRESH + timedelta(microseconds=1), timedelta(days=1)])
def test_without_a_fresh_price_nothing_trades(market, later):
    bitcoin = Asset.objects.get(code="BTC")
    assert depth(now=NOON + later) == 0
    for act in (
        lambda: place("1", now=NOON + later),
        lambda: VENUE.cost(bitcoin.pk, Decimal(1), now=NOON + later),
    ):
        with pytest.raises(VenueError, match="no fresh price") as failed:
            act()
        assert (failed.value.retry, failed.value.unknown) == (True, False)


# --- Depth and hours -----------------------------------------------------------------------------


def test_a_hundredth_of_what_the_market_trades_can_be_had_in_a_minute(market):
    assert depth() == 1
    place("0.4")
    assert depth() == Decimal("0.6")
    assert depth(now=NOON + MINUTE) == 1


def test_what_exceeds_the_depth_is_filled_in_whole_lots(market):
    place("0.400005", order="first")

    fill = place("5", order="second")

    assert fill.units == Decimal("0.59999")
    assert place("5", order="third") is None


def test_a_market_that_knows_no_volume_has_no_known_bound(market):
    price("ETH", "20000", at=NOON)

    assert depth("ETH") is None
    assert place("123456", code="ETH").units == 123_456


def test_a_market_that_trades_nothing_has_no_depth(market):
    price("ETH", "20000", at=NOON, volume=Decimal(0))

    assert depth("ETH") == 0
    assert place("1", code="ETH") is None


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        (datetime(2026, 3, 4, 3, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 4, 4, 0, tzinfo=UTC), False),  # Lunch.
        (datetime(2026, 3, 4, 5, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 4, 8, 0, tzinfo=UTC), False),  # The close.
        (datetime(2026, 3, 7, 3, 0, tzinfo=UTC), False),  # A Saturday.
    ],
)
def test_shares_trade_in_market_hours(market, now, is_open):
    assert (depth("0700", now=now) != 0) is is_open
    assert bool(place("100", code="0700", now=now)) is is_open


# --- Once ----------------------------------------------------------------------------------------


def test_an_order_trades_once_however_often_it_comes(market):
    first = place("0.1")

    assert place("0.1", now=NOON + MINUTE) == first
    assert place("0.2", side="buy") == first
    assert PaperTrade.objects.count() == 1


def test_what_became_of_an_order_can_be_asked(market):
    fill = place("0.1")

    assert VENUE.find("o1") == fill
    assert VENUE.find("o2") is None


def test_an_order_that_did_not_trade_may_come_again(market):
    assert place("0.1", limit="800000") is None
    assert VENUE.find("o1") is None
    assert place("0.1").units == Decimal("0.1")


@pytest.mark.django_db(transaction=True)
def test_an_order_that_comes_many_times_at_once_trades_once():
    house()
    price("BTC", "700000", at=NOON)

    fills = together(*[lambda: place("0.1")] * 4)

    assert len(set(fills)) == 1
    assert PaperTrade.objects.count() == 1


def test_a_trade_is_never_edited(market):
    place("0.1")
    with refused("lending_papertrade_append_only"):
        PaperTrade.objects.update(units=1)
    with refused("lending_papertrade_append_only"):
        sql("DELETE FROM lending_papertrade")


@pytest.mark.parametrize("fields", [{"units": 0}, {"gross": 0}, {"costs": -1}])
def test_a_trade_is_of_something(market, fields):
    described = {"units": 1, "gross": 1, "costs": 0, "side": "sell", "traded_at": NOON}
    with refused("paper_trade_of_something"):
        PaperTrade.objects.create(
            client_order_id="x", asset=Asset.objects.get(code="BTC"), **described | fields
        )


def test_the_house_knows_its_venues_by_name():
    assert venue_named("paper") is VENUES["paper"]
    with pytest.raises(KeyError):
        venue_named("elsewhere")
