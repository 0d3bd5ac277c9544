"""The live feed: who is asked, all at once, and that the slow hold up nobody."""

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from werkzeug.wrappers import Response

from collateral.prices.live import LiveFeed, NoSuchSource, configured
from collateral.prices.spot import HKD, USD, USDT, Pair
from tests.collateral.prices.sources.venues import AGES, EMULATED, NOW, FakeVenue

RATE = Decimal("7.8")
PATIENCE = timedelta(seconds=10)
SHORT = timedelta(seconds=1)


def named(name, pair):
    return next(each for each in EMULATED if (each.name, each.pair) == (name, pair))


def feed_of(server, *wanted):
    venues = {name: FakeVenue(server, named(name, pair)) for name, pair in wanted}
    sources = [venue.emulated.source(venue.url) for venue in venues.values()]
    return LiveFeed(sources, "hashkey", PATIENCE), venues


BTC = Pair("BTC", USD)


def test_a_slow_venue_holds_up_nobody(httpserver, dawdle):
    feed, venues = feed_of(
        httpserver, ("hashkey", BTC), ("osl", BTC), ("coinbase", BTC), ("bitstamp", BTC)
    )

    def slow(body):
        dawdle(4 * SHORT.total_seconds())
        return Response(body)

    venues["osl"].order = slow
    venues["coinbase"].order = slow
    feed.timeout = SHORT
    began = time.monotonic()
    answers = {each.source: each for each in feed.ask(["BTC"], ages=AGES, contracted=RATE, now=NOW)}

    assert time.monotonic() - began < 3 * SHORT.total_seconds()
    assert answers["hashkey"].quote
    assert answers["bitstamp"].quote
    assert "no answer within 1 s" in answers["osl"].why
    assert "no answer within 1 s" in answers["coinbase"].why


