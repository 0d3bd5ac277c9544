"""Everything that a venue may do wrong, against every adapter, over the wire of this machine."""

import gzip
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from werkzeug.wrappers import Response

from collateral.prices.live import LiveFeed
from collateral.prices.spot import HKD, USD, USDT, Pair
from tests.collateral.prices.sources.venues import AGES, EMULATED, LONGEST_BODY, NOW, FakeVenue

RATE = Decimal("7.8")
NOBODY_LISTENS = 9
PATIENCE = timedelta(seconds=10)  # Of a busy machine; the late are waited for much less.
SHORT = timedelta(milliseconds=200)

BOOKS = [each for each in EMULATED if each.books]
HALTED = [each for each in EMULATED if each.halted]
AGEING = [each for each in EMULATED if each.timed]
SAYING_TIME = [each for each in EMULATED if "time" in each.holes]

# What stands where a price belongs, as it is in the body.
NO_PRICES = {
    "zero": '"0"',
    "zero with places": '"0.00000000"',
    "negative": '"-68000.5"',
    "NaN as text": '"NaN"',
    "NaN": "NaN",
    "Infinity": "Infinity",
    "an exponent": '"6.8e4"',
    "an exponent of JSON": "6.8e4",
    "null": "null",
    "true": "true",
    "a list": "[68000.5]",
    "an object": "{}",
    "empty": '""',
    "words": '"n/a"',
    "other digits": '"６８０００"',
    "an underscore": '"68_000"',
    "more digits than a price has": f'"{"6" * 59}"',
    "far out of range": '"1000000000000000000"',
}


@pytest.fixture(params=EMULATED, ids=str)
def emulated(request):
    return request.param


@pytest.fixture
def venue(emulated, httpserver):
    return FakeVenue(httpserver, emulated)


def ask(venue, *, now=NOW, rate=RATE, patience=PATIENCE):
    """The one answer of the venue, its tether priced where it needs one."""
    own = venue.emulated
    feed = LiveFeed([own.source(venue.url)], "hashkey", patience)
    if own.pair.currency == USDT:
        feed = LiveFeed([own.source(venue.url), _tether(venue)], "hashkey", patience)
    answers = feed.ask([own.pair.asset], ages=AGES, contracted=rate, now=now)
    [answer] = [each for each in answers if each.venue == own.name]
    return answer


def _tether(venue):
    """A second venue on the same server, that says what a tether is worth."""
    own = next(each for each in EMULATED if each.pair == Pair(USDT, USD))
    return own.source(FakeVenue(venue.server, own).url)


def test_a_venue_that_behaves_is_quoted_in_hong_kong_dollars(venue, emulated):
    answer = ask(venue)

    assert answer.why == ""
    quote = answer.quote
    assert (quote.source, quote.asset, quote.currency) == (emulated.name, emulated.pair.asset, HKD)
    assert quote.is_fresh(NOW)
    assert quote.is_last_resort == (emulated.name == "binance")
    if emulated.books and emulated.pair.asset != USDT:
        assert answer.said == Decimal("68001.0")
        rates = {HKD: Decimal(1), USD: RATE, USDT: RATE * Decimal("0.99985")}
        assert quote.price == answer.said * rates[emulated.pair.currency]
        assert quote.width == Decimal("0.000015")


def silent(venue, **expected):
    answer = ask(venue, **expected)
    assert answer.quote is None
    assert answer.why
    return answer.why


@pytest.mark.parametrize("value", NO_PRICES.values(), ids=NO_PRICES)
@pytest.mark.parametrize(
    ("emulated", "hole"),
    [(each, hole) for each in EMULATED for hole in ("bid", "ask", "last") if hole in each.holes],
    ids=str,
    indirect=["emulated"],
)
def test_what_is_no_price_is_no_answer(venue, emulated, hole, value):
    if emulated.name == "ecb":
        value = value.strip('"')
    venue.bodies = emulated.say(**{hole: value})

    silent(venue)


@pytest.mark.parametrize("emulated", BOOKS, ids=str, indirect=True)
def test_a_crossed_book_is_no_answer(venue, emulated):
    venue.bodies = emulated.say(bid=emulated.holes["ask"], ask=emulated.holes["bid"])

    assert "crossed book" in silent(venue)


