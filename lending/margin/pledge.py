"""Pledge: units of an asset come from the client into the account's pool."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from collateral.actions.action import unpriced_by_action
from collateral.assets import Asset, Kind
from collateral.custody.movements import Place, Transfer, record
from collateral.custody.places import CustodyPlace, va_gate
from lending.margin.account import MarginAccount, State
from lending.margin.sweep import after_act


class NotPledgeable(Exception):
    """The asset is not accepted as collateral, or the account takes none."""


@transaction.atomic
def pledge(
    account: MarginAccount,
    asset: Asset,
    units: Decimal,
    *,
    key: str,
    now: datetime,
    by=None,
    custody: CustodyPlace | None = None,
) -> bool:
    """
    Take `units` of `asset` into the pool of `account`, and review the account at once.

    They rest at `custody`, or where their kind is kept.

    False where the same pledge (same `key`) was taken before: doing it twice is doing it once.

    :raises NotPledgeable: the asset lends nothing (VAF-7, SMF-26), the account is closed, no
        place with a licence keeps virtual assets (JC-7), or its corporate action is due
    :raises NotAWholeStep, KeyReused: see `collateral.custody.movements.record`
    """
    account = MarginAccount.objects.locked().get(pk=account.pk)
    if not asset.marginable:
        raise NotPledgeable(f"{asset} is not on the list of accepted collateral")
    if asset.kind == Kind.CASH and asset.code == account.subledger.currency:
        raise NotPledgeable(f"{asset} is paid into the account and not pledged")
    if account.state == State.CLOSED:
        raise NotPledgeable(f"{account} is closed")
    if asset.kind == Kind.VA and custody is None and (why := va_gate(now=now)):
        raise NotPledgeable(why)
    if asset.pk in unpriced_by_action(now=now):
        raise NotPledgeable(f"a corporate action of {asset} is due: its units change first")
    transfer = Transfer(
        key=key,
        asset=asset,
        units=units,
        pool=account.pool_id,
        into_pool=True,
        other_place=Place.CLIENT,
        narrative=f"pledged to {account}",
        custody=custody,
    )
    is_new = bool(record([transfer], now=now))
    if is_new:
        after_act(account, reason=f"pledged {units.normalize():f} {asset}", by=by, now=now)
    return is_new
