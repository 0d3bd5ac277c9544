"""
One round of the live feed: everybody is asked, and each asset gets a price, an older one, or none.

What people set by hand goes first. What the sources agree on is judged by the kind of asset. Where
they say nothing new a virtual asset's last price grows old by steps; a price that was not believed
does not, for then there is none.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from django.db import connection, transaction

from collateral.assets import Asset, Kind
from collateral.prices.ageing import aged, is_jump
from collateral.prices.consensus import Agreed, NoPrice, Standing, agree
from collateral.prices.consensus import HeldBack as TooFar
from collateral.prices.daily_file import closes_of_yesterday
from collateral.prices.live import Answer, LiveFeed
from collateral.prices.manual_price import (
    HOUSE_CURRENCY,
    US_DOLLAR,
    ManualPrice,
    by_hand,
    manual_prices,
)
from collateral.prices.price import HeldBack, NewPrice, Price, cut, keep
from collateral.prices.refresh import PRICE_STEP, Refreshed, one_round_at_a_time
from collateral.prices.shares import Close, agree_on_share
from collateral.prices.thresholds import Rules, rules_at


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a round came to for one asset."""

    asset: Asset
    answers: Sequence[Answer]
    found: Agreed | NoPrice | None  # None where people have set the price.
    manual: ManualPrice | None = None


def ask_and_judge(feed: LiveFeed, *, now: datetime) -> tuple[list[Verdict], Rules]:
    """What every source says of every asset now, and what that comes to. Nothing is kept."""
    rules = rules_at(now, executing=feed.executing)
    assets = list(Asset.objects.exclude(code=HOUSE_CURRENCY).order_by("pk"))
    set_by_hand = manual_prices(now=now)
    last = {price.asset_id: price for price in Price.objects.latest_of_each(now=now)}
    answers = _answers(feed, assets, set_by_hand, last, rules, now=now)
    closes = closes_of_yesterday(now=now)
    verdicts = []
    for asset in assets:
        own = [each for each in answers if each.asset == asset.code]
        manual = set_by_hand.get(asset.pk)
        known = last.get(asset.pk)
        found = None
        if manual is None:
            found = _found(asset, own, known, closes.get(asset.pk), rules, now=now)
        verdicts.append(Verdict(asset, own, found, manual))
    return verdicts, rules


def refresh_live(feed: LiveFeed, *, now: datetime) -> tuple[Refreshed, list[Verdict]]:
    """Ask, judge, and keep what came of it. Asking twice at one moment adds nothing."""
    verdicts, rules = ask_and_judge(feed, now=now)
    with transaction.atomic(), connection.cursor() as cursor:
        one_round_at_a_time(cursor)
        last = {price.asset_id: price for price in Price.objects.latest_of_each(now=now)}
        before = _at_start_of_window(last, rules, now=now)
        prices = [
            price
            for each in verdicts
            if (price := _price(each, last.get(each.asset.pk), before, rules, now=now))
        ]
        keep(prices)
        held = _hold_back([each for each in verdicts if isinstance(each.found, NoPrice)], now=now)
    silent = tuple(
        each.asset.code
        for each in verdicts
        if each.manual is None and not any(answer.quote for answer in each.answers)
    )
    return Refreshed(len(prices), held, silent), verdicts


def _answers(
    feed: LiveFeed,
    assets: Sequence[Asset],
    set_by_hand: Mapping[int, ManualPrice],
    last: Mapping[int, Price],
    rules: Rules,
    *,
    now: datetime,
) -> list[Answer]:
    dollar = next((asset for asset in assets if asset.code == US_DOLLAR), None)
    contracted = set_by_hand.get(dollar.pk) if dollar else None
    known = last.get(dollar.pk) if dollar else None
    return feed.ask(
        dict.fromkeys([US_DOLLAR, *(asset.code for asset in assets)]),
        ages=rules.ages,
        contracted=contracted and contracted.value,
        known=known.value if known and known.fresh_until >= now else None,
        now=now,
    )


def _found(
    asset: Asset,
    answers: Sequence[Answer],
    last: Price | None,
    reference: Close | None,
    rules: Rules,
    *,
    now: datetime,
) -> Agreed | NoPrice:
    quotes = [each.quote for each in answers if each.quote]
    if asset.kind == Kind.SHARE:
        return agree_on_share(quotes, reference=reference, now=now, rule=rules.share)
    rule = rules.va if asset.kind == Kind.VA else rules.rate
    return agree(quotes, now=now, last=last and last.value, rule=rule)


def _price(
    each: Verdict,
    last: Price | None,
    before: Mapping[int, Decimal],
    rules: Rules,
    *,
    now: datetime,
) -> NewPrice | None:
    """The row to keep, or None where the last one still says it."""
    if each.manual:
        return by_hand(each.manual, last, now=now)
    if isinstance(each.found, Agreed):
        return _agreed(each, last, before, rules, now=now)
    if each.asset.kind != Kind.VA or isinstance(each.found, TooFar):
        return None
    return _older(each, last, rules, now=now)