def test_another_symbol_is_no_answer(venue, emulated):
    venue.bodies = emulated.say(**emulated.other)

    silent(venue)


@pytest.mark.parametrize("emulated", HALTED, ids=str, indirect=True)
def test_a_halted_pair_is_no_answer(venue, emulated):
    venue.bodies = emulated.say(**emulated.halted)

    silent(venue)


@pytest.mark.parametrize("emulated", AGEING, ids=str, indirect=True)
def test_a_time_that_stands_still_ends_in_silence_or_in_a_stale_quote(venue, emulated):
    answer = ask(venue, now=NOW + timedelta(hours=1, minutes=30))

    assert answer.quote is None or not answer.quote.is_fresh(NOW + timedelta(hours=1, minutes=30))


@pytest.mark.parametrize("emulated", AGEING, ids=str, indirect=True)
def test_a_clock_ahead_of_ours_is_no_answer(venue, emulated):

    assert "ahead" in silent(venue, now=NOW - timedelta(minutes=1))


@pytest.mark.parametrize("emulated", SAYING_TIME, ids=str, indirect=True)
@pytest.mark.parametrize("time_said", ['""', "null", "true", "-1", '"yesterday"', "1e99", "9" * 40])
def test_what_is_no_time_is_no_answer(venue, emulated, time_said):
    venue.bodies = emulated.say(time=time_said)

    silent(venue)


BODIES = {
    "html": b"<!doctype html><html><body>Bad gateway</body></html>",
    "nothing": b"",
    "an empty list": b"[]",
    "an empty object": b"{}",
    "a number": b"42",
    "a word": b'"ok"',
    "null": b"null",
    "half a body": b'{"symbol":"BTC',
    "not text": b"\xff\xfe\x00\x01" * 20,
    "as deep as it goes": b"[" * 100_000,
    "an error": b'{"code":-1121,"msg":"Invalid symbol."}',
    "an error of Kraken": b'{"error":["EQuery:Unknown asset pair"]}',
    "an error of a vendor": b'{"code":429,"message":"credits","status":"error"}',
    "a number without end": b'[{"t":' + b"9" * 5_000 + b"}]",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_of_another_kind_is_no_answer(venue, emulated, body):
    venue.bodies = (body,) * len(venue.bodies)

    silent(venue)


@pytest.mark.parametrize("status", [301, 302, 400, 403, 404, 418, 429, 451, 500, 502, 503])
def test_any_status_but_200_is_no_answer(venue, status):
    venue.order = lambda body: Response(body, status=status, headers={"Location": "/elsewhere"})

    assert str(status) in silent(venue)


def test_a_late_answer_is_not_waited_for(venue, dawdle):
    def late(body):
        dawdle(SHORT.total_seconds() * 15)
        return Response(body)

    venue.order = late
    began = time.monotonic()

    assert "no answer within" in silent(venue, patience=SHORT)
    assert time.monotonic() - began < 10 * SHORT.total_seconds()


def test_an_answer_in_drops_is_not_waited_for(venue, dawdle):
    def drops(body):
        def drip():
            for octet in body:
                dawdle(SHORT.total_seconds() / 3)
                yield bytes([octet])

        return Response(drip())

    venue.order = drops
    began = time.monotonic()

    assert "no answer within" in silent(venue, patience=SHORT)
    assert time.monotonic() - began < 10 * SHORT.total_seconds()


def test_a_huge_body_is_not_taken_in(venue):
    venue.order = lambda body: Response(body + b" " * LONGEST_BODY)

    assert "a body of more than" in silent(venue)


def test_a_packed_body_is_not_unpacked(venue):
    venue.order = lambda body: Response(gzip.compress(body), headers={"Content-Encoding": "gzip"})

    assert "packed" in silent(venue)


def test_the_same_answer_again_is_the_same_quote(venue):
    assert ask(venue) == ask(venue)


def test_a_venue_that_is_not_there_is_no_answer(venue):
    venue.url = f"http://127.0.0.1:{NOBODY_LISTENS}"

    assert "not reached" in silent(venue)
