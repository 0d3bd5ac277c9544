"""One price out of what several sources say, or none and the reason. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from enum import StrEnum

from collateral.amounts import EXACT
from collateral.prices.quote import Quote


class Standing(StrEnum):
    """What a price rests on; what may be done at it follows (stops.py)."""

    AGREED = "agreed"  # The source of record said it, and others do not contradict.
    FALLBACK = "fallback"  # The others' median, for want of the executing platform (VAF-11).
    THIN = "thin"  # Fewer sources than needed.
    AGED = "aged"  # Nobody said anything new; the last price with a wider haircut.
    MANUAL = "manual"  # Two people set it.


@dataclass(frozen=True, slots=True)
class Rule:
    """
    How a kind of asset gets its price. Fractions are of one.

    - `min_sources`: so many must be fresh, and so many must still agree.
    - `spread`: a fraction of the median; within it nobody is an outlier.
    - `mads`: so many median absolute deviations nobody is an outlier either.
    - `apart`: a fraction of the median beyond which everybody is one, however far all are apart.
    - `held_back`: a price this fraction away from the last one waits for a person.
    - `executing`: the platform that executes for clients; its price is taken while it is within
      `near` of the median.
    - `thin_sources`: so many, the executing platform among them and within `spread` of one
      another, still give a price, marked thin; None where fewer than needed give none.
    - `widest`: a book wider than this fraction of its middle says nothing.
    - `least`, `most`: outside them a price waits for a person.
    """

    min_sources: int
    spread: Decimal = Decimal("0.02")
    mads: Decimal = Decimal(6)
    apart: Decimal | None = None
    held_back: Decimal = Decimal("0.60")
    executing: str | None = None
    near: Decimal = Decimal("0.02")
    thin_sources: int | None = None
    widest: Decimal | None = None
    least: Decimal | None = None
    most: Decimal | None = None


# A recording is the source of record, and stands alone.
RECORDED = Rule(min_sources=1)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A quote that had no part in the price, and why."""

    quote: Quote
    why: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """
    `value` is the median of `used`, exact, or the executing platform's own price among them; both
    lists are in the order of the sources' names. `record` is the source of record, where there is
    one; `why` says what is not as it should be.
    """

    value: Decimal
    used: tuple[Quote, ...]
    dropped: tuple[Dropped, ...]
    standing: Standing = Standing.AGREED
    record: Quote | None = None
    why: str = ""


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

    Stale quotes go, and of one source, and of one venue, all but one. Of the rest each that is
    further from the median than `rule` allows goes too. The price is the executing platform's
    while it is near the median, else the median of those that stay. A last resort is heard only
    where the others are too few. The order of `quotes` does not matter.

    - `last`: the price agreed before, or None where there is none; `HeldBack` compares with it.
    - Exact: the median of an even number is the mean of the middle two, never rounded.

    :raises ValueError: quotes of different assets or currencies
    """
    heard, out = hear(quotes, now=now, rule=rule)
    if len(heard) < (rule.thin_sources or rule.min_sources):
        reason = f"{len(heard)} of {rule.min_sources} sources needed are fresh"
        return NoPrice(reason, _sorted(out))
    used, outliers = _split_outliers(heard, rule)
    dropped = _sorted(out + outliers)
    found = _priced(used, dropped, rule)
    if isinstance(found, NoPrice):
        return found
    if last is not None and _is_far(found.value, last, rule):
        reason = f"{found.value} is too far from the last price {last}"
    elif (rule.least is not None and found.value < rule.least) or (
        rule.most is not None and found.value > rule.most
    ):
        reason = f"{found.value} is outside {rule.least} to {rule.most}"
    else:
        return found
    return HeldBack(reason, dropped, found.value, used)


def hear(
    quotes: Iterable[Quote], *, now: datetime, rule: Rule
) -> tuple[list[Quote], list[Dropped]]:
    """
    One fresh quote of each venue, in the order of the sources' names, and the others with why not.

    :raises ValueError: quotes of different assets or currencies
    """
    given = sorted(set(quotes), key=_order)
    if len({(quote.asset, quote.currency) for quote in given}) > 1:
        raise ValueError("quotes of different assets or currencies cannot agree")
    fresh, out = _split_fresh(given, now)
    if rule.widest is not None:
        fresh, wide = _split_wide(fresh, rule.widest)
        out += wide
    heard, repeated = _one_of_each_source(fresh)
    out += repeated
    if len(heard) > 1:
        heard, seconded = _one_of_each_venue(heard, rule)
        heard, unasked = _without_last_resorts(heard, rule)
        out += seconded + unasked
    return heard, out


def _priced(used: tuple[Quote, ...], dropped: tuple[Dropped, ...], rule: Rule) -> Agreed | NoPrice:
    """The price of those that stay: of record, the others' median, thin, or none."""
    record = next((quote for quote in used if quote.house == rule.executing), None)
    if len(used) < rule.min_sources:
        too_few = f"{len(used)} of {rule.min_sources} sources needed agree"
        if rule.thin_sources is None or len(used) < rule.thin_sources:
            return NoPrice(too_few, dropped)
        if record is None:
            return NoPrice(f"{too_few}, and {rule.executing} is not among them", dropped)
        if not _are_close(used, rule):
            return NoPrice(f"{too_few}, and they are apart", dropped)
        return Agreed(record.price, used, dropped, Standing.THIN, record, too_few)
    middle = median([quote.price for quote in used])
    if rule.executing is None:
        return Agreed(middle, used, dropped)
    if record is None:
        why = next((d.why for d in dropped if d.quote.house == rule.executing), "silent")
        return Agreed(middle, used, dropped, Standing.FALLBACK, why=f"{rule.executing}: {why}")
    with localcontext(EXACT):
        away = abs(record.price - middle)
        is_near = away <= rule.near * middle
    if not is_near:
        why = f"{rule.executing}: {away} from the median {middle}"
        return Agreed(middle, used, dropped, Standing.FALLBACK, why=why)
    return Agreed(record.price, used, dropped, record=record)


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


