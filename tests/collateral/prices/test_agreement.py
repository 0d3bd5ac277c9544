"""Whose price counts: the executing platform's, the others', a thin one, or none (VAF-11)."""

import csv
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.prices.consensus import Agreed, HeldBack, NoPrice, Rule, Standing, agree
from collateral.prices.quote import Quote
from collateral.prices.shares import Close, ShareRule, agree_on_share

NOW = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
FRESH = timedelta(seconds=30)
VA = Rule(
    min_sources=3,
    apart=Decimal("0.10"),
    executing="hashkey",
    thin_sources=2,
    widest=Decimal("0.02"),
)
SHARE = ShareRule(move=Decimal("0.15"), spread=Decimal("0.02"))
OTHERS = ("osl", "coinbase", "kraken", "bitstamp")

calm = st.decimals(min_value=520_000, max_value=525_000, places=2)
any_price = st.decimals(min_value="0.01", max_value=10**7, places=2)


def quote(source, price, *, asset="BTC", age=timedelta(0), **facts) -> Quote:
    seen_at = NOW - age
    return Quote(source, asset, "HKD", Decimal(price), seen_at, seen_at + FRESH, **facts)


def said(**prices) -> list[Quote]:
    return [quote(source, price) for source, price in prices.items()]


def agreed(quotes, *, last=None, rule=VA):
    return agree(quotes, now=NOW, last=last and Decimal(last), rule=rule)


# --- The platform that executes ------------------------------------------------------------------


@pytest.mark.rule("VAF-11")
def test_the_executing_platforms_price_counts_while_it_is_near_the_median():
    found = agreed(said(hashkey="525100", osl="524800", coinbase="525300", kraken="525000"))

    assert (found.value, found.standing, found.why) == (525_100, Standing.AGREED, "")
    assert found.record.source == "hashkey"
    assert len(found.used) == 4


@pytest.mark.rule("VAF-11")
@pytest.mark.parametrize(
    ("hashkey", "why"),
    [
        (None, "hashkey: silent"),
        (quote("hashkey", "525000", age=timedelta(minutes=1)), "hashkey: stale"),
        (quote("hashkey", "480000"), "hashkey: 44900 from the median 524900"),
        (quote("hashkey", "525000", width=Decimal("0.03")), "hashkey: a book as wide as 0.03"),
    ],
    ids=["silent", "stale", "an outlier", "a book of nobody"],
)
def test_else_the_others_median_counts_and_says_why(hashkey, why):
    others = said(osl="524800", coinbase="525300", kraken="525000")
    found = agreed([*others, *([hashkey] if hashkey else [])])

    assert (found.value, found.standing) == (525_000, Standing.FALLBACK)
    assert found.why.startswith(why)
    assert found.record is None


@pytest.mark.rule("VAF-11")
def test_near_is_two_percent_of_the_median_and_not_a_cent_more():
    wide = replace(VA, spread=Decimal("0.05"))

    def standing(hashkey):
        return agreed(said(hashkey=hashkey, a="100000", b="100000", c="100000"), rule=wide).standing

    assert standing("102000") == Standing.AGREED
    assert standing("102000.01") == Standing.FALLBACK


@pytest.mark.rule("VAF-12")
def test_two_sources_with_the_platform_among_them_give_a_thin_price():
    found = agreed(said(hashkey="525000", osl="524000"))

    assert (found.value, found.standing) == (525_000, Standing.THIN)
    assert found.why == "2 of 3 sources needed agree"


@pytest.mark.parametrize(
    ("quotes", "why"),
    [
        (said(hashkey="525000"), "1 of 3 sources needed are fresh"),
        (said(osl="525000", kraken="525000"), "hashkey is not among them"),
        (said(hashkey="525000", osl="510000"), "they are apart"),
        ([], "0 of 3"),
    ],
)
def test_with_less_there_is_none(quotes, why):
    found = agreed(quotes)

    assert type(found) is NoPrice
    assert why in found.reason


def test_three_that_disagree_wholly_prove_nothing():
    assert isinstance(agreed(said(hashkey="525000", osl="350000", kraken="700000")), NoPrice)


def test_a_venue_with_two_pairs_has_one_voice():
    two = [quote("osl", "525000", venue="osl"), quote("osl-hkd", "525100", venue="osl")]

    found = agreed([*two, *said(hashkey="525000")])
    assert found.standing == Standing.THIN
    assert {each.quote.source for each in found.dropped} == {"osl-hkd"}

    torn = [two[0], quote("osl-hkd", "560000", venue="osl")]
    found = agreed([*torn, *said(hashkey="525000", kraken="525000", coinbase="525000")])
    assert [each.source for each in found.used] == ["coinbase", "hashkey", "kraken"]
    assert {each.why for each in found.dropped} == {"its venue contradicts itself"}


def test_a_last_resort_is_heard_where_the_others_are_too_few_and_only_there():
    last_resort = quote("binance", "524500", is_last_resort=True)

    enough = agreed([*said(hashkey="525000", osl="525000", kraken="525000"), last_resort])
    assert "binance" not in {each.source for each in enough.used}
    few = agreed([*said(hashkey="525000", osl="525000"), last_resort])
    assert few.standing == Standing.AGREED
    assert "binance" in {each.source for each in few.used}


