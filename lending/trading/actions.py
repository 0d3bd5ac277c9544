"""Corporate actions reach the accounts: no order in between, and each account looked at after."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from collateral.actions.action import CorporateAction
from collateral.actions.apply import take_effect
from collateral.assets import Asset
from collateral.custody.pool import Holding
from lending.margin.account import MarginAccount
from lending.margin.sweep import review
from lending.trading.order import AT_VENUE, Order


@dataclass(slots=True)
class Effect:
    """The actions applied in one run, and the assets that wait for an order to end."""

    applied: list[CorporateAction] = field(default_factory=list)
    waiting: list[Asset] = field(default_factory=list)


def apply_due_actions(*, now: datetime) -> Effect:
    """
    Apply each action whose ex-date has begun, asset by asset, each in one transaction.

    An order of the asset at a venue is waited for: it was made at the old units and price. No new
    one is made, because the asset is unpriced from the first minute of the day.
    """
    effect = Effect()
    due = Asset.objects.filter(actions__ex_at__lte=now, actions__applied_at=None).distinct()
    for asset in due.order_by("pk"):
        applied = _apply(asset, now=now)
        if applied is None:
            effect.waiting.append(asset)
        else:
            effect.applied += applied
    return effect


@transaction.atomic
def _apply(asset: Asset, *, now: datetime) -> list[CorporateAction] | None:
    """None where an order of the asset is still at a venue."""
    # Whoever trades, pledges or releases takes the account's lock: with all of them nothing moves.
    holding = MarginAccount.objects.locked().filter(pool__in=_pools_with(asset))
    accounts = list(holding.values_list("pk", flat=True))
    if Order.objects.filter(asset=asset, state__in=AT_VENUE).exists():
        return None
    applied = take_effect(asset, now=now)
    if applied:
        review(accounts, now=now, skip_locked=False)
    return applied


def _pools_with(asset: Asset):
    return Holding.objects.filter(asset=asset, units__gt=0).values("pool")
