"""A scenario: which prices are played, read to the last line before anything else happens."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from broker.replay.house import ASSETS, SHARES
from collateral.assets import Kind
from collateral.prices.candles import DailySeries, Series, read_candles
from collateral.prices.fx import UsdHkd, read_rates
from collateral.prices.playback import Tick, scaled, timeline
from collateral.prices.quote import BadQuote, Quote
from collateral.prices.recorded.windows import USD_HKD, load
from collateral.prices.sources.recorded import RecordedSource

DAY_IN_US = timedelta(days=1) // timedelta(microseconds=1)
PLAYABLE = {asset.code: asset for asset in (*ASSETS, *SHARES) if asset.kind != Kind.CASH}


class BadScenario(ValueError):
    """A scenario that cannot be played, and why."""


@dataclass(frozen=True, slots=True)
class Moment:
    """All quotes, in HKD, that came at one time."""

    at: datetime
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    `opening` is the price of each asset when the book is built, at `starts_at`; `moments` are what
    came after it, strictly ascending. `daily_volume`: units an asset traded in a day, on average.
    """

    name: str
    starts_at: datetime
    ends_at: datetime
    opening: Mapping[str, Quote]
    moments: Sequence[Moment]
    daily_volume: Mapping[str, Decimal]


def recorded(name: str, *, scale: Decimal = Decimal(1), usd_hkd: Decimal | None = None) -> Scenario:
    """
    The recorded window of that name, its log returns multiplied by `scale`.

    :raises UnknownWindow, BadPriceFile, OutOfScale, MissingRate, RateOutOfBand: see there
    :raises BadScenario: scaled out of what a price may be
    """
    recording = load(name).without_history()
    rates = recording.usd_hkd if usd_hkd is None else UsdHkd.fixed(usd_hkd)
    return _scenario(name, recording.series, rates, scale)


def from_files(
    paths: Mapping[str, Path], *, scale: Decimal = Decimal(1), usd_hkd: Decimal | None = None
) -> Scenario:
    """
    A scenario of candle files, one for each asset code; it is named by the files.

    :raises BadScenario: an asset the house does not accept, one without prices in the time that
        all of them share, or a price that cannot be one in HKD
    :raises BadPriceFile, OutOfScale, MissingRate, RateOutOfBand: see there
    """
    series = {}
    for code, path in paths.items():
        if code not in PLAYABLE:
            raise BadScenario(f"{code} is not collateral here; there are {', '.join(PLAYABLE)}")
        currency = "HKD" if PLAYABLE[code].kind == Kind.SHARE else "USD"
        series[code] = read_candles(path, asset=code, currency=currency)
    rates = read_rates(USD_HKD) if usd_hkd is None else UsdHkd.fixed(usd_hkd)
    return _scenario("+".join(path.name for path in paths.values()), series, rates, scale)


def _scenario(
    name: str,
    series: Mapping[str, Series | DailySeries],
    rates: UsdHkd,
    scale: Decimal,
) -> Scenario:
    played = {code: scaled(one, scale) for code, one in sorted(series.items())}
    intraday = [one for one in played.values() if isinstance(one, Series)]
    starts_at = max(one.candles[0].opened_at for one in intraday)
    ends_at = max(one.candles[-1].opened_at + one.step for one in intraday)
    source = RecordedSource({}, rates)
    opening: dict[str, Quote] = {}
    moments = []
    for at, ticks in groupby(timeline(played.values()), key=lambda tick: tick.at):
        quotes = tuple(_quote(source, tick) for tick in ticks)
        if at <= starts_at:
            opening |= {quote.asset: quote for quote in quotes}
        elif at <= ends_at:
            moments.append(Moment(at, quotes))
    _check_all_play(played, moments, starts_at)
    opening |= _first_prices(moments, opening, at=starts_at)
    return Scenario(
        name=name,
        starts_at=starts_at,
        ends_at=ends_at,
        opening=opening,
        moments=moments,
        daily_volume={code: _daily_volume(one) for code, one in played.items()},
    )


def _quote(source: RecordedSource, tick: Tick) -> Quote:
    try:
        return source.as_quote(tick)
    except BadQuote as error:
        raise BadScenario(f"{tick.asset} at {tick.at.isoformat()}, in HKD: {error}") from error


def _check_all_play(codes: Iterable[str], moments: Sequence[Moment], starts_at: datetime) -> None:
    """The book holds only what has prices while it is played."""
    playing = {quote.asset for moment in moments for quote in moment.quotes}
    if silent := sorted(set(codes) - playing):
        raise BadScenario(
            f"{', '.join(silent)}: no price after {starts_at.isoformat()}, when the last of the"
            " files begins"
        )


def _first_prices(
    moments: Sequence[Moment], known: Mapping[str, Quote], *, at: datetime
) -> Iterator[tuple[str, Quote]]:
    """An asset that has no price yet opens at its first one: a candle's open is known at once."""
    first: dict[str, Quote] = {}
    for moment in moments:
        for quote in moment.quotes:
            if quote.asset not in known and quote.asset not in first:
                first[quote.asset] = Quote(
                    source=quote.source,
                    asset=quote.asset,
                    currency=quote.currency,
                    price=quote.price,
                    observed_at=at,
                    fresh_until=quote.fresh_until,
                    volume_per_minute=quote.volume_per_minute,
                )
    return first.items()


def _daily_volume(series: Series | DailySeries) -> Decimal:
    """Units traded in a day on average, rounded down to whole units."""
    if isinstance(series, DailySeries):
        total, days = sum(day.volume for day in series.days), Decimal(len(series.days))
    else:
        total = sum(candle.volume for candle in series.candles)
        step_us = series.step // timedelta(microseconds=1)
        days = Decimal(len(series.candles) * step_us) / DAY_IN_US
    return total // days if days else Decimal(0)


def ticks(scenario: Scenario) -> int:
    """How many prices the scenario plays after its opening."""
    return sum(len(moment.quotes) for moment in scenario.moments)
