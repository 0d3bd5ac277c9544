"""Pledge securities that were transferred in, and release them: each by two people."""

from datetime import datetime
from decimal import Decimal

from collateral.assets import Asset, Kind
from collateral.custody.movements import NotAWholeStep
from collateral.custody.places import CustodyPlace, NoPlace, PlaceLicence, Places
from lending.margin.account import MarginAccount, State
from lending.margin.pledge import NotPledgeable, pledge
from lending.margin.release import NotReleasable, obstacle_to_release, release
from lending.margin.transfer import Direction, SecuritiesTransfer
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.clients import Client
from onboarding.hands import PLEDGE_SECURITIES, RELEASE_SECURITIES, Area
from onboarding.payloads import text, units

_LONGEST = 60


def _account_of(payload: dict) -> MarginAccount:
    number = text(payload, "account", "The account")
    accounts = MarginAccount.objects.select_related("client", "terms", "subledger")
    account = accounts.filter(number=number).first()
    if account is None:
        raise Invalid(f"There is no account {number[:12]}.")
    return account


def _client_of(payload: dict) -> Client:
    return _account_of(payload).client


def _share_of(payload: dict) -> tuple[Asset, Decimal]:
    code = text(payload, "asset", "The share")
    asset = Asset.objects.filter(code=code, kind=Kind.SHARE).first()
    if asset is None:
        raise Invalid(f"There is no listed share {code[:12]}.")
    number = units(payload, "units", "The number of shares")
    if number % asset.step:
        raise Invalid(f"{asset} comes in whole multiples of {asset.step.normalize():f}.")
    return asset, number


def _custody_of(payload: dict, *, now: datetime) -> CustodyPlace:
    code = text(payload, "place", "The custody place", needed=False)
    if not code:
        try:
            return CustodyPlace.objects.get(pk=Places(now=now).keeping(Kind.SHARE))
        except NoPlace as refusal:
            raise Invalid(f"Name the custody place: {refusal}.") from None
    place = CustodyPlace.objects.filter(code=code).first()
    if place is None or not PlaceLicence.objects.in_force(at=now).filter(place=place).exists():
        raise Invalid(f"There is no custody place {code[:12]}.")
    return place


def _paper(payload: dict, direction: Direction) -> dict[str, str]:
    words = {
        "participant": text(payload, "participant", "The broker or CCASS participant"),
        "reference": text(payload, "reference", "The reference of the transfer"),
    }
    for said in words.values():
        if len(said) > _LONGEST:
            raise Invalid(f"{said[:20]}… is longer than {_LONGEST} characters.")
    if SecuritiesTransfer.objects.filter(direction=direction, **words).exists():
        raise Invalid(f"The transfer {words['reference']} is in the register already.")
    return words | {"evidence": text(payload, "evidence", "What was seen")}


def _lines(payload: dict, direction: Direction, *, now: datetime) -> Difference:
    account, (asset, number) = _account_of(payload), _share_of(payload)
    paper, place = _paper(payload, direction), _custody_of(payload, now=now)
    is_in = direction == Direction.IN
    return [
        ("Account", "", f"{account}, {account.client}"),
        (f"{asset} {'pledged' if is_in else 'released'}", "", f"{number.normalize():,f}"),
        ("From" if is_in else "To", "", f"{paper['participant']}, {paper['reference']}"),
        ("Rests at" if is_in else "Rested at", "", str(place)),
        ("Seen", "", paper["evidence"]),
    ]


def _pledged(payload: dict, *, now: datetime) -> Difference:
    account, (asset, _) = _account_of(payload), _share_of(payload)
    if account.state == State.CLOSED:
        raise Invalid(f"{account} is closed.")
    if not asset.marginable:
        raise Invalid(f"{asset} is not on the list of accepted collateral.")
    return _lines(payload, Direction.IN, now=now)


def _released(payload: dict, *, now: datetime) -> Difference:
    account, (asset, number) = _account_of(payload), _share_of(payload)
    custody = _custody_of(payload, now=now)
    why = obstacle_to_release(account, asset, number, custody=custody, now=now)
    if why:
        raise Invalid(why)
    return _lines(payload, Direction.OUT, now=now)


def _pledge(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    account, (asset, number) = _account_of(payload), _share_of(payload)
    custody = _custody_of(payload, now=now)
    try:
        pledge(
            account,
            asset,
            number,
            key=f"transfer-in:{proposal.pk}",
            custody=custody,
            by=proposal.checker,
            now=now,
        )
    except (NotPledgeable, NotAWholeStep) as refusal:
        raise Invalid(f"{refusal}.") from refusal
    return _kept(payload, Direction.IN, proposal=proposal, now=now)


def _release(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    account, (asset, number) = _account_of(payload), _share_of(payload)
    custody = _custody_of(payload, now=now)
    try:
        release(account, asset, number, key=f"transfer-out:{proposal.pk}", custody=custody, now=now)
    except (NotReleasable, NotAWholeStep) as refusal:
        raise Invalid(str(refusal)) from refusal
    return _kept(payload, Direction.OUT, proposal=proposal, now=now)


def _kept(payload: dict, direction: Direction, *, proposal: Proposal, now: datetime) -> dict:
    account, (asset, number) = _account_of(payload), _share_of(payload)
    row = SecuritiesTransfer.objects.create(
        account=account,
        direction=direction,
        asset=asset,
        units=number,
        custody=_custody_of(payload, now=now),
        transferred_at=now,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
        **_paper(payload, direction),
    )
    return {"securities_transfer": str(row.pk), "account": account.number}


register(
    Command(
        name="pledge_securities",
        title="Pledge securities",
        proposes=PLEDGE_SECURITIES.proposes,
        approves=lambda payload, *, now: PLEDGE_SECURITIES.approves,
        apply=_pledge,
        differs=_pledged,
        client_of=_client_of,
        area=Area.OPERATIONS,
        dated=True,
    )
)
register(
    Command(
        name="release_securities",
        title="Release securities",
        proposes=RELEASE_SECURITIES.proposes,
        approves=lambda payload, *, now: RELEASE_SECURITIES.approves,
        apply=_release,
        differs=_released,
        client_of=_client_of,
        area=Area.OPERATIONS,
        dated=True,
    )
)
