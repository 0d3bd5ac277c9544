"""
Release: securities go back to their client, where what stays still covers the debt well.

VAF-26: what is owed may be at most the draw level of the margin value that stays, without the cash
in the account, so that nobody is lent by a release what a draw would refuse. It is looked at when
somebody asks, and again under the account's lock when it is done.
"""

from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from django.db import transaction

from collateral.actions.action import unpriced_by_action
from collateral.amounts import EXACT, NOTHING, quotient_down
from collateral.assets import Asset
from collateral.custody.difference import freezes
from collateral.custody.movements import Movement, Place, Transfer, record
from collateral.custody.places import CustodyPlace
from collateral.custody.pool import HeldAt
from collateral.prices.stops import Act, stop_of
from collateral.valuation.pools import PoolLine, pool_lines
from lending.margin.account import MarginAccount, State
from lending.margin.readings import Reading, read
from lending.margin.sweep import review
from onboarding.clients import client_gate
from onboarding.payloads import today
from onboarding.screening.gate import Act as ScreeningAct
from onboarding.screening.gate import screening_gate


class NotReleasable(Exception):
    """The units stay, and why, in the client's words."""


def releasable(account: MarginAccount, line: PoolLine, reading: Reading) -> Decimal:
    """
    How many units of `line` could go now, rounded down to whole steps; never more than there are.

    All where nothing is owed; none where the account is unpriced.
    """
    if reading.debt == 0:
        return line.units
    if not reading.is_priced:
        return NOTHING
    with localcontext(EXACT):
        level = account.terms.draw
        lends = line.price * (1 - line.lending_haircut)
        spare = level * (reading.margin_value - reading.cash) - reading.debt
        if spare < 0:
            return NOTHING
        if level * lends == 0:
            return line.units
        return min(line.units, quotient_down(spare, level * lends, line.step))


def release_gate(account: MarginAccount, asset: Asset, *, now: datetime) -> str | None:
    """
    Why nothing of `asset` is released to the client of `account` now, in its own words; else None.

    Frozen while the register and a custodian disagree on it, until two people have explained why.
    """
    found = freezes(client_id=account.client_id, pool_id=account.pool_id, asset=asset)
    if found is None:
        return None
    return (
        f"Our records of {asset} are being compared with its custodian's. Nothing of it is released"
        " until that is done."
    )


def obstacle_to_release(
    account: MarginAccount,
    asset: Asset,
    units: Decimal,
    *,
    custody: CustodyPlace | None = None,
    now: datetime,
) -> str | None:
    """
    Why `units` of `asset` cannot go now, in the client's words; None where they can.

    `account` comes with its terms and its client.
    """
    if why := client_gate(account.client):
        return why
    if why := screening_gate(account.client, ScreeningAct.RELEASE, on=today(now)):
        return why
    if why := release_gate(account, asset, now=now):
        return why
    if asset.pk in unpriced_by_action(now=now):
        return f"A corporate action of {asset} is due. Its units change first."
    if account.state not in (State.HEALTHY, State.WARNED):
        return f"{account} is {account.get_state_display().lower()}: nothing is released from it."
    if account.orders.filter(ended_at=None).exists():
        return "An order of this account is at the venue. Nothing is released meanwhile."
    [reading] = read(now=now, account_ids=[account.pk])
    lines = pool_lines([account.pool_id], now=now).get(account.pool_id, [])
    line = next((each for each in lines if each.asset_id == asset.pk), None)
    if line is None or line.units < units:
        held = line.units.normalize() if line else NOTHING
        return f"{account} has {held:,f} {asset} pledged, and no more."
    if custody and units > _resting(account, asset, custody):
        return f"Not so many {asset} of {account} rest at {custody}."
    if reading.debt and not reading.is_priced:
        return "A pledged asset has no fresh price, so nobody can say what may be released."
    if reading.debt and (why := stop_of(Act.RELEASE, lines, thin_wait=timedelta(0), now=now)):
        return f"Nothing is released while something is owed: {why}."
    most = releasable(account, line, reading)
    if units > most:
        return (
            f"At most {most.normalize():,f} {asset} can be released: what stays must cover what is"
            f" owed at the draw level of {(account.terms.draw * 100).normalize():f}%."
        )
    return None


def _resting(account: MarginAccount, asset: Asset, custody: CustodyPlace) -> Decimal:
    held = HeldAt.objects.filter(pool=account.pool_id, asset=asset, place=custody)
    return held.values_list("units", flat=True).first() or NOTHING


@transaction.atomic
def release(
    account: MarginAccount,
    asset: Asset,
    units: Decimal,
    *,
    key: str,
    custody: CustodyPlace | None = None,
    now: datetime,
) -> bool:
    """
    Give `units` of `asset` back to the client of `account`, and review the account.

    False where the same release (same `key`) was made before.

    :raises NotReleasable: see `obstacle_to_release`, asked under the account's lock
    :raises NotAWholeStep, KeyReused: see `collateral.custody.movements.record`
    """
    account = MarginAccount.objects.locked().select_related("terms", "client").get(pk=account.pk)
    transfer = Transfer(
        key=key,
        asset=asset,
        units=units,
        pool=account.pool_id,
        into_pool=False,
        other_place=Place.CLIENT,
        narrative=f"released from {account}",
        custody=custody,
    )
    if not Movement.objects.filter(key=key).exists():
        why = obstacle_to_release(account, asset, units, custody=custody, now=now)
        if why:
            raise NotReleasable(why)
    is_new = bool(record([transfer], now=now))
    if is_new:
        review([account.pk], now=now, skip_locked=False)
    return is_new
