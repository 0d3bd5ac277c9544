"""The live feed: the venues the house listens to, all asked at once, their answers in HKD."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from django.core.exceptions import ImproperlyConfigured

from collateral.amounts import EXACT
from collateral.prices.fx import HIGHEST, LOWEST
from collateral.prices.quote import Quote, SourceUnavailable
from collateral.prices.sources.binance import Binance
from collateral.prices.sources.bitstamp import Bitstamp
from collateral.prices.sources.coinbase import Coinbase
from collateral.prices.sources.ecb import Ecb
from collateral.prices.sources.hashkey import HashKey
from collateral.prices.sources.http import Ask, Memory, fetch
from collateral.prices.sources.kraken import Kraken
from collateral.prices.sources.osl import Osl
from collateral.prices.sources.twelvedata import TwelveData
from collateral.prices.spot import HKD, USD, USDT, Adapter, Ages, Pair, Spot, TimeKind, quote_of

ADAPTERS: dict[str, type[Adapter]] = {
    adapter.name: adapter
    for adapter in (HashKey, Osl, Coinbase, Kraken, Bitstamp, Binance, Ecb, TwelveData)
}
# In what a venue's coins are asked for where nothing else is said.
CURRENCY = {Binance.name: USDT, Ecb.name: HKD, TwelveData.name: HKD}
LICENSED = (HashKey.name, Osl.name)


class NoSuchSource(ImproperlyConfigured):
    """A source is named that this version of the house has not, or one that may not execute."""


@dataclass(frozen=True, slots=True)
class Configured:
    """One adapter as the house uses it. `name` is its own, `venue` the adapter's."""

    name: str
    adapter: Adapter
    currency: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def venue(self) -> str:
        return self.adapter.name


@dataclass(frozen=True, slots=True)
class Answer:
    """What one source said of one asset: a quote, or why there is none. `said` in `currency`."""

    source: str
    venue: str
    asset: str
    currency: str
    said: Decimal | None = None
    quote: Quote | None = None
    why: str = ""
    has_hours: bool = False  # A market that shuts, or a figure of a day: old is not frozen.


@dataclass(slots=True)
class LiveFeed:
    """
    The sources, the platform that executes for clients, and how long anybody is waited for.

    It lives as long as its process and remembers who asked to be left alone.
    """

    sources: Sequence[Configured]
    executing: str
    timeout: timedelta
    memory: Memory = field(default_factory=Memory)

    def ask(
        self,
        codes: Iterable[str],
        *,
        ages: Ages,
        contracted: Decimal | None = None,
        known: Decimal | None = None,
        now: datetime,
    ) -> list[Answer]:
        """
        What every source says of every asset of `codes` that it quotes, in the order asked.

        US dollars are converted at the `contracted` rate, else at what the round itself says of
        them, else at the last rate `known`.
        """
        codes = list(codes)
        wanted = [
            (source, pair)
            for code in codes
            for source in self.sources
            if source.adapter.quotes(pair := Pair(code, source.currency))
        ]
        tether = self._tether() if any(pair.currency == USDT for _, pair in wanted) else None
        asked = [*wanted, tether] if tether else wanted
        bodies = fetch(
            [ask for source, pair in asked for ask in self._asks(source, pair)],
            self.memory,
            now=now,
        )
        spots = {one: self._spot(*one, bodies) for one in asked}
        rates = _rates(spots, contracted, known, tether)
        return [
            _answer(source, pair, spots[source, pair], rates, ages=ages, now=now)
            for source, pair in wanted
        ]

    def _asks(self, source: Configured, pair: Pair) -> list[Ask]:
        return [
            Ask(f"{source.url}{path.text}", self.timeout, path.holds, source.headers)
            for path in source.adapter.paths(pair)
        ]

    def _spot(
        self, source: Configured, pair: Pair, bodies: Mapping[Ask, bytes | SourceUnavailable]
    ) -> Spot | SourceUnavailable:
        said = [bodies[ask] for ask in self._asks(source, pair)]
        failed = next((each for each in said if isinstance(each, SourceUnavailable)), None)
        if failed:
            return failed
        try:
            return source.adapter.read(tuple(said), pair)
        except SourceUnavailable as error:
            return error

    def _tether(self) -> tuple[Configured, Pair] | None:
        """Who says what a tether is worth in dollars."""
        pair = Pair(USDT, USD)
        source = next((each for each in self.sources if each.adapter.quotes(pair)), None)
        return source and (source, pair)