def test_a_name_that_nobody_resolves_holds_up_nobody(httpserver, monkeypatch, dawdle):
    feed, _ = feed_of(httpserver, ("hashkey", BTC), ("bitstamp", BTC))
    lost = replace(feed.sources[0], url="http://lost.example")
    feed.sources, feed.timeout = [lost, feed.sources[1]], SHORT
    found = socket.getaddrinfo

    def look_up(host, *arguments, **named):
        if host in ("lost.example", b"lost.example"):
            dawdle(4 * SHORT.total_seconds())
            raise socket.gaierror("lost")
        return found(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    began = time.monotonic()
    answers = {each.source: each for each in feed.ask(["BTC"], ages=AGES, known=RATE, now=NOW)}

    assert time.monotonic() - began < 3 * SHORT.total_seconds()
    assert answers["hashkey"].why == "no answer within 1 s"
    assert answers["bitstamp"].quote


def test_whoever_asks_may_have_a_loop_of_his_own(httpserver):
    feed, _ = feed_of(httpserver, ("bitstamp", BTC))

    async def within():
        return feed.ask(["BTC"], ages=AGES, contracted=RATE, now=NOW)

    with ThreadPoolExecutor(1) as thread:
        [answer] = thread.submit(lambda: asyncio.run(within())).result()
    assert answer.quote


def test_a_venue_that_asks_to_be_left_alone_is_left_alone(httpserver):
    feed, venues = feed_of(httpserver, ("bitstamp", BTC))
    too_many = Response(status=429, headers={"Retry-After": "60"})
    venues["bitstamp"].order = lambda body: too_many

    def why(seconds):
        at = NOW + timedelta(seconds=seconds)
        [answer] = feed.ask(["BTC"], ages=AGES, contracted=RATE, now=at)
        return answer.why

    assert "429" in why(0)
    assert "asked us to wait" in why(5)
    assert len(venues["bitstamp"].asked) == 1
    assert "429" in why(61)


@pytest.mark.parametrize("said", ["-1", "soon", "", "99999999999", "٣"])
def test_a_wait_that_is_no_number_is_our_own(httpserver, said):
    feed, venues = feed_of(httpserver, ("bitstamp", BTC))
    venues["bitstamp"].order = lambda body: Response(
        status=429, headers={"Retry-After": said} if said.isascii() else {}
    )
    feed.ask(["BTC"], ages=AGES, contracted=RATE, now=NOW)
    feed.ask(["BTC"], ages=AGES, contracted=RATE, now=NOW + timedelta(seconds=11))

    assert len(venues["bitstamp"].asked) == 2


def test_what_seldom_changes_is_asked_for_seldom(httpserver):
    feed, venues = feed_of(httpserver, ("coinbase", BTC))
    for seconds in (0, 5, 10, 59, 61):
        feed.ask(["BTC"], ages=AGES, contracted=RATE, now=NOW + timedelta(seconds=seconds))

    asked = [request.path for request in venues["coinbase"].asked]
    assert asked.count("/products/BTC-USD/ticker") == 5
    assert asked.count("/products/BTC-USD") == 2


def test_a_key_travels_in_a_header_and_in_no_address(httpserver):
    feed = configured(
        ["hashkey", "twelvedata"],
        executing="hashkey",
        urls={},
        keys={"twelvedata": "s3cret"},
        timeout=PATIENCE,
    )
    venue = FakeVenue(httpserver, named("twelvedata", Pair("0700", HKD)))
    feed.sources = [replace(feed.sources[1], url=venue.url)]

    [answer] = feed.ask(["0700"], ages=AGES, contracted=RATE, now=NOW)

    assert answer.quote.price == Decimal("512.50")
    [request] = venue.asked
    assert request.headers["Authorization"] == "apikey s3cret"
    assert "s3cret" not in request.url


def test_a_tether_is_no_dollar_until_somebody_prices_it(httpserver):
    alone, _ = feed_of(httpserver, ("binance", Pair("BTC", USDT)))
    [answer] = alone.ask(["BTC"], ages=AGES, contracted=RATE, now=NOW)

    assert (answer.quote, answer.why) == (None, "no rate for USDT")


def test_the_rate_of_the_round_is_the_banks_unless_the_house_has_its_own(httpserver):
    feed, _ = feed_of(httpserver, ("ecb", Pair(USD, HKD)), ("bitstamp", BTC))

    def price(usd_hkd):
        answers = feed.ask([USD, "BTC"], ages=AGES, contracted=usd_hkd, now=NOW)
        return {each.source: each.quote.price for each in answers}

    derived = Decimal("7.82000000")
    assert price(None) == {"ecb": derived, "bitstamp": Decimal("68001.0") * derived}
    assert price(RATE)["bitstamp"] == Decimal("68001.0") * RATE


def test_a_rate_that_the_peg_does_not_allow_converts_nothing(httpserver):
    feed, venues = feed_of(httpserver, ("ecb", Pair(USD, HKD)), ("bitstamp", BTC))
    venues["ecb"].bodies = venues["ecb"].emulated.say(last="9.5000")

    answers = {
        each.source: each for each in feed.ask([USD, "BTC"], ages=AGES, contracted=None, now=NOW)
    }
    assert answers["bitstamp"].quote is None


@pytest.mark.parametrize(
    ("names", "executing", "why"),
    [
        (["hashkey", "mtgox"], "hashkey", "names 'mtgox'"),
        (["hashkey:EUR"], "hashkey", "currency"),
        (["hashkey", "hashkey"], "hashkey", "twice"),
        (["hashkey", "kraken"], "kraken", "EXECUTING_VATP is 'kraken'"),
        (["coinbase"], "osl", "does not name it"),
        (["hashkey", "twelvedata"], "hashkey", "TWELVEDATA_KEY"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(names, executing, why):
    with pytest.raises(NoSuchSource, match=why):
        configured(names, executing=executing, urls={}, keys={}, timeout=PATIENCE)


def test_one_venue_may_be_asked_in_two_currencies():
    feed = configured(
        ["osl", "osl:HKD"], executing="osl", urls={"osl": "http://x/"}, keys={}, timeout=PATIENCE
    )

    assert [(s.name, s.venue, s.currency, s.url) for s in feed.sources] == [
        ("osl", "osl", USD, "http://x"),
        ("osl-hkd", "osl", HKD, "http://x"),
    ]
