"""Candles: what a market did in each interval, and the files they come in. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from collateral.prices.market_hours import session
from collateral.prices.price_file import (
    BadPriceFile,
    check_ascending,
    date_in,
    price_in,
    rows_of,
    time_in,
    volume_in,
)

PRICES = ("open", "high", "low", "close")
INTRADAY = ("timestamp", *PRICES, "volume")
DAILY = ("date", *PRICES, "volume")

SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Candle:
    """
    One interval of trading, from `opened_at` (UTC) on; `volume` in units of the asset.

    0 < low <= open, close <= high. It is known only when the interval has passed.
    """

    opened_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True)
class Day:
    """One trading day of a share in Hong Kong; prices in HKD, `volume` in shares."""

    date: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True)
class Series:
    """
    Candles of `asset`, strictly ascending, each `step` long, prices in `currency`.

    A candle may be missing; all gaps are whole steps.
    """

    asset: str
    step: timedelta
    candles: Sequence[Candle]
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class DailySeries:
    """Trading days of the share `asset`, strictly ascending, in HKD."""

    asset: str
    days: Sequence[Day]

    def between(self, first: date, last: date) -> "DailySeries":
        """
        The days from `first` to `last`, and the trading day before them, if it is there.

        That day's close is the price a market that never shuts finds at the start of `first`.
        """
        before = [day for day in self.days if day.date < first][-1:]
        inside = [day for day in self.days if first <= day.date <= last]
        return replace(self, days=(*before, *inside))


def read_candles(path: Path | str, *, asset: str, currency: str = "USD") -> Series:
    """
    The intraday series in a file `timestamp,open,high,low,close,volume`, plain or gzip.

    `timestamp` is a candle's opening time, ISO 8601 with a zone; `volume` is in the asset. The
    step is the smallest gap between two candles, from a second to a day. Nothing is repaired.

    :raises BadPriceFile: with file, line and reason; every row is read before this returns
    """
    candles: list[Candle] = []
    lines: list[int] = []
    for line, row in rows_of(path, INTRADAY):
        opened_at = time_in(row, path=path, line=line)
        check_ascending(candles[-1].opened_at if candles else None, opened_at, path=path, line=line)
        candles.append(Candle(opened_at, *_traded(row, path=path, line=line)))
        lines.append(line)
    step = _step_of(candles, lines, path=path)
    return Series(asset, step, tuple(candles), currency)


def read_days(path: Path | str, *, asset: str) -> DailySeries:
    """
    The trading days in a file `date,open,high,low,close,volume`, plain or gzip.

    `date` is a trading day of the Hong Kong exchange: a row on any other day is refused, for its
    prices are the day's before. Public share files hold such rows, and rows whose open or close
    lies outside the day: cut them before recording, nothing is repaired here.

    :raises BadPriceFile: with file, line and reason; every row is read before this returns
    """
    days: list[Day] = []
    for line, row in rows_of(path, DAILY):
        day = date_in(row, path=path, line=line)
        check_ascending(days[-1].date if days else None, day, path=path, line=line)
        if session(day) is None:
            raise BadPriceFile(path, line, f"{day} was not a trading day in Hong Kong")
        days.append(Day(day, *_traded(row, path=path, line=line)))
    return DailySeries(asset, tuple(days))


def _traded(row: dict[str, str], *, path: Path | str, line: int) -> tuple[Decimal, ...]:
    """Open, high, low, close and volume of one row, consistent with one another."""
    opened, high, low, closed = (price_in(row, name, path=path, line=line) for name in PRICES)
    if high < low:
        raise BadPriceFile(path, line, f"high {high} is below low {low}")
    for name, price in (("open", opened), ("close", closed)):
        if not low <= price <= high:
            raise BadPriceFile(path, line, f"{name} {price} is outside low {low} to high {high}")
    return opened, high, low, closed, volume_in(row, path=path, line=line)


def _step_of(candles: list[Candle], lines: list[int], *, path: Path | str) -> timedelta:
    if len(candles) < 2:
        raise BadPriceFile(path, lines[0], "one candle alone does not tell how long it is")
    gaps = [
        later.opened_at - earlier.opened_at
        for earlier, later in zip(candles, candles[1:], strict=False)
    ]
    step = min(gaps)
    if not SHORTEST <= step <= LONGEST:
        line = lines[gaps.index(step) + 1]
        raise BadPriceFile(path, line, f"candles {step} apart: a second to a day is read")
    for gap, line in zip(gaps, lines[1:], strict=True):
        if gap % step:
            raise BadPriceFile(path, line, f"{gap} after the row above is no multiple of {step}")
    return step
