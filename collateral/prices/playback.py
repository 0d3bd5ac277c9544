"""Recorded candles played as the prices of each moment. Pure."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal
from typing import TypeVar

from collateral.prices.candles import Candle, DailySeries, Day, Series
from collateral.prices.market_hours import next_session, session
from collateral.prices.quote import BadQuote, usable_price

PRICE_STEP = Decimal("0.00000001")
VOLUME_STEP = Decimal("0.00000001")

Bar = TypeVar("Bar", Candle, Day)

WIDE = Context(prec=60)  # For a product or a quotient that is rounded by name in the same line.


class OutOfScale(ValueError):
    """A scale that is not positive, or that takes a price out of what a price may be."""


@dataclass(frozen=True, slots=True)
class Tick:
    """
    One price of one moment: `price` in `currency` for a unit of `asset`, from `at` (UTC) on.

    Usable to `fresh_until`, included. `volume_per_minute`: units of the asset, rounded down.
    """

    asset: str
    at: datetime
    price: Decimal
    currency: str
    volume_per_minute: Decimal
    fresh_until: datetime


def playback(series: Series | DailySeries) -> Iterator[Tick]:
    """
    The ticks of a series, strictly ascending in time.

    An intraday candle gives four, at 1/4, 2/4, 3/4 and 4/4 of its step after its opening time:
    the open, the extreme nearer to the open, the other one, the close. A tie of the extremes
    plays the low first. A tick is fresh for a step and a quarter of its source: across one
    missing candle the next tick comes just in time, across two the asset is stale.

    A day of a share gives two, the open when the session opens (09:30 in Hong Kong) and the
    close when it closes (16:00, on half days 12:00), fresh until the next trading day's close.
    """
    days = isinstance(series, DailySeries)
    return _ticks_of_days(series) if days else _ticks_of_candles(series)


def timeline(series: Iterable[Series | DailySeries]) -> Iterator[Tick]:
    """The ticks of several series in one stream, by time and then by asset."""
    streams = [playback(each) for each in series]
    return heapq.merge(*streams, key=lambda tick: (tick.at, tick.asset))


def scaled(series: Series | DailySeries, scale: Decimal) -> Series | DailySeries:
    """
    The same history with every log return between played prices multiplied by `scale`.

    The first open stays; a price `p` becomes `first * (p / first) ** scale`, so each return from
    one played price to the next is scaled, and order within a candle is kept. Rounded half-even
    to eight places; `scale` 1 gives the series back untouched. Volumes and times stay.

    :raises OutOfScale: `scale` is not above 0, or a price leaves what `usable_price` accepts
    """
    if not scale.is_finite() or scale <= 0:
        raise OutOfScale(f"a scale must be above 0, not {scale}")
    if scale == 1:
        return series
    bars = series.days if isinstance(series, DailySeries) else series.candles
    known: dict[Decimal, Decimal] = {}
    new = tuple(_scaled_bar(bar, bars[0].open, scale, known) for bar in bars)
    if isinstance(series, DailySeries):
        return replace(series, days=new)
    return replace(series, candles=new)


def played(candle: Candle) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """The four prices of a candle in the order they are played."""
    low_is_nearer = candle.open - candle.low <= candle.high - candle.open
    extremes = (candle.low, candle.high) if low_is_nearer else (candle.high, candle.low)
    return candle.open, *extremes, candle.close


def _ticks_of_candles(series: Series) -> Iterator[Tick]:
    lifetime = series.step * 5 / 4
    for candle in series.candles:
        volume = _per_minute(candle.volume, series.step)
        for nth, price in enumerate(played(candle), start=1):
            at = candle.opened_at + series.step * nth / 4
            yield Tick(series.asset, at, price, series.currency, volume, at + lifetime)


def _ticks_of_days(series: DailySeries) -> Iterator[Tick]:
    for day in series.days:
        hours = session(day.date)
        if hours is None:
            raise ValueError(f"{series.asset}: {day.date} was not a trading day in Hong Kong")
        volume = _per_minute(day.volume, hours.length)
        fresh_until = next_session(day.date).closes_at.astimezone(UTC)
        for at, price in ((hours.opens_at, day.open), (hours.closes_at, day.close)):
            yield Tick(series.asset, at.astimezone(UTC), price, "HKD", volume, fresh_until)


def _per_minute(volume: Decimal, length: timedelta) -> Decimal:
    """Rounded down: a venue is rather thought shallower than deeper."""
    seconds = Decimal(length // timedelta(milliseconds=1)) / 1000
    exact = WIDE.divide(volume * 60, seconds)
    return exact.quantize(VOLUME_STEP, rounding=ROUND_DOWN, context=WIDE)


def _scaled_bar(bar: Bar, first: Decimal, scale: Decimal, known: dict[Decimal, Decimal]) -> Bar:
    for price in (bar.open, bar.high, bar.low, bar.close):
        if price not in known:
            known[price] = _scaled_price(price, first, scale)
    return replace(
        bar,
        open=known[bar.open],
        high=known[bar.high],
        low=known[bar.low],
        close=known[bar.close],
    )


def _scaled_price(price: Decimal, first: Decimal, scale: Decimal) -> Decimal:
    ratio = WIDE.divide(price, first)
    moved = WIDE.multiply(first, WIDE.exp(WIDE.multiply(scale, WIDE.ln(ratio))))
    try:
        return usable_price(moved.quantize(PRICE_STEP, rounding=ROUND_HALF_EVEN, context=WIDE))
    except (BadQuote, ArithmeticError) as error:
        raise OutOfScale(f"scale {scale} takes {price} out of range") from error
