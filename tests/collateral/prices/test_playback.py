"""A candle is played as four prices of its own, each after the one before."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from collateral.prices.candles import Candle, DailySeries, Day, Series
from collateral.prices.playback import OutOfScale, playback, played, scaled, timeline

START = datetime(2024, 8, 5, tzinfo=UTC)
STEP = timedelta(minutes=5)

prices = st.decimals(min_value="50", max_value="200", places=2)


def candle(opened, high, low, closed, *, nth=0, volume="10") -> Candle:
    return Candle(START + nth * STEP, *map(Decimal, (opened, high, low, closed, volume)))


@st.composite
def serieses(draw) -> Series:
    places = sorted(draw(st.sets(st.integers(0, 20), min_size=1, max_size=6)))
    candles = []
    for nth in places:
        four = draw(st.lists(prices, min_size=4, max_size=4))
        candles.append(candle(four[0], max(four), min(four), four[1], nth=nth))
    return Series("BTC", STEP, tuple(candles))


@pytest.mark.parametrize(
    ("four", "order"),
    [
        ((100, 103, 90, 95), (100, 103, 90, 95)),
        ((100, 120, 99, 110), (100, 99, 120, 110)),
        ((100, 110, 90, 105), (100, 90, 110, 105)),  # A tie plays the low first.
        ((100, 100, 100, 100), (100, 100, 100, 100)),
    ],
)
def test_the_nearer_extreme_is_played_first(four, order):
    assert played(candle(*four)) == tuple(map(Decimal, order))


def test_a_candle_is_played_over_its_interval_and_each_price_lives_a_step_and_a_quarter():
    ticks = list(playback(Series("BTC", STEP, (candle(100, 103, 90, 95),))))

    assert [tick.at - START for tick in ticks] == [STEP / 4, STEP / 2, STEP * 3 / 4, STEP]
    assert {tick.fresh_until - tick.at for tick in ticks} == {timedelta(seconds=375)}
    assert {tick.volume_per_minute for tick in ticks} == {Decimal(2)}
    assert {tick.currency for tick in ticks} == {"USD"}


def test_volume_per_minute_is_rounded_down():
    [tick, *_] = playback(Series("BTC", timedelta(minutes=3), (candle(1, 1, 1, 1, volume="2"),)))

    assert tick.volume_per_minute == Decimal("0.66666666")


def test_an_asset_outlives_one_missing_candle_and_not_two():
    last = list(playback(Series("BTC", STEP, (candle(1, 1, 1, 1),))))[-1]
    after_one, after_two = (START + nth * STEP + STEP / 4 for nth in (2, 3))

    assert after_one <= last.fresh_until < after_two


@given(serieses())
def test_ticks_ascend_strictly_and_stay_within_their_candle(series):
    ticks = list(playback(series))

    assert len(ticks) == 4 * len(series.candles)
    assert all(one.at < two.at for one, two in zip(ticks, ticks[1:], strict=False))
    for nth, bar in enumerate(series.candles):
        four = ticks[4 * nth : 4 * nth + 4]
        assert all(bar.low <= tick.price <= bar.high for tick in four)
        assert {bar.low, bar.high} <= {tick.price for tick in four}
        assert all(bar.opened_at < tick.at <= bar.opened_at + STEP for tick in four)
        assert (four[0].price, four[3].price) == (bar.open, bar.close)


@given(st.lists(serieses(), max_size=3))
def test_a_timeline_is_every_tick_in_order(several):
    ticks = list(timeline(several))

    assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)
    assert len(ticks) == sum(4 * len(series.candles) for series in several)


@given(serieses())
def test_scale_one_is_identity(series):
    assert scaled(series, Decimal(1)) == series


@given(serieses(), st.sampled_from(["0.5", "1.000001", "1.5", "2"]))
def test_scaling_keeps_the_first_price_the_times_and_the_shape_of_each_candle(series, scale):
    new = scaled(series, Decimal(scale))

    assert new.candles[0].open == series.candles[0].open
    for before, after in zip(series.candles, new.candles, strict=True):
        assert (after.opened_at, after.volume) == (before.opened_at, before.volume)
        assert 0 < after.low <= after.open <= after.high
        assert after.low <= after.close <= after.high
        assert after.close.as_tuple().exponent >= -8


@given(serieses())
def test_each_return_between_played_prices_is_scaled(series):
    before = [tick.price for tick in playback(series)]
    after = [tick.price for tick in playback(scaled(series, Decimal(2)))]
    assume(len(set(before)) > 1)

    moves = zip(before, before[1:], sorted_like(before, after), strict=False)
    for earlier, later, (new_earlier, new_later) in moves:
        wanted = 2 * (later / earlier).ln()
        assert abs((new_later / new_earlier).ln() - wanted) < Decimal("1e-7")


def sorted_like(before, after):
    """Pairs of scaled prices for the pairs of `before`: a wide move may swap the extremes."""
    new = dict(zip(sorted(before), sorted(after), strict=True))
    return [(new[one], new[two]) for one, two in zip(before, before[1:], strict=False)]


def test_a_fall_by_half_scaled_twice_is_a_fall_to_a_quarter():
    series = Series("BTC", STEP, (candle(100, 100, 50, 50),))

    assert scaled(series, Decimal(2)).candles[0].close == Decimal("25.00000000")


@pytest.mark.parametrize("scale", ["0", "-1", "NaN", "Infinity", "500"])
def test_a_scale_that_cannot_be_is_refused(scale):
    series = Series("BTC", STEP, (candle(100, 100, 50, 50),))

    with pytest.raises(OutOfScale):
        scaled(series, Decimal(scale))


def day(on, opened, closed, volume="3300") -> Day:
    low, high = sorted((Decimal(opened), Decimal(closed)))
    return Day(on, Decimal(opened), high, low, Decimal(closed), Decimal(volume))


def test_a_share_plays_its_open_and_close_and_lives_to_the_next_close():
    friday, monday = date(2024, 8, 2), date(2024, 8, 5)
    ticks = list(playback(DailySeries("0700", (day(friday, 370, 366), day(monday, 360, 350)))))

    assert [(tick.at, tick.price) for tick in ticks] == [
        (datetime(2024, 8, 2, 1, 30, tzinfo=UTC), 370),
        (datetime(2024, 8, 2, 8, tzinfo=UTC), 366),
        (datetime(2024, 8, 5, 1, 30, tzinfo=UTC), 360),
        (datetime(2024, 8, 5, 8, tzinfo=UTC), 350),
    ]
    assert ticks[1].fresh_until == ticks[3].at
    assert ticks[3].fresh_until == datetime(2024, 8, 6, 8, tzinfo=UTC)
    assert {(tick.currency, tick.volume_per_minute) for tick in ticks} == {("HKD", 10)}


def test_on_a_half_day_the_close_is_played_at_noon():
    [_, close] = playback(DailySeries("0700", (day(date(2024, 12, 24), 400, 402, "1500"),)))

    assert close.at == datetime(2024, 12, 24, 4, tzinfo=UTC)
    assert close.volume_per_minute == 10
    assert close.fresh_until == datetime(2024, 12, 27, 8, tzinfo=UTC)


def test_days_are_scaled_like_candles():
    days = (day(date(2024, 8, 2), 100, 100), day(date(2024, 8, 5), 100, 50))

    new = scaled(DailySeries("0700", days), Decimal(2))

    assert [one.close for one in new.days] == [Decimal(100), Decimal(25)]


def test_a_day_without_trading_cannot_be_played():
    with pytest.raises(ValueError, match="2024-08-04 was not a trading day"):
        list(playback(DailySeries("0700", (day(date(2024, 8, 4), 1, 1),))))
