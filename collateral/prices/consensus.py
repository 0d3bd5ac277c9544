"""One price out of what several sources say, or none and the reason. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from collateral.amounts import EXACT
from collateral.prices.quote import Quote


@dataclass(frozen=True, slots=True)
class Rule:
    """
    How a kind of asset gets its price.

    - `min_sources`: so many must be fresh, and so many must still agree.
    - `spread`: a fraction of the median; within it nobody is an outlier.
    - `mads`: so many median absolute deviations nobody is an outlier either.
    - `held_back`: a price this fraction away from the last one waits for a person.
    """

    min_sources: int
    spread: Decimal = Decimal("0.02")
    mads: Decimal = Decimal(6)
    held_back: Decimal = Decimal("0.60")


# Source: domain facts on prices, median of at least three, beyond max(2%, 6 MAD) dropped.
LIVE_VA = Rule(min_sources=3)
# A recording is the source of record, and stands alone.
RECORDED = Rule(min_sources=1)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A quote that had no part in the price, and why."""

    quote: Quote
    why: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """`value` is the median of `used`, exact; both lists are in the order of the sources' names."""

    value: Decimal
    used: tuple[Quote, ...]
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True, slots=True)
class NoPrice:
    """Nothing to value with."""

    reason: str
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True, slots=True)
class HeldBack(NoPrice):
    """The sources agree on `value`, and it is too far from the last price to be believed."""

    value: Decimal
    used: tuple[Quote, ...]


def agree(
    quotes: Iterable[Quote], *, now: datetime, last: Decimal | None, rule: Rule
) -> Agreed | NoPrice:
    """
    The price that fresh, independent sources agree on at `now`.

    Stale quotes go, and of one source all but the newest. Of the rest each that is further from
    the median than `rule` allows goes too, and the price is the median of those that stay. The
    order of `quotes` does not matter.

    - `last`: the price agreed before, or None where there is none; `HeldBack` compares with it.
    - Exact: the median of an even number is the mean of the middle two, never rounded.

    :raises ValueError: quotes of different assets or currencies
    """
    given = sorted(set(quotes), key=_order)
    if len({(quote.asset, quote.currency) for quote in given}) > 1:
        raise ValueError("quotes of different assets or currencies cannot agree")
    fresh, stale = _split_fresh(given, now)
    heard, repeated = _one_of_each_source(fresh)
    if len(heard) < rule.min_sources:
        reason = f"{len(heard)} of {rule.min_sources} sources needed are fresh"
        return NoPrice(reason, _sorted(stale + repeated))
    used, outliers = _split_outliers(heard, rule)
    dropped = _sorted(stale + repeated + outliers)
    if len(used) < rule.min_sources:
        return NoPrice(f"{len(used)} of {rule.min_sources} sources needed agree", dropped)
    value = median([quote.price for quote in used])
    if last is not None and _is_far(value, last, rule):
        return HeldBack(f"{value} is too far from the last price {last}", dropped, value, used)
    return Agreed(value, used, dropped)


def median(values: Sequence[Decimal]) -> Decimal:
    """
    The middle value; of an even number the mean of the middle two, exact.

    :raises ValueError: no values
    """
    if not values:
        raise ValueError("no values have no median")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    with localcontext(EXACT):
        return (ordered[middle - 1] + ordered[middle]) / 2


def _split_fresh(quotes: list[Quote], now: datetime) -> tuple[list[Quote], list[Dropped]]:
    fresh, dropped = [], []
    for quote in quotes:
        if quote.is_fresh(now):
            fresh.append(quote)
        else:
            ahead = quote.observed_at > now
            dropped.append(Dropped(quote, "from the future" if ahead else "stale"))
    return fresh, dropped


def _one_of_each_source(quotes: list[Quote]) -> tuple[list[Quote], list[Dropped]]:
    """The newest of each source; a source that says two prices for one moment is not heard."""
    heard, dropped = [], []
    for source in sorted({quote.source for quote in quotes}):
        *older, newest = sorted(
            (quote for quote in quotes if quote.source == source),
            key=lambda quote: (quote.observed_at, _order(quote)),
        )
        at_once = [quote for quote in older if quote.observed_at == newest.observed_at]
        if any(quote.price != newest.price for quote in at_once):
            dropped += [
                Dropped(quote, "its source contradicts itself") for quote in (*older, newest)
            ]
        else:
            heard.append(newest)
            dropped += [Dropped(quote, "superseded by its source") for quote in older]
    return heard, dropped


def _split_outliers(quotes: list[Quote], rule: Rule) -> tuple[tuple[Quote, ...], list[Dropped]]:
    centre = median([quote.price for quote in quotes])
    with localcontext(EXACT):
        away = {quote: abs(quote.price - centre) for quote in quotes}
        allowed = max(rule.spread * centre, rule.mads * median(list(away.values())))
    used = tuple(quote for quote in quotes if away[quote] <= allowed)
    outliers = [
        Dropped(quote, f"{away[quote]} from the median {centre}, {allowed} allowed")
        for quote in quotes
        if away[quote] > allowed
    ]
    return used, outliers


def _is_far(value: Decimal, last: Decimal, rule: Rule) -> bool:
    with localcontext(EXACT):
        return abs(value - last) > rule.held_back * last


def _sorted(dropped: list[Dropped]) -> tuple[Dropped, ...]:
    return tuple(sorted(dropped, key=lambda each: (_order(each.quote), each.why)))


def _order(quote: Quote) -> tuple:
    return (quote.source, quote.observed_at, quote.fresh_until, quote.price, str(quote))