def _split_wide(quotes: list[Quote], widest: Decimal) -> tuple[list[Quote], list[Dropped]]:
    narrow = [quote for quote in quotes if quote.width is None or quote.width <= widest]
    wide = [
        Dropped(quote, f"a book as wide as {quote.width}, {widest} allowed")
        for quote in quotes
        if quote.width is not None and quote.width > widest
    ]
    return narrow, wide


def _one_of_each_venue(quotes: list[Quote], rule: Rule) -> tuple[list[Quote], list[Dropped]]:
    """A venue with several sources has one voice, and none where they contradict one another."""
    heard, dropped = [], []
    for house in sorted({quote.house for quote in quotes}):
        first, *others = (quote for quote in quotes if quote.house == house)
        if _are_close((first, *others), rule):
            heard.append(first)
            dropped += [Dropped(quote, f"{house} is heard as {first.source}") for quote in others]
        else:
            dropped += [
                Dropped(quote, "its venue contradicts itself") for quote in (first, *others)
            ]
    return sorted(heard, key=_order), dropped


def _without_last_resorts(quotes: list[Quote], rule: Rule) -> tuple[list[Quote], list[Dropped]]:
    first = [quote for quote in quotes if not quote.is_last_resort]
    if len(first) == len(quotes) or len(first) < rule.min_sources:
        return quotes, []
    unasked = [Dropped(quote, "a last resort") for quote in quotes if quote.is_last_resort]
    return first, unasked


def _are_close(quotes: Sequence[Quote], rule: Rule) -> bool:
    """Whether the least and the most are within `spread` of each other."""
    prices = [quote.price for quote in quotes]
    with localcontext(EXACT):
        return max(prices) - min(prices) <= rule.spread * min(prices)


def _split_outliers(quotes: list[Quote], rule: Rule) -> tuple[tuple[Quote, ...], list[Dropped]]:
    centre = median([quote.price for quote in quotes])
    with localcontext(EXACT):
        away = {quote: abs(quote.price - centre) for quote in quotes}
        allowed = max(rule.spread * centre, rule.mads * median(list(away.values())))
        if rule.apart is not None:
            allowed = min(allowed, rule.apart * centre)
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