def test_a_rate_outside_the_peg_waits_for_people():
    rate = Rule(min_sources=1, least=Decimal("7.75"), most=Decimal("7.85"))

    def found(price):
        return agree([quote("ecb", price, asset="USD")], now=NOW, last=None, rule=rate)

    assert isinstance(found("7.75"), Agreed)
    assert isinstance(found("7.85"), Agreed)
    assert isinstance(found("7.7499"), HeldBack)
    assert isinstance(found("7.8501"), HeldBack)


@given(
    st.dictionaries(st.sampled_from(("hashkey", *OTHERS)), calm, min_size=3),
    st.sampled_from(("hashkey", *OTHERS)),
    any_price,
)
def test_one_liar_among_at_least_three_honest_ones_moves_no_price_out_of_their_range(
    honest, liar, lie
):
    honest.pop(liar, None)
    if len(honest) < 3:
        return
    found = agreed([*said(**honest), quote(liar, lie)])

    if isinstance(found, Agreed):
        middle = sorted(honest.values())[len(honest) // 2]
        assert abs(found.value - middle) <= Decimal("0.03") * middle


@given(st.lists(any_price, max_size=5), st.booleans())
def test_an_agreed_price_is_the_platforms_or_the_median_of_those_heard(prices, with_platform):
    names = ("hashkey", *OTHERS) if with_platform else OTHERS
    quotes = [quote(name, price) for name, price in zip(names, prices, strict=False)]
    found = agreed(quotes)

    if isinstance(found, Agreed):
        heard = sorted(each.price for each in found.used)
        assert heard[0] <= found.value <= heard[-1]
        assert (found.record is None) == (found.standing == Standing.FALLBACK)
        assert {each.source for each in found.used} | {
            each.quote.source for each in found.dropped
        } == {each.source for each in quotes}


# --- Shares --------------------------------------------------------------------------------------


def share(*prices, reference="15.1", suspended=False):
    quotes = [quote(f"feed{nth}", price, asset="0700") for nth, price in enumerate(prices)]
    close = reference and Close(date(2026, 3, 3), Decimal(reference), suspended)
    return agree_on_share(quotes, reference=close, now=NOW, rule=SHARE)


def test_a_share_is_priced_by_its_feed_while_it_is_near_yesterdays_file():
    assert (share("15.9").value, share("15.9").standing) == (Decimal("15.9"), Standing.AGREED)
    assert isinstance(share("17.365"), Agreed)
    assert isinstance(share("12.835"), Agreed)


@pytest.mark.parametrize("moved", ["17.3651", "12.8349", "1.51", "151"])
def test_a_move_beyond_what_is_believed_has_no_price_until_a_second_source_says_so(moved):
    found = share(moved)
    assert isinstance(found, HeldBack)
    assert found.value == Decimal(moved)
    assert "15.1 in the file of 2026-03-03" in found.reason

    seconded = share(moved, moved)
    assert seconded.value == Decimal(moved)
    assert "a second source says so" in seconded.why


def test_two_feeds_that_contradict_each_other_are_none():
    assert isinstance(share("15.1", "16.1"), HeldBack)


def test_a_share_without_a_file_is_thin_and_a_suspended_one_has_no_price():
    assert share("15.1", reference=None).standing == Standing.THIN
    assert "suspended" in share("15.1", suspended=True).reason
    assert "no licensed source" in share().reason


# --- Recorded bad prints -------------------------------------------------------------------------

PRINTS = Path(__file__).with_name("bad_prints")


def rows(name):
    with (PRINTS / name).open(newline="") as file:
        return list(csv.DictReader(file))


def day_of(name, day):
    return next(row for row in rows(name) if row["date"] == day)


def test_bitcoin_at_six_cents_was_recorded_and_is_no_price():
    bad = day_of("btc-usd-coinbase-2017-04.csv", "2017-04-15")
    assert Decimal(bad["low"]) == Decimal("0.06")
    close = Decimal(bad["close"])
    good = [quote(name, close * Decimal("7.77")) for name in ("hashkey", "kraken", "bitstamp")]
    printed = quote("coinbase", Decimal(bad["low"]) * Decimal("7.77"))

    found = agreed([*good, printed])
    assert found.value == close * Decimal("7.77")
    assert [each.quote.source for each in found.dropped] == ["coinbase"]
    # Were it everybody's, it would still wait for people.
    everybody = [replace(each, price=printed.price) for each in good]
    assert isinstance(agreed(everybody, last=close * Decimal("7.77")), HeldBack)
    # Of two or of one it is none either.
    assert isinstance(agreed([good[0], printed]), NoPrice)


def test_tencent_at_a_tenth_was_recorded_and_is_no_price():
    name = "hk-0700-2009-07.csv"
    bad, before = day_of(name, "2009-07-07"), day_of(name, "2009-07-06")
    assert Decimal(bad["low"]).quantize(Decimal("0.01")) == Decimal("1.51")

    assert isinstance(share(bad["low"], reference=before["close"]), HeldBack)
    assert isinstance(share(bad["close"], reference=before["close"]), Agreed)


def test_every_other_recorded_price_of_those_weeks_is_one():
    last = None
    for row in rows("btc-usd-coinbase-2017-04.csv"):
        for field in ("open", "high", "low", "close"):
            price = Decimal(row[field])
            dice = random.Random(row["date"] + field)
            quotes = [
                quote(name, (price * (1 + Decimal(dice.randint(-50, 50)) / 10_000)).quantize(price))
                for name in ("hashkey", *OTHERS)
            ]
            found = agreed(quotes, last=last)
            if (row["date"], field) == ("2017-04-15", "low"):
                assert isinstance(found, HeldBack)
            else:
                assert found.standing == Standing.AGREED
                last = found.value
