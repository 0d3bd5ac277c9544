"""The demonstration's feed: a crash that plays in real time and never ends."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.replay.demo_feed import (
    BEGINS,
    LIVES,
    FeedAnchor,
    NothingPlays,
    PlayedFeed,
    recording,
    sources,
)
from broker.replay.demo_history import NotADemonstration, ensure_demonstration
from collateral.prices.quote import SourceUnavailable
from onboarding.clients import Client
from tests.factories import NOON, staff

SPEED = 120


@pytest.fixture
def anchor():
    return FeedAnchor(real_at=NOON, recorded_at=BEGINS, speed=SPEED)


def test_a_price_is_observed_now_and_lives_in_real_time(anchor):
    now = NOON + timedelta(minutes=1)
    quote = PlayedFeed(anchor.played_at).quote("BTC", now=now)

    assert (quote.observed_at, quote.fresh_until) == (now, now + LIVES)
    # Two hours into the recording: between its low and its high of that minute.
    candle = next(
        each
        for each in recording().series["BTC"].candles
        if each.opened_at == BEGINS + timedelta(minutes=119)
    )
    usd = quote.price / recording().usd_hkd.at(BEGINS.date())
    assert candle.low <= usd.quantize(Decimal("0.01")) <= candle.high


def test_the_dollar_is_the_recorded_one(anchor):
    quote = PlayedFeed(anchor.played_at).quote("USD", now=NOON)

    assert quote.price == recording().usd_hkd.at(BEGINS.date())


def test_what_is_not_in_the_recording_has_no_price(anchor):
    with pytest.raises(SourceUnavailable):
        PlayedFeed(anchor.played_at).quote("DOGE", now=NOON)


@given(st.integers(min_value=0, max_value=10**8), st.integers(min_value=1, max_value=10_000))
def test_whatever_the_time_and_the_speed_a_moment_of_the_recording_plays(seconds, speed):
    anchor = FeedAnchor(real_at=NOON, recorded_at=BEGINS, speed=speed)

    then = anchor.played_at(NOON + timedelta(seconds=seconds))

    assert BEGINS <= then < recording().ends_at


def test_every_asset_is_priced_at_every_round_of_a_whole_turn_and_never_steps_too_far(anchor):
    feed = PlayedFeed(anchor.played_at)
    turn = (recording().ends_at - BEGINS) / SPEED
    last = {}
    for number in range(int(turn / timedelta(seconds=5)) + 24):
        now = NOON + number * timedelta(seconds=5)
        for asset in (*recording().series, "USD"):
            price = feed.quote(asset, now=now).price
            before = last.get(asset, price)
            assert abs(price - before) <= Decimal("0.3") * before, (asset, now)
            last[asset] = price


@pytest.mark.django_db
def test_without_a_beginning_nothing_plays():
    with pytest.raises(NothingPlays, match="manage.py demo"):
        sources()


@pytest.mark.django_db
def test_a_house_that_is_not_the_demonstrations_is_left_alone():
    staff()

    with pytest.raises(NotADemonstration, match="holds a house already"):
        ensure_demonstration(now=NOON)
    assert not Client.objects.exists()


def test_the_recording_is_laid_out_once_a_process():
    assert recording() is recording()
