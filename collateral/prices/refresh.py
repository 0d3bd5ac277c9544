"""Enter what sources said: agree on a price for each asset, keep it, or keep why there is none."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from collateral.assets import Asset
from collateral.prices.consensus import Agreed, Dropped, NoPrice, Rule, agree
from collateral.prices.consensus import HeldBack as TooFar
from collateral.prices.price import HeldBack, NewPrice, Price, keep
from collateral.prices.quote import Quote

PRICE_STEP = Decimal("0.0000000001")


@dataclass(frozen=True, slots=True)
class Entered:
    """How many assets got a price, and how many rounds ended without one."""

    kept: int
    held_back: int


def enter(
    quotes: Mapping[Asset, Sequence[Quote]],
    *,
    now: datetime,
    rule: Rule,
    last: dict[int, Decimal] | None = None,
) -> Entered:
    """
    One round: the agreed prices of all assets are kept in one statement, the rest is held back.

    `last` is the caller's own memory of the last agreed price by asset id; it is brought up to
    date. Without it the last prices are read. A moment that is already priced is left alone.
    """
    if last is None:
        last = dict(
            Price.objects.latest_of_each(now=now)
            .filter(asset__in=list(quotes))
            .values_list("asset_id", "value")
        )
    prices, held = [], []
    for asset, said in quotes.items():
        found = agree(said, now=now, last=last.get(asset.pk), rule=rule)
        if isinstance(found, Agreed):
            prices.append(_new_price(asset, found))
            last[asset.pk] = prices[-1].value
        else:
            held.append(_held_back(asset, found, now=now))
    keep(prices)
    if held:
        HeldBack.objects.bulk_create(held)
    return Entered(len(prices), len(held))


def _new_price(asset: Asset, agreed: Agreed) -> NewPrice:
    """Usable from when the last of its quotes was observed until the first of them goes stale."""
    volumes = [q.volume_per_minute for q in agreed.used if q.volume_per_minute is not None]
    return NewPrice(
        asset_id=asset.pk,
        value=agreed.value.quantize(PRICE_STEP, rounding=ROUND_HALF_EVEN),
        observed_at=max(quote.observed_at for quote in agreed.used),
        fresh_until=min(quote.fresh_until for quote in agreed.used),
        source="+".join(quote.source for quote in agreed.used),
        quotes=json.dumps(_round(agreed.used, agreed.dropped)),
        volume=min(volumes, default=None),
    )


def _held_back(asset: Asset, found: NoPrice, *, now: datetime) -> HeldBack:
    too_far = isinstance(found, TooFar)
    return HeldBack(
        asset=asset,
        value=str(found.value) if too_far else "",
        observed_at=now,
        reason=found.reason,
        quotes=_round(found.used if too_far else (), found.dropped),
    )


def _round(used: Sequence[Quote], dropped: Sequence[Dropped]) -> list[dict[str, str]]:
    said = [_said(quote) for quote in used]
    return said + [_said(each.quote) | {"dropped": each.why} for each in dropped]


def _said(quote: Quote) -> dict[str, str]:
    return {
        "source": quote.source,
        "price": str(quote.price),
        "observed_at": quote.observed_at.isoformat(),
    }
