"""Enter a corporate action before its ex-date: by two people, with what they read it in."""

from datetime import datetime
from decimal import Decimal

from collateral.actions.action import (
    FRACTIONS,
    KINDS,
    WITH_A_RATIO,
    CorporateAction,
    ExpectedExDate,
    begins,
)
from collateral.actions.arithmetic import RESCALES, ActionKind, Fractions
from collateral.assets import Asset
from collateral.assets import Kind as AssetKind
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.hands import CORPORATE_ACTION, Area
from onboarding.payloads import as_day, day, number, text, today, units

MOST = 1_000_000  # Of the shares in a ratio: beyond it somebody's finger slipped.


def _asset(payload: dict, key: str, called: str) -> Asset:
    code = text(payload, key, called)
    asset = Asset.objects.filter(code=code).exclude(kind=AssetKind.CASH).first()
    if asset is None:
        raise Invalid(f"There is no asset {code[:12]}.")
    return asset


def _price(payload: dict, key: str, called: str) -> Decimal:
    value = units(payload, key, called)
    if value >= Decimal(10) ** 12 or value != round(value, 10):
        raise Invalid(f"{called} has at most ten decimals and is below HKD 1,000,000,000,000.")
    return value


def _asked(payload: dict, *, now: datetime) -> dict:
    asset = _asset(payload, "asset", "The share")
    kind = text(payload, "kind", "The kind of action")
    if kind not in KINDS:
        raise Invalid("There is no such kind of action.")
    on_share = asset.kind == AssetKind.SHARE
    if not on_share and kind not in (ActionKind.FORK, ActionKind.NOTHING):
        raise Invalid(f"{asset} has no issuer: only a fork or an airdrop can come of it.")
    ex_date = day(payload, "ex_date", "The ex-date")
    expected = ExpectedExDate.objects.filter(asset=asset, ex_date=ex_date)
    if ex_date < today(now) and not expected.exists():
        raise Invalid("That ex-date has passed, and nobody had announced it.")
    if CorporateAction.objects.filter(asset=asset, ex_date=ex_date, kind=kind).exists():
        raise Invalid(f"{KINDS[ActionKind(kind)]} of {asset} on that day is entered already.")
    asked = {"asset": asset, "kind": kind, "ex_date": ex_date, "ex_at": begins(ex_date)}
    asked |= {"source": text(payload, "source", "What it was read in")}
    if kind in WITH_A_RATIO:
        for key, called in (("new", "The number of new units"), ("old", "The number of old units")):
            asked[key] = int(number(payload, key, called, most=MOST))
        _refuse_wrong_way(kind, asked["new"], asked["old"])
    if kind in RESCALES:
        asked["fractions"] = text(payload, "fractions", "What becomes of fractions")
        if asked["fractions"] not in list(Fractions):
            raise Invalid("Fractions are paid in cash, dropped or made up.")
    if kind == ActionKind.DIVIDEND:
        asked["cash"] = _price(payload, "cash", "The dividend")
    if kind == ActionKind.RIGHTS:
        asked["subscription"] = _price(payload, "subscription", "The subscription price")
    if kind == ActionKind.FORK:
        asked["into"] = _asset(payload, "into", "What it gives")
    return asked


def _refuse_wrong_way(kind: str, new: int, old: int) -> None:
    if kind == ActionKind.SPLIT and new <= old:
        raise Invalid("A split makes more of less: name the new and the old the other way round.")
    if kind == ActionKind.CONSOLIDATION and new >= old:
        raise Invalid("A consolidation makes less of more.")


def _differs(payload: dict, *, now: datetime) -> Difference:
    asked = _asked(payload, now=now)
    action = CorporateAction(**asked)
    lines = [
        ("Corporate action", "", KINDS[ActionKind(action.kind)]),
        ("Of", "", f"{action.asset} {action.asset.name}"),
        ("Ex-date", "", as_day(action.ex_date)),
    ]
    if action.terms:
        lines.append(("Terms", "", action.terms))
    if action.kind in RESCALES:
        lines.append(("Fractions", "", FRACTIONS[Fractions(action.fractions)]))
    lines.append(("Read in", "", action.source))
    return lines


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    action = CorporateAction.objects.create(
        approved_at=now,
        reason=proposal.reason,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
        **_asked(payload, now=now),
    )
    return {"corporate_action": str(action.pk), "ex_date": action.ex_date.isoformat()}


register(
    Command(
        name="corporate_action",
        title="Corporate action",
        proposes=CORPORATE_ACTION.proposes,
        approves=lambda payload, *, now: CORPORATE_ACTION.approves,
        apply=_apply,
        differs=_differs,
        area=Area.OPERATIONS,
        dated=True,
    )
)
