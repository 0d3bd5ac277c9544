"""A recording quotes what was true then, in Hong Kong dollars, at any speed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.prices.candles import Candle, DailySeries, Day, Series
from collateral.prices.consensus import RECORDED, Agreed, HeldBack, NoPrice, agree
from collateral.prices.fx import MissingRate, UsdHkd
from collateral.prices.playback import playback
from collateral.prices.quote import SourceUnavailable
from collateral.prices.sources.recorded import RecordedSource

START = datetime(2024, 8, 5, tzinfo=UTC)
STEP = timedelta(minutes=4)
TODAY = datetime(2026, 3, 2, 9, 0, 0, 1, tzinfo=UTC)
RATES = UsdHkd({date(2024, 8, 5): Decimal("7.7942")})

BTC = Series(
    "BTC",
    STEP,
    tuple(
        Candle(START + nth * STEP, *map(Decimal, four), Decimal(8))
        for nth, four in enumerate([(100, 103, 90, 95), (95, 96, 80, 81)])
    ),
)
TENCENT = DailySeries(
    "0700", (Day(date(2024, 8, 5), *map(Decimal, (360, 361, 345, 350, 330_000))),)
)


def source(**anchors) -> RecordedSource:
    return RecordedSource({"BTC": BTC, "0700": TENCENT}, RATES, **anchors)


def minutes(count) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.rule("VAF-11")
def test_a_quote_is_the_last_played_price_at_the_rate_of_its_day():
    quote = source().quote("BTC", now=START + minutes(2.5))

    assert (quote.source, quote.asset, quote.currency) == ("recorded", "BTC", "HKD")
    assert quote.price == Decimal("802.80260000")
    assert quote.observed_at == START + minutes(2)
    assert quote.fresh_until == START + minutes(7)
    assert quote.volume_per_minute == 2


def test_a_price_is_not_known_before_it_is_played():
    with pytest.raises(SourceUnavailable, match="no BTC yet") as refusal:
        source().quote("BTC", now=START + minutes(1) - timedelta(microseconds=1))
    assert refusal.value.retry

    assert source().quote("BTC", now=START + minutes(1)).observed_at == START + minutes(1)


def test_an_asset_that_is_not_recorded_is_not_asked_again():
    with pytest.raises(SourceUnavailable, match="no DOGE in the recording") as refusal:
        source().quote("DOGE", now=START)
    assert not refusal.value.retry


def test_a_share_is_quoted_as_it_is():
    quote = source().quote("0700", now=datetime(2024, 8, 5, 8, tzinfo=UTC))

    assert quote.price == Decimal(350)
    assert quote.volume_per_minute == 1000


def test_after_its_end_a_recording_is_stale_and_is_no_price():
    quote = source().quote("BTC", now=START + minutes(60))

    outcome = agree([quote], now=START + minutes(60), last=quote.price, rule=RECORDED)

    assert isinstance(outcome, NoPrice)
    assert outcome.dropped[0].why == "stale"


def test_a_day_without_a_rate_is_not_guessed():
    alone = RecordedSource({"BTC": BTC}, UsdHkd({}))

    with pytest.raises(MissingRate, match="--usd-hkd 7.80"):
        alone.quote("BTC", now=START + STEP)


def test_a_recording_played_now_is_as_fresh_as_it_was_then():
    played = source(anchor_real=TODAY, anchor_recorded=START, speed=60)

    quote = played.quote("BTC", now=TODAY + timedelta(seconds=2.5))

    assert quote.price == Decimal("802.80260000")
    assert quote.observed_at == TODAY + timedelta(seconds=2)
    assert quote.fresh_until == TODAY + timedelta(seconds=7)


@given(
    st.integers(60_000_000, 480_000_000),
    st.one_of(st.just(1), st.decimals(min_value="0.1", max_value=5000, places=3)),
)
def test_a_quote_is_never_from_the_future_nor_older_than_the_last_tick(microseconds, speed):
    played = source(anchor_real=TODAY, anchor_recorded=START, speed=speed)
    then = START + timedelta(microseconds=microseconds)
    due = [tick for tick in playback(BTC) if tick.at <= then]
    now = played.as_quote(due[-1]).observed_at

    quote = played.quote("BTC", now=now)

    assert quote.observed_at == now
    assert quote.price == played.as_quote(due[-1]).price


@pytest.mark.parametrize(
    "wrong",
    [
        {"anchor_real": TODAY},
        {"anchor_recorded": START},
        {"speed": 2},
        {"anchor_real": TODAY, "anchor_recorded": START, "speed": 0},
        {"anchor_real": TODAY, "anchor_recorded": START, "speed": -1},
    ],
)
def test_half_an_anchor_and_a_standing_clock_are_refused(wrong):
    with pytest.raises(ValueError, match="anchor|speed"):
        source(**wrong)


@pytest.mark.parametrize(("last", "low"), [("1180", "0.06"), ("400", "4.00"), ("400", "4000.00")])
def test_a_bad_print_in_a_recording_never_becomes_a_price(last, low):
    four = [Decimal(last), max(Decimal(last), Decimal(low)), min(Decimal(last), Decimal(low))]
    bar = Candle(START, *four, Decimal(last), Decimal(1))
    printed = RecordedSource({"BTC": Series("BTC", STEP, (bar,))}, RATES)
    price, outcomes = None, []

    for tick in playback(Series("BTC", STEP, (bar,))):
        outcome = agree([printed.quote("BTC", now=tick.at)], now=tick.at, last=price, rule=RECORDED)
        outcomes.append(outcome)
        price = outcome.value if isinstance(outcome, Agreed) else price

    agreed = {one.value for one in outcomes if isinstance(one, Agreed)}
    assert agreed == {printed.quote("BTC", now=START + STEP).price}
    assert sum(isinstance(one, HeldBack) for one in outcomes) == 1
