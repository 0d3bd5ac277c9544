"""What a venue says of a pair at one moment, and the quote it makes in Hong Kong dollars. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_UP, Context, Decimal, localcontext
from enum import StrEnum
from typing import Protocol

from collateral.amounts import EXACT
from collateral.prices.fx import in_hkd
from collateral.prices.market_hours import after_trading
from collateral.prices.quote import BadQuote, Quote, SourceUnavailable

HKD, USD, USDT = "HKD", "USD", "USDT"
WIDTH_STEP = Decimal("0.000001")
WIDE = Context(prec=60)  # For a quotient that is rounded by name in the same line.


@dataclass(frozen=True, slots=True)
class Pair:
    """`asset` in `currency`: BTC in USD."""

    asset: str
    currency: str

    def __str__(self):
        return f"{self.asset}/{self.currency}"


class TimeKind(StrEnum):
    """What the time in a reply is the time of; each ages in its own way."""

    GENERATED = "generated"  # The reply was made then: it is as old as that.
    LAST_CHANGE = "last_change"  # The book changed last then, and may be live all the same.
    LAST_TRADE = "last_trade"  # Somebody traded last then.
    CLOSE = "close"  # The last trade of a market with opening hours.
    DAY = "day"  # A figure published once a day.
    NONE = "none"  # The reply says no time: it is as old as its arrival.


@dataclass(frozen=True, slots=True)
class Spot:
    """
    `bid` and `ask` of a book with 0 < bid <= ask, or one `last` price; `at` in UTC.

    `volume_per_minute` in units of the asset, or None where it is not said.

    :raises SourceUnavailable: a crossed book, or neither a book nor a price
    """

    at: datetime | None
    kind: TimeKind
    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    volume_per_minute: Decimal | None = None

    def __post_init__(self):
        if (self.bid is None) != (self.ask is None) or (self.bid is None and self.last is None):
            raise SourceUnavailable("half a book", retry=True)
        if self.bid is not None and self.bid > self.ask:
            raise SourceUnavailable(f"crossed book: {self.bid} over {self.ask}", retry=True)

    @property
    def price(self) -> Decimal:
        """The middle of the book, exact; the last price where there is no book."""
        if self.bid is None:
            return self.last
        with localcontext(EXACT):
            return (self.bid + self.ask) / 2

    @property
    def width(self) -> Decimal | None:
        """Ask less bid as a fraction of the middle, to six places up; None without a book."""
        if self.bid is None:
            return None
        return WIDE.divide(self.ask - self.bid, self.price).quantize(
            WIDTH_STEP, rounding=ROUND_UP, context=WIDE
        )


@dataclass(frozen=True, slots=True)
class Ages:
    """
    How old what kind of time may be.

    `lives`: how long a quote may be used after it was true. `close`: for so much time of trading
    may that of a share. `ahead`: how far another's clock may run before ours.
    """

    lives: timedelta
    last_change: timedelta
    last_trade: timedelta
    close: timedelta
    day: timedelta
    ahead: timedelta


# Their time is the moment the price was true.
DATED = frozenset({TimeKind.GENERATED, TimeKind.CLOSE, TimeKind.DAY})


class Adapter(Protocol):
    """
    One venue: which addresses tell of a pair, and what their bodies say. No adapter speaks HTTP
    itself, so that whatever a venue may say can be tried on it. `is_last_resort`: see `Quote`.
    """

    name: str
    url: str
    is_last_resort: bool

    def quotes(self, pair: Pair) -> bool:
        """Whether the venue has the pair at all."""

    def paths(self, pair: Pair) -> tuple["Path", ...]:
        """What to ask, below `url`."""

    def read(self, bodies: tuple[bytes, ...], pair: Pair) -> Spot:
        """
        What the bodies of `paths` say, in their order.

        :raises SourceUnavailable: nothing usable, with `retry`
        """


@dataclass(frozen=True, slots=True)
class Path:
    """A path with its query; its answer holds for `holds`, and is not asked for again before."""

    text: str
    holds: timedelta = timedelta(0)


def quote_of(
    spot: Spot,
    pair: Pair,
    *,
    source: str,
    venue: str,
    rate: Decimal | None,
    ages: Ages,
    is_last_resort: bool = False,
    now: datetime,
) -> Quote:
    """
    `spot` as a quote in HKD. `rate`: HKD for one unit of the pair's currency; unused for HKD.

    A reply made at a known time is as old as that; one of a book or a trade was true when it was
    asked for, if its own time is not older than `ages` allow. A share's ages while its market
    trades.

    :raises SourceUnavailable: too old, ahead of our clock, no rate, or out of range in HKD
    """
    if spot.at is not None and spot.at > now + ages.ahead:
        raise SourceUnavailable(f"its clock is {_seconds(spot.at - now)} s ahead", retry=True)
    oldest = {
        TimeKind.LAST_CHANGE: ages.last_change,
        TimeKind.LAST_TRADE: ages.last_trade,
    }.get(spot.kind)
    if oldest is not None and now - spot.at > oldest:
        raise SourceUnavailable(
            f"its {spot.kind.replace('_', ' ')} is {_seconds(now - spot.at)} s old", retry=True
        )
    if pair.currency != HKD and rate is None:
        raise SourceUnavailable(f"no rate for {pair.currency}", retry=True)
    seen_at = min(spot.at, now) if spot.kind in DATED else now
    try:
        return Quote(
            source=source,
            asset=pair.asset,
            currency=HKD,
            price=spot.price if pair.currency == HKD else in_hkd(spot.price, rate),
            observed_at=seen_at,
            fresh_until=_fresh_until(spot.kind, seen_at, ages),
            volume_per_minute=spot.volume_per_minute,
            venue=venue,
            width=spot.width,
            is_last_resort=is_last_resort,
        )
    except BadQuote as error:
        raise SourceUnavailable(str(error), retry=True) from error


def _fresh_until(kind: TimeKind, seen_at: datetime, ages: Ages) -> datetime:
    if kind == TimeKind.CLOSE:
        return after_trading(seen_at, ages.close)
    return seen_at + (ages.day if kind == TimeKind.DAY else ages.lives)


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)
