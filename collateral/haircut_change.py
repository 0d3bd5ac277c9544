"""
Change a haircut: the risk officer proposes lending and liquidation, finance the capital figure.

A haircut is an asset's and not a client's: what is approved holds for all clients alike (SMF-28).
"""

from datetime import datetime
from decimal import Decimal

from django.db import connection

from collateral.assets import Asset
from collateral.haircuts import Haircut
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.hands import FRR_HAIRCUT, HAIRCUT, Area
from onboarding.payloads import as_moment, as_percent, fraction, moment, text

_NOTHING_LENT = {"lending": Decimal(1), "liquidation": Decimal(1), "frr": Decimal(1)}
_CALLED = {"lending": "Lending haircut", "liquidation": "Liquidation haircut", "frr": "FRR haircut"}


def _asset_of(payload: dict, *, lock: bool = False) -> Asset:
    code = text(payload, "asset", "The asset")
    assets = Asset.objects.select_for_update() if lock else Asset.objects
    asset = assets.filter(code=code).first()
    if asset is None:
        raise Invalid(f"There is no asset {code[:12]}.")
    return asset


def _in_force(asset: Asset, *, at: datetime) -> dict[str, Decimal] | None:
    row = Haircut.objects.in_force(at=at).filter(asset=asset).first()
    return row and {"lending": row.lending, "liquidation": row.liquidation, "frr": row.frr}


def _changed(payload: dict, figures: tuple[str, ...]) -> dict[str, Decimal]:
    return {name: fraction(payload, name, _CALLED[name]) for name in figures}


def _lending(payload: dict, *, now: datetime) -> Difference:
    changed = _changed(payload, ("lending", "liquidation"))
    if changed["liquidation"] > changed["lending"]:
        raise Invalid("The liquidation haircut is at most the lending haircut.")
    _refuse_below_floor(payload, changed["lending"], now=now)
    return _difference(payload, changed, now=now)


def _capital(payload: dict, *, now: datetime) -> Difference:
    return _difference(payload, _changed(payload, ("frr",)), now=now)


def _difference(payload: dict, changed: dict[str, Decimal], *, now: datetime) -> Difference:
    asset = _asset_of(payload)
    asked = moment(payload, "effective_at", now=now)
    before = _in_force(asset, at=asked or now)
    if before and all(before[name] == value for name, value in changed.items()):
        raise Invalid(f"The haircut of {asset} is that already.")
    lines = [
        (f"{asset}: {_CALLED[name]}", as_percent(before and before[name]), as_percent(value))
        for name, value in changed.items()
    ]
    lines.append(("In force from", "", as_moment(asked)))
    following = (
        asset.haircuts.filter(effective_at__gt=asked or now).order_by("effective_at").first()
    )
    if following:
        until = as_moment(following.effective_at)
        lines.append(("Until", until, f"{until}, when {following} follows"))
    return lines


def _refuse_below_floor(payload: dict, lending: Decimal, *, now: datetime) -> None:
    """VAF-8. The database asks again when the row is written."""
    asset = _asset_of(payload)
    since = moment(payload, "effective_at", now=now) or now
    following = asset.haircuts.filter(effective_at__gt=since).order_by("effective_at").first()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT haircut_floor_between(%s, %s, coalesce(%s, 'infinity'::timestamptz))",
            [asset.kind, since, following and following.effective_at],
        )
        [floor] = cursor.fetchone()
    if lending < floor:
        raise Invalid(f"The regulator's floor for {asset} is {as_percent(floor)}.")


def _apply_lending(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    return _written(payload, ("lending", "liquidation"), proposal=proposal, now=now)


def _apply_capital(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    return _written(payload, ("frr",), proposal=proposal, now=now)


def _written(payload: dict, figures: tuple[str, ...], *, proposal: Proposal, now: datetime) -> dict:
    """A new row; what the command does not change is carried over under the asset's lock."""
    asset = _asset_of(payload, lock=True)
    at = moment(payload, "effective_at", now=now) or now
    carried = _in_force(asset, at=at) or _NOTHING_LENT
    row = Haircut.objects.create(
        asset=asset,
        **(carried | _changed(payload, figures)),
        effective_at=at,
        reason=proposal.reason,
        maker=proposal.maker,
        checker=proposal.checker,
    )
    return {"haircut": str(row.pk), "effective_at": at.isoformat()}


register(
    Command(
        name="haircut",
        title="Haircut",
        proposes=HAIRCUT.proposes,
        approves=lambda payload, *, now: HAIRCUT.approves,
        apply=_apply_lending,
        differs=_lending,
        area=Area.RISK_PARAMETER,
        dated=True,
    )
)
register(
    Command(
        name="frr_haircut",
        title="FRR haircut",
        proposes=FRR_HAIRCUT.proposes,
        approves=lambda payload, *, now: FRR_HAIRCUT.approves,
        apply=_apply_capital,
        differs=_capital,
        area=Area.RISK_PARAMETER,
        dated=True,
    )
)
