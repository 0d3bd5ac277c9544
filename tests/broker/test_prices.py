"""`manage.py prices` and `manage.py price_file`: what is said now, and a file taken in."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from broker.management.commands import prices as command
from broker.replay.demo_feed import BEGINS, FeedAnchor
from collateral.assets import Asset
from collateral.prices.daily_file import DailyFile
from collateral.prices.feed import live_feed
from collateral.prices.live import LiveFeed
from collateral.prices.price import Price
from collateral.prices.spot import USD, Pair
from collateral.prices.venue_health import VenueHealth
from tests.collateral.prices.conftest import httpserver, venue_server  # noqa: F401 - fixtures
from tests.collateral.prices.sources.venues import EMULATED, FakeVenue
from tests.factories import NOON, house

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(time_machine, settings):
    time_machine.move_to(NOON, tick=False)
    settings.FEED = "live"
    live_feed.cache_clear()
    house()


@pytest.fixture
def venues(monkeypatch, httpserver):  # noqa: F811
    """The five venues and the bank, all on this machine, and the feed that asks them."""
    own = [
        each
        for each in EMULATED
        if each.pair in (Pair("BTC", USD), Pair(USD, "HKD")) and each.currency != "HKD"
    ]
    fakes = {each.name: FakeVenue(httpserver, each) for each in own}
    feed = LiveFeed(
        [each.emulated.source(each.url) for each in fakes.values()],
        "hashkey",
        timedelta(seconds=2),
    )
    monkeypatch.setattr(command, "open_feed", lambda: feed)
    return fakes


def said(capsys, *arguments):
    call_command("prices", "--json", *arguments)
    return json.loads(capsys.readouterr().out)


@pytest.mark.rule("VAF-11")
def test_every_source_is_shown_with_its_age_and_verdict(venues, capsys):
    venues["coinbase"].bodies = venues["coinbase"].emulated.say(bid='"60000"', ask='"60001"')
    venues["bitstamp"].bodies = (b"<html>", b"")
    VenueHealth.objects.create(venue="bitstamp", since=NOON)

    report = said(capsys, "--asset", "BTC")

    lines = {each["source"]: each for each in report["sources"]}
    assert lines["hashkey"]["verdict"] == "of record"
    assert (lines["hashkey"]["said"], lines["hashkey"]["age"]) == ("68001.0", 0)
    assert lines["hashkey"]["hkd"] == "531767.82000000"
    assert lines["kraken"]["verdict"] == "heard"
    assert "from the median" in lines["coinbase"]["verdict"]
    assert "no JSON" in lines["bitstamp"]["verdict"]
    [outcome] = report["prices"]
    assert outcome == {
        "asset": "BTC",
        "price": "531767.82000000",
        "standing": "agreed",
        "why": "",
    }
    assert report["venues"] == [{"venue": "bitstamp", "state": "normal", "why": ""}]
    # It looks, and keeps nothing.
    assert not Price.objects.exists()


def test_it_is_a_table_for_people(venues, capsys):
    call_command("prices")

    out = capsys.readouterr().out
    assert "What each source says" in out
    assert "hashkey" in out
    assert "of record" in out


def test_a_recording_is_shown_too(settings, capsys):
    settings.FEED = "recorded"
    FeedAnchor.objects.create(real_at=NOON, recorded_at=BEGINS, speed=1)

    report = said(capsys)

    assert {each["asset"] for each in report["prices"]} >= {"BTC", "ETH"}
    assert {each["source"] for each in report["sources"]} == {"crash-2024-08"}


def test_nothing_that_plays_and_nothing_that_is_there_are_said_in_words(settings):
    settings.FEED = "recorded"
    with pytest.raises(CommandError, match="plays what"):
        call_command("prices")

    settings.FEED = "live"
    settings.LIVE_FEED = {**settings.LIVE_FEED, "names": ["mtgox"]}
    with pytest.raises(CommandError, match="mtgox"):
        call_command("prices")


def test_a_file_is_taken_in_or_refused_with_its_line(tmp_path, capsys):
    path = tmp_path / "closes.csv"
    header = "trade_date,stock_code,isin,currency,close,nominal,suspended\n"
    path.write_text(f"{header}2026-03-03,700,X,HKD,512.50,0,N\n")

    call_command("price_file", str(path))
    assert "1 of our shares" in capsys.readouterr().out
    assert DailyFile.objects.get().rows == [["0700", "512.50", "N"]]
    assert Asset.objects.filter(code="0700").exists()

    path.write_text(f"{header}2026-03-03,700,X,HKD,0,0,N\n")
    with pytest.raises(CommandError, match=r"closes\.csv:2"):
        call_command("price_file", str(path))