def _rates(
    spots: Mapping, contracted: Decimal | None, known: Decimal | None, tether
) -> dict[str, Decimal]:
    """HKD for a unit of each currency that quotes come in, as far as it is known."""
    rates, usd_hkd = {}, contracted
    if usd_hkd is None:
        said = (
            spot.price
            for (_, pair), spot in spots.items()
            if pair == Pair(USD, HKD) and isinstance(spot, Spot) and LOWEST <= spot.price <= HIGHEST
        )
        usd_hkd = next(said, known)
    if usd_hkd is not None:
        rates[USD] = usd_hkd
        leg = spots.get(tether) if tether else None
        if isinstance(leg, Spot):
            with localcontext(EXACT):
                rates[USDT] = usd_hkd * leg.price
    return rates


def _answer(
    source: Configured,
    pair: Pair,
    spot: Spot | SourceUnavailable,
    rates: Mapping[str, Decimal],
    *,
    ages: Ages,
    now: datetime,
) -> Answer:
    known = {
        "source": source.name,
        "venue": source.venue,
        "asset": pair.asset,
        "currency": pair.currency,
    }
    if isinstance(spot, SourceUnavailable):
        return Answer(**known, why=str(spot))
    try:
        quote = quote_of(
            spot,
            pair,
            source=source.name,
            venue=source.venue,
            rate=rates.get(pair.currency),
            ages=ages,
            is_last_resort=source.adapter.is_last_resort,
            now=now,
        )
    except SourceUnavailable as error:
        return Answer(**known, said=spot.price, why=str(error))
    has_hours = spot.kind in (TimeKind.CLOSE, TimeKind.DAY)
    return Answer(**known, said=spot.price, quote=quote, has_hours=has_hours)


def configured(
    names: Sequence[str],
    *,
    executing: str,
    urls: Mapping[str, str],
    keys: Mapping[str, str],
    timeout: timedelta,
) -> LiveFeed:
    """
    The feed as the environment names it: `hashkey`, or `hashkey:HKD` for its pairs in HKD.

    `urls` and `keys` by the adapter's name.

    :raises NoSuchSource: an unknown or repeated name, a venue that may not execute, a key missing
    """
    sources = []
    for said in names:
        name, _, currency = said.partition(":")
        if name not in ADAPTERS:
            known = ", ".join(sorted(ADAPTERS))
            raise NoSuchSource(f"PRICE_SOURCES names {name!r}: there are {known}")
        if currency not in ("", USD, HKD, USDT):
            raise NoSuchSource(f"PRICE_SOURCES: {said!r} is in a currency that nobody converts")
        if name == TwelveData.name and name not in keys:
            raise NoSuchSource("PRICE_SOURCES names twelvedata: set TWELVEDATA_KEY too")
        adapter = ADAPTERS[name]()
        headers = (("Authorization", f"apikey {keys[name]}"),) if name in keys else ()
        own = f"{name}-{currency.lower()}" if currency else name
        currency = currency or CURRENCY.get(name, USD)
        url = urls.get(name, adapter.url).rstrip("/")
        sources.append(Configured(own, adapter, currency, url, headers))
    if len({source.name for source in sources}) < len(sources):
        raise NoSuchSource("PRICE_SOURCES names a source twice")
    if executing not in LICENSED:
        raise NoSuchSource(f"EXECUTING_VATP is {executing!r}: say one of {', '.join(LICENSED)}")
    if executing not in {source.venue for source in sources}:
        raise NoSuchSource(f"EXECUTING_VATP is {executing}, and PRICE_SOURCES does not name it")
    return LiveFeed(sources, executing, timeout)
