"""
Ask what assets are worth, and enter what was said: agree on a price for each, or keep why not.

`refresh` is the house's own round, by the clock; a replay enters its ticks through the same door.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from django.db import connection, transaction

from collateral.assets import Asset, Kind
from collateral.prices.consensus import Agreed, Dropped, NoPrice, Rule, agree
from collateral.prices.consensus import HeldBack as TooFar
from collateral.prices.manual_price import HOUSE_CURRENCY, by_hand, manual_prices
from collateral.prices.price import HeldBack, NewPrice, Price, cut, keep
from collateral.prices.quote import BadQuote, Quote, Source, SourceUnavailable

PRICE_STEP = Decimal("0.0000000001")


@dataclass(frozen=True, slots=True)
class Entered:
    """How many assets got a price, and how many rounds ended without one."""

    kept: int
    held_back: int


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a round came to; `silent` are the assets of which no source said anything usable now."""

    kept: int
    held_back: int
    silent: tuple[str, ...]


def refresh(sources: Sequence[Source], *, now: datetime, rule: Rule) -> Refreshed:
    """
    Ask every source for every asset, and enter the round.

    A source without an answer is left out. One that says what cannot be a price is left out too,
    and what it said is kept with the round. Asking twice at one moment adds nothing. Nobody is
    asked about an asset whose price two people have set.
    """
    set_by_hand = manual_prices(now=now)
    assets = Asset.objects.exclude(kind=Kind.CASH, code=HOUSE_CURRENCY).order_by("pk")
    quotes: dict[Asset, list[Quote]] = {
        asset: [] for asset in assets if asset.pk not in set_by_hand
    }
    faults: dict[Asset, list[str]] = {}
    for asset, said in quotes.items():
        for source in sources:
            try:
                said.append(source.quote(asset.code, now=now))
            except SourceUnavailable:
                # Nobody who answers for it is what `silent` says.
                continue
            except BadQuote as error:
                faults.setdefault(asset, []).append(f"{source.name}: {error}")
    spoken = {
        asset: said
        for asset, said in quotes.items()
        if asset in faults or any(quote.is_fresh(now) for quote in said)
    }
    with transaction.atomic(), connection.cursor() as cursor:
        one_round_at_a_time(cursor)
        entered = enter(spoken, now=now, rule=rule, faults=faults)
        if set_by_hand:
            last = {price.asset_id: price for price in Price.objects.latest_of_each(now=now)}
            rows = (by_hand(each, last.get(pk), now=now) for pk, each in set_by_hand.items())
            keep(row for row in rows if row)
    silent = tuple(asset.code for asset in quotes if asset not in spoken)
    return Refreshed(entered.kept, entered.held_back, silent)


def one_round_at_a_time(cursor) -> None:
    """Until the end of the transaction: two rounds at once would keep one moment twice."""
    cursor.execute("SELECT pg_advisory_xact_lock('collateral_price'::regclass::bigint)")


def enter(
    quotes: Mapping[Asset, Sequence[Quote]],
    *,
    now: datetime,
    rule: Rule,
    last: dict[int, Decimal] | None = None,
    faults: Mapping[Asset, Sequence[str]] | None = None,
) -> Entered:
    """
    One round: the agreed prices of all assets are kept in one statement, the rest is held back.

    - `last` is the caller's own memory of the last agreed price by asset id; it is brought up to
      date, and the caller vouches that moments only ascend. Without it the last prices are read,
      and a moment that is no newer than the one kept is left alone.
    - `faults`: what was said of an asset and is no quote at all.
    """
    kept_at: dict[int, datetime] = {}
    if last is None:
        last = {}
        for asset_id, value, observed_at in _latest(quotes, now=now):
            last[asset_id], kept_at[asset_id] = value, observed_at
    prices, held = [], []
    for asset, said in quotes.items():
        wrong = (faults or {}).get(asset, ())
        found = agree(said, now=now, last=last.get(asset.pk), rule=rule)
        if not isinstance(found, Agreed):
            held.append(_held_back(asset, found, said, wrong, now=now))
            continue
        price = _new_price(asset, found, wrong)
        if asset.pk in kept_at and price.observed_at <= kept_at[asset.pk]:
            continue
        prices.append(price)
        last[asset.pk] = price.value
    keep(prices)
    return Entered(len(prices), _hold_back(held) if held else 0)


def _latest(assets: Iterable[Asset], *, now: datetime) -> Iterable[tuple[int, Decimal, datetime]]:
    return (
        Price.objects.latest_of_each(now=now)
        .filter(asset__in=list(assets))
        .values_list("asset_id", "value", "observed_at")
    )


def _new_price(asset: Asset, agreed: Agreed, faults: Sequence[str]) -> NewPrice:
    """Usable from when the last of its quotes was observed until the first of them goes stale."""
    volumes = [q.volume_per_minute for q in agreed.used if q.volume_per_minute is not None]
    return NewPrice(
        asset_id=asset.pk,
        value=agreed.value.quantize(PRICE_STEP, rounding=ROUND_HALF_EVEN),
        observed_at=max(quote.observed_at for quote in agreed.used),
        fresh_until=min(quote.fresh_until for quote in agreed.used),
        source=cut("+".join(quote.source for quote in agreed.used), 80),
        quotes=json.dumps(_round(agreed.used, agreed.dropped, faults)),
        volume=min(volumes, default=None),
    )


def _held_back(
    asset: Asset, found: NoPrice, said: Sequence[Quote], faults: Sequence[str], *, now: datetime
) -> HeldBack:
    too_far = isinstance(found, TooFar)
    reason = "; ".join(faults) if faults and not said else found.reason
    return HeldBack(
        asset=asset,
        value=cut(f"{found.value:f}", 60) if too_far else "",
        observed_at=max((quote.observed_at for quote in said), default=now),
        reason=cut(reason, 200),
        quotes=_round(found.used if too_far else (), found.dropped, faults),
    )


def _hold_back(held: list[HeldBack]) -> int:
    """Keep what was not held back before, and return how many: one saying is one row."""
    moments = [each.observed_at for each in held]
    stored = set(
        HeldBack.objects.filter(observed_at__in=moments).values_list(
            "asset_id", "observed_at", "reason"
        )
    )
    new = [each for each in held if (each.asset_id, each.observed_at, each.reason) not in stored]
    return len(HeldBack.objects.bulk_create(new))


def _round(
    used: Sequence[Quote], dropped: Sequence[Dropped], faults: Sequence[str]
) -> list[dict[str, str]]:
    return [
        *(_said(quote) for quote in used),
        *(_said(each.quote) | {"dropped": each.why} for each in dropped),
        *({"dropped": fault} for fault in faults),
    ]


def _said(quote: Quote) -> dict[str, str]:
    return {
        "source": quote.source,
        "price": str(quote.price),
        "observed_at": quote.observed_at.isoformat(),
    }
