"""Where units come to rest and what they leave: a custody place for each transfer, or several."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from collateral.custody.places import Places
from collateral.custody.pool import HeldAt

if TYPE_CHECKING:
    from collateral.custody.movements import Transfer

# Between the key of a movement and the number of its part, where units left several places.
PART = "/"


def placed(transfers: "list[Transfer]", *, now: datetime) -> "list[Transfer]":
    """
    The same with a custody place for each, in parts where units leave several.

    What a pool does not have is asked of the first place, and the database refuses it.
    """
    rests = _rests([transfer for transfer in transfers if not transfer.into_pool])
    places: Places | None = None
    parted = []
    for transfer in transfers:
        at = rests[transfer.pool_id, transfer.asset.pk]
        first = transfer.custody_id or _only_place(transfer, at)
        if first is None:
            places = places or Places(now=now)
            first = places.keeping(transfer.asset.kind)
        if transfer.into_pool or transfer.custody_id:
            parts = {first: transfer.units}
        else:
            parts = _parts(transfer.units, at, first)
        for number, (place, units) in enumerate(parts.items(), start=1):
            at[place] += units if transfer.into_pool else -units
            key = transfer.key if number == 1 else f"{transfer.key}{PART}{number}"
            parted.append(replace(transfer, key=key, units=units, custody=place))
    return parted


def _only_place(transfer: "Transfer", at: dict[int, Decimal]) -> int | None:
    """The one place that what leaves can leave, as it is almost always."""
    if transfer.into_pool:
        return None
    held = [place for place, units in at.items() if units > 0]
    return held[0] if len(held) == 1 else None


def _parts(units: Decimal, at: dict[int, Decimal], first: int) -> dict[int, Decimal]:
    parts: dict[int, Decimal] = {}
    for place in sorted(at, key=lambda place: (place != first, -at[place], place)):
        part = min(units, at[place])
        if part > 0:
            parts[place], units = part, units - part
    if units:
        parts[first] = parts.get(first, Decimal(0)) + units
    return parts


def _rests(leaving: "list[Transfer]") -> dict[tuple[int, int], dict[int, Decimal]]:
    """Units by place, of each pool and asset that something leaves; others are empty."""
    rests: dict = defaultdict(lambda: defaultdict(Decimal))
    if not leaving:
        return rests
    rows = HeldAt.objects.filter(
        pool__in={transfer.pool_id for transfer in leaving},
        asset__in={transfer.asset.pk for transfer in leaving},
    )
    for pool, asset, place, units in rows.values_list("pool", "asset", "place", "units"):
        rests[pool, asset][place] = units
    return rests