def _agreed(
    each: Verdict,
    last: Price | None,
    before: Mapping[int, Decimal],
    rules: Rules,
    *,
    now: datetime,
) -> NewPrice | None:
    found = each.found
    value = found.value.quantize(PRICE_STEP, rounding=ROUND_HALF_EVEN)
    observed_at = max(quote.observed_at for quote in found.used)
    if last is not None and observed_at <= last.observed_at:
        if (last.standing, last.value) == (found.standing, value):
            return None
        # The same word of the market, and it rests on something else now.
        observed_at = now
        if last.observed_at >= now:
            return None
    is_va = each.asset.kind == Kind.VA
    is_doubtful = found.standing in (Standing.FALLBACK, Standing.THIN)
    fresh_until = min(quote.fresh_until for quote in found.used)
    return NewPrice(
        asset_id=each.asset.pk,
        value=value,
        observed_at=observed_at,
        fresh_until=max(observed_at, fresh_until),
        source=cut(_source(found), 80),
        quotes=said_in_round(found, each.answers),
        volume=_volume(found),
        standing=found.standing,
        why=cut(_why(found, each.answers, rules), 200),
        widen=rules.mark if is_va and is_doubtful else Decimal(0),
        thin_since=_thin_since(found, last, now) if found.standing == Standing.THIN else None,
        jump_until=_jump_until(value, last, before, rules, now=now) if is_va else None,
    )


def _older(each: Verdict, last: Price | None, rules: Rules, *, now: datetime) -> NewPrice | None:
    if last is None or last.fresh_until > now or last.standing == Standing.MANUAL:
        return None
    old = aged(last.seen_at, now=now, steps=rules.steps, ends_after=rules.ends_after)
    if old is None:
        return None
    return NewPrice(
        asset_id=each.asset.pk,
        value=last.value,
        observed_at=now,
        fresh_until=old.until,
        source=last.source,
        quotes=said_in_round(each.found, each.answers),
        volume=last.volume,
        standing=Standing.AGED,
        why=cut(each.found.reason, 200),
        widen=max(old.widen, last.widen),
        aged_from=last.seen_at,
    )


def _why(found: Agreed, answers: Sequence[Answer], rules: Rules) -> str:
    """Of a fallback with the executing platform's own excuse, where it has one."""
    excuse = next((a.why for a in answers if a.venue == rules.va.executing and a.why), "")
    if found.standing == Standing.FALLBACK and excuse:
        return f"{rules.va.executing}: {excuse}"
    return found.why


def _source(found: Agreed) -> str:
    return found.record.source if found.record else "+".join(q.source for q in found.used)


def _volume(found: Agreed) -> Decimal | None:
    """What can be traded where we trade; elsewhere the least that anybody says."""
    if found.record:
        return found.record.volume_per_minute
    volumes = [q.volume_per_minute for q in found.used if q.volume_per_minute is not None]
    return min(volumes, default=None)


def _thin_since(found: Agreed, last: Price | None, now: datetime) -> datetime:
    """A thin price that follows a thin one without a break began with it."""
    if last and last.standing == Standing.THIN and last.fresh_until >= now:
        return last.thin_since
    return now


def _jump_until(
    value: Decimal,
    last: Price | None,
    before: Mapping[int, Decimal],
    rules: Rules,
    *,
    now: datetime,
) -> datetime | None:
    """The end of a stop that runs already, or of one that begins; it is never prolonged."""
    if last is None:
        return None
    if last.jump_until and now < last.jump_until:
        return last.jump_until
    then = before.get(last.asset_id)
    if then is not None and is_jump(value, then, rules.jump):
        return now + rules.jump_stop
    return None


def _at_start_of_window(
    last: Mapping[int, Price], rules: Rules, *, now: datetime
) -> dict[int, Decimal]:
    """The oldest price within the window of a jump, by asset id; after a stop it begins anew."""
    recent = (
        Price.objects.filter(observed_at__gte=now - rules.jump_window, observed_at__lt=now)
        .order_by("asset_id", "observed_at")
        .values_list("asset_id", "observed_at", "value")
    )
    oldest: dict[int, Decimal] = {}
    for asset_id, observed_at, value in recent:
        stop = last[asset_id].jump_until
        if asset_id not in oldest and (stop is None or observed_at >= stop):
            oldest[asset_id] = value
    return oldest


def said_in_round(found: Agreed | NoPrice | None, answers: Sequence[Answer]) -> str:
    """Who said what, who was used and who was dropped and why, as JSON text."""
    used = set() if found is None else {quote.source for quote in getattr(found, "used", ())}
    dropped = {} if found is None else {each.quote.source: each.why for each in found.dropped}
    record = getattr(found, "record", None)
    rows = []
    for each in answers:
        row = {"source": each.source, "currency": each.currency}
        if each.said is not None:
            row["said"] = f"{each.said:f}"
        if each.quote:
            row["price"] = f"{each.quote.price:f}"
            row["observed_at"] = each.quote.observed_at.isoformat()
        if record and record.source == each.source:
            row["verdict"] = "of record"
        elif each.source in used:
            row["verdict"] = "heard"
        else:
            row["dropped"] = each.why or dropped.get(each.source, "not needed")
        rows.append(row)
    return json.dumps(rows)


def _hold_back(verdicts: Sequence[Verdict], *, now: datetime) -> int:
    """Keep why there is no price: of one asset and for one reason once a minute at most."""
    minute = now.replace(second=0, microsecond=0)
    known = set(HeldBack.objects.filter(observed_at__gte=minute).values_list("asset_id", "reason"))
    rows = [
        HeldBack(
            asset=each.asset,
            value=cut(f"{each.found.value:f}", 60) if isinstance(each.found, TooFar) else "",
            observed_at=now,
            reason=cut(each.found.reason, 200),
            quotes=json.loads(said_in_round(each.found, each.answers)),
        )
        for each in verdicts
        # An asset that nobody is configured to quote is no news.
        if each.answers
    ]
    new = [row for row in rows if (row.asset_id, row.reason) not in known]
    return len(HeldBack.objects.bulk_create(new))
