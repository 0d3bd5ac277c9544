"""After a month quotes become candles; agreed prices stay as they are for ever."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from collateral.assets import Asset
from collateral.prices import quote_candle
from collateral.prices.live_round import refresh_live
from collateral.prices.price import HeldBack, Price
from collateral.prices.quote_candle import QuoteCandle, thin_quotes
from tests.factories import NOON, house, price
from tests.factories.prices import SaidFeed
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LATER = NOON + 31 * DAY


@pytest.fixture(autouse=True)
def _the_house(db):
    house()


def rounds(*prices, step=5 * MINUTE, begin=NOON):
    for nth, (hashkey, osl) in enumerate(prices):
        feed = SaidFeed().all_say("BTC", "500000")
        feed.prices["BTC"] |= {"hashkey": hashkey, "osl": osl}
        refresh_live(feed, now=begin + nth * step)


def test_each_source_has_a_candle_of_each_quarter_of_an_hour():
    rounds(
        ("500100", "500000"),
        ("500300", "900000"),
        ("500200", "HTTP 500"),
        ("500000", "500000"),
    )
    before = list(Price.objects.values_list("value", "observed_at", "standing", "source"))

    assert thin_quotes(now=LATER) == 4

    first = QuoteCandle.objects.get(source="hashkey", opened_at=NOON)
    assert (first.open, first.high, first.low, first.close) == (500_100, 500_300, 500_100, 500_200)
    assert (first.heard, first.dropped) == (3, 0)
    osl = QuoteCandle.objects.get(source="osl", opened_at=NOON)
    assert (osl.heard, osl.dropped, osl.high) == (1, 2, 500_000)
    assert QuoteCandle.objects.filter(opened_at=NOON + 15 * MINUTE).count() == 5
    assert list(Price.objects.values_list("value", "observed_at", "standing", "source")) == before
    assert not Price.objects.exclude(quotes=[]).exists()


def test_what_is_younger_than_a_month_is_as_it_was_said():
    rounds(("500000", "500000"))
    said = Price.objects.get().quotes

    assert thin_quotes(now=NOON + 30 * DAY) == 0
    assert Price.objects.get().quotes == said
    assert thin_quotes(now=NOON + 30 * DAY + 15 * MINUTE) == 1


def test_thinning_twice_is_thinning_once():
    rounds(("500000", "500000"))
    thin_quotes(now=LATER)

    assert thin_quotes(now=LATER) == 0
    assert QuoteCandle.objects.count() == 5


def test_batches_cut_no_quarter_in_two(monkeypatch):
    rounds(*[("500000", "500000")] * 7, step=4 * MINUTE)
    whole = rows_of_thinning()
    monkeypatch.setattr(quote_candle, "BATCH", 5)
    rounds(*[("500000", "500000")] * 7, step=4 * MINUTE, begin=NOON + DAY)
    thin_quotes(now=LATER + DAY)

    later = QuoteCandle.objects.filter(opened_at__gte=NOON + DAY)
    assert {(c.source, c.opened_at - DAY): c.heard for c in later} == whole


def rows_of_thinning():
    thin_quotes(now=LATER)
    return {(c.source, c.opened_at): c.heard for c in QuoteCandle.objects.all()}


def test_old_words_that_are_no_quotes_leave_no_candle_and_stop_nobody():
    words = [{"dropped": "noise"}, {"source": "a", "price": "words"}, {"source": "b"}]
    price("BTC", "500000", at=NOON, quotes=json.dumps(words))
    thin_quotes(now=LATER)

    assert {(c.source, c.heard, c.dropped) for c in QuoteCandle.objects.all()} == {
        ("a", 0, 1),
        ("b", 0, 1),
    }


def test_why_there_was_no_price_stays():
    btc = Asset.objects.get(code="BTC")
    HeldBack.objects.create(asset=btc, observed_at=NOON, reason="2 of 3", quotes=[{"source": "a"}])
    thin_quotes(now=LATER)

    kept = HeldBack.objects.get()
    assert (kept.reason, kept.quotes) == ("2 of 3", [])


@pytest.mark.parametrize("table", ["collateral_price", "collateral_heldback"])
def test_what_was_said_goes_and_is_never_written_anew(table):
    rounds(("500000", "500000"))
    HeldBack.objects.create(
        asset=Asset.objects.get(code="BTC"), observed_at=NOON, reason="x", quotes=[{"source": "a"}]
    )
    said = json.dumps([{"source": "us", "price": "1"}])
    with refused(f"{table}_quotes_are_only_thinned"):
        sql(f"UPDATE {table} SET quotes = %s", said)  # noqa: S608
    with refused(f"{table}_append_only"):
        sql(f"UPDATE {table} SET quotes = '[]', observed_at = now()")  # noqa: S608


def test_a_candle_is_whole_and_never_edited():
    rounds(("500000", "500000"))
    thin_quotes(now=LATER)
    with refused("collateral_quotecandle_append_only"):
        QuoteCandle.objects.update(heard=9)
    candle = QuoteCandle.objects.first()
    candle.pk = None
    with refused("quote_candle_once"):
        candle.save(force_insert=True)
    candle.opened_at, candle.low = datetime(2026, 1, 1, tzinfo=UTC), Decimal(10**6)
    with refused("quote_candle_low_below_high"):
        candle.save(force_insert=True)
