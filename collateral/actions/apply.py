"""
Apply: units and price of a share change on its ex-date in one step, for all pools at once.

The caller holds the locks of every account with the share and knows of no order in it
(`lending/trading/actions.py`): nothing is sold between the one and the other.
"""

from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from django.db import connection, transaction

from collateral.actions.action import CorporateAction
from collateral.actions.arithmetic import RESCALES, ActionKind, price_ex, ratio_of
from collateral.amounts import EXACT
from collateral.assets import Asset
from collateral.prices.price import NewPrice, Price, keep

# A market that trades ex already is believed within this of the price in theory.
NEAR = Decimal("0.15")
# A delisted share has no market that could make its price old.
FOR_GOOD = timedelta(days=36_500)
SOURCE = "corporate action"
UNCHANGED = (ActionKind.FORK, ActionKind.NOTHING)


@transaction.atomic
def take_effect(asset: Asset, *, now: datetime) -> list[CorporateAction]:
    """
    Apply the actions of `asset` that are due, in the order of their days; those applied.

    Twice is once: an action that was applied is left alone.
    """
    due = list(
        CorporateAction.objects.select_for_update(of=("self",), no_key=True)
        .filter(asset=asset, ex_at__lte=now, applied_at=None)
        .select_related("asset", "into")
        .order_by("ex_at", "pk")
    )
    if Price.objects.filter(asset=asset, observed_at=now).exists():
        # Its own price comes after: until then it has none, and nobody is looked at in between.
        now += timedelta(microseconds=1)
    theory: Decimal | None = None
    for action in due:
        cum = _cum(action, theory)
        theory = cum and _ex(action, cum)
        _entitle(action, cum)
        _move_units(action, now=now)
        CorporateAction.objects.filter(pk=action.pk).update(
            applied_at=now, cum_price=cum, ex_price=theory
        )
        if action.kind == ActionKind.DELISTING:
            Asset.objects.filter(pk=asset.pk).update(marginable=False)
    if due:
        _reprice(due, theory, now=now)
    return due


def _cum(action: CorporateAction, theory: Decimal | None) -> Decimal | None:
    """The last price before the ex-date; where an action of the same run came before, its own."""
    last = _last_price(action.asset_id, before=action.ex_at)
    return theory if theory is not None else last and last.value


def _last_price(asset_id: int, *, before: datetime) -> Price | None:
    known = Price.objects.filter(asset=asset_id, observed_at__lt=before)
    return known.order_by("-observed_at").first()


def _ex(action: CorporateAction, cum: Decimal) -> Decimal:
    return price_ex(
        cum,
        ActionKind(action.kind),
        new=action.new or 1,
        old=action.old or 1,
        cash=action.cash or Decimal(0),
        subscription=action.subscription or Decimal(0),
    )


def _entitle(action: CorporateAction, cum: Decimal | None) -> None:
    """The twin of `arithmetic.changed`, for every holding: whole quotients, rounded once."""
    numerator, denominator = ratio_of(ActionKind(action.kind), action.new or 1, action.old or 1)
    gives = action.into or action.asset
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO collateral_entitlement
                   (action_id, pool_id, place_id, before, after, cash, more)
            SELECT %(action)s, pool_id, place_id, units, after,
                   CASE WHEN %(cash)s::numeric IS NOT NULL THEN trunc(units * %(cash)s, 2)
                        WHEN %(fractions)s <> 'cash' OR after * %(den)s >= units * %(num)s THEN 0
                        ELSE div((units * %(num)s - after * %(den)s) * %(cum)s * 100, %(num)s) / 100
                        END,
                   CASE WHEN %(gives)s THEN div(units * %(new)s, %(old)s * %(more_step)s)
                                            * %(more_step)s ELSE 0 END
              FROM (SELECT pool_id, place_id, units,
                           (div(units * %(num)s, %(den)s * %(step)s)
                            + CASE WHEN %(fractions)s = 'up'
                                        AND mod(units * %(num)s, %(den)s * %(step)s) > 0
                                   THEN 1 ELSE 0 END) * %(step)s AS after
                      FROM collateral_heldat WHERE asset_id = %(asset)s AND units > 0) held
             ORDER BY pool_id, place_id
            ON CONFLICT DO NOTHING
            """,
            {
                "action": action.pk,
                "asset": action.asset_id,
                "num": numerator,
                "den": denominator,
                "step": action.asset.step,
                "fractions": action.fractions if action.kind in RESCALES else "dropped",
                "cum": cum,
                "cash": action.cash,
                "gives": action.kind in (ActionKind.RIGHTS, ActionKind.FORK),
                "new": action.new or 0,
                "old": action.old or 1,
                "more_step": gives.step,
            },
        )


def _move_units(action: CorporateAction, *, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO collateral_movement
                   (key, asset_id, units, from_place, from_pool_id, to_place, to_pool_id,
                    custody_id, moved_at, narrative)
            SELECT 'action:' || action_id || ':' || pool_id || ':' || place_id, %(asset)s,
                   abs(after - before),
                   CASE WHEN after > before THEN 'issuer' ELSE 'pool' END,
                   CASE WHEN after > before THEN NULL ELSE pool_id END,
                   CASE WHEN after > before THEN 'pool' ELSE 'issuer' END,
                   CASE WHEN after > before THEN pool_id END,
                   place_id, %(now)s, %(narrative)s
              FROM collateral_entitlement
             WHERE action_id = %(action)s AND after <> before
             ORDER BY pool_id, place_id
            """,
            {
                "action": action.pk,
                "asset": action.asset_id,
                "now": now,
                "narrative": str(action)[:200],
            },
        )


def _reprice(applied: list[CorporateAction], theory: Decimal | None, *, now: datetime) -> None:
    """
    The price in theory stands until the market's next one, as long as the last one would have.

    Where the market has traded ex already and is near the theory, its own price stands.
    """
    [asset_id] = {action.asset_id for action in applied}
    if any(action.kind == ActionKind.DELISTING for action in applied):
        return _keep(asset_id, price_ex(Decimal(1), ActionKind.DELISTING), now, now + FOR_GOOD)
    if theory is None or all(action.kind in UNCHANGED for action in applied):
        return None
    last = _last_price(asset_id, before=now + timedelta(microseconds=1))
    traded_ex = last.observed_at >= max(action.ex_at for action in applied)
    with localcontext(EXACT):
        if traded_ex and abs(last.value - theory) <= NEAR * theory:
            return None
    if not traded_ex:
        return _keep(asset_id, theory, now, max(now, last.fresh_until))
    # Nobody can say what that price was of: it is unpriced until the market speaks again.
    return _keep(asset_id, theory, now, now)


def _keep(asset_id: int, value: Decimal, at: datetime, fresh_until: datetime) -> None:
    keep([NewPrice(asset_id, value, at, fresh_until, SOURCE)])
