"""Clients to be assessed, their papers, and statuses confirmed through the product's own doors."""

import itertools
from datetime import date, datetime, timedelta
from decimal import Decimal

from onboarding.approvals import Proposal, approve, propose
from onboarding.clients import Client, Kind, Service, Signatory
from onboarding.eligibility import AssetClass, Category, Line, LineType
from onboarding.groups import Connection
from onboarding.investors.assess import assess
from onboarding.investors.papers import Held, Paper, RestOn
from onboarding.investors.qualified import CRITERIA
from onboarding.investors.status import EvidenceType, InvestorStatus
from onboarding.payloads import today
from onboarding.users import Role, User
from tests.factories import LONG_AGO, NOON, client_user, staff

_numbers = itertools.count(1)
EIGHT_MILLION = Decimal(8_000_000)
PROOF = {
    Category.INDIVIDUAL: EvidenceType.CUSTODIAN_STATEMENT,
    Category.CORPORATE: EvidenceType.AUDITED_ACCOUNTS,
    Category.TRUST: EvidenceType.AUDITED_ACCOUNTS,
    Category.HOLDING: EvidenceType.OWNERSHIP_RECORD,
    Category.INSTITUTIONAL: EvidenceType.REGISTER_EXTRACT,
}


def a_client(kind: str = Kind.PERSON, *, manager: User | None = None) -> Client:
    """A client of nobody's account, served by an RM of its own or by `manager`."""
    number = next(_numbers)
    client = Client.objects.create(number=f"P{number:06}", name=f"Investor {number}", kind=kind)
    Service.objects.create(
        client=client, manager=manager or staff(Role.RM), from_date=LONG_AGO.date()
    )
    return client


def signatory_of(client: Client) -> User:
    user = client_user()
    Signatory.objects.create(client=client, user=user)
    return user


def manager_of(client: Client) -> User:
    return client.services.get(until_date=None).manager


def paper(
    type: str = EvidenceType.CUSTODIAN_STATEMENT, *, as_of: date | None = None, **fields
) -> Paper:
    """What a custodian says of a month ago, in HKD."""
    as_of = as_of or today(NOON) - timedelta(days=28)
    given = {"amount": Decimal(100_000_000), "reference": "file 7", "issuer": "A bank"} | fields
    return Paper(type, as_of_date=as_of, received_date=as_of, **given)


def own(amount=EIGHT_MILLION, asset_class=AssetClass.SECURITIES, **fields) -> Held:
    return Held(Line(LineType.OWN, asset_class, Decimal(amount), said="custody", **fields), 0)


def assessed(client: Client, *, now: datetime = NOON, by: User | None = None, **asked):
    """An assessment of what suits the client's kind; by default one that passes."""
    category = asked.pop("category", None) or {
        Kind.CORPORATE: Category.CORPORATE,
        Kind.TRUST: Category.TRUST,
        Kind.INSTITUTION: Category.INSTITUTIONAL,
    }.get(client.kind, Category.INDIVIDUAL)
    as_of = today(now) - timedelta(days=28)
    given = {"papers": [paper(PROOF[category], as_of=as_of)]}
    if category in (Category.INDIVIDUAL, Category.CORPORATE):
        given["held"] = [own()]
    if client.kind == Kind.JOINT:
        given["holders"] = ["Chan", "Lee"]
        given["held"] = [own(holder=name) for name in given["holders"]]
    if category == Category.TRUST:
        line = Line(LineType.TRUST_ASSETS, AssetClass.OTHER, Decimal(40_000_000))
        given["held"] = [Held(line, 0)]
    if category == Category.INSTITUTIONAL:
        given["limb"] = "b"
    return assess(
        client, category=category, by=by or manager_of(client), now=now, **(given | asked)
    )


def asked_for(status: InvestorStatus, *, now: datetime = NOON, by: User | None = None) -> Proposal:
    return propose(
        "confirm_investor",
        {"status": str(status.pk)},
        by=by or manager_of(status.client),
        reason="papers seen",
        now=now,
    )


def agree(proposal: Proposal, *, now: datetime = NOON, by: User | None = None) -> Proposal:
    return approve(proposal, by=by or staff(Role.COMPLIANCE), reason="agreed", now=now)


def confirmed(client: Client, *, now: datetime = NOON, **asked) -> InvestorStatus:
    status = assessed(client, now=now, **asked)
    agree(asked_for(status, now=now), now=now)
    return InvestorStatus.objects.get(pk=status.pk)


def holding(*owners: tuple[Client, str], owned: Client | None = None, now: datetime = NOON):
    """A confirmed holding corporation that rests on `owners` with their shares, or on `owned`."""
    rests = [RestOn(owner, True, Decimal(share)) for owner, share in owners]
    if owned:
        rests.append(RestOn(owned, False, Decimal(1)))
    return confirmed(a_client(Kind.CORPORATE), category=Category.HOLDING, rests=rests, now=now)


def withdrawn(client: Client, *, now: datetime = NOON) -> None:
    payload = {"client": client.number}
    row = propose("withdraw_investor", payload, by=manager_of(client), reason="asked", now=now)
    agree(row, now=now)


def qualification(client: Client, **changed) -> dict:
    """The payload of an assessment for virtual assets in which every criterion is met."""
    argued = {name: f"argued: {words}" for name, words in CRITERIA.items()}
    met = {f"{name}_met": "yes" for name in CRITERIA}
    given = {
        "client": client.number,
        "market": "va",
        "explained_date": "2026-03-01",
        "consent_date": "2026-03-02",
        "consent_reference": "file 9",
    }
    return argued | met | given | changed


def qualified(client: Client, *, now: datetime = NOON, **changed) -> Proposal:
    payload = qualification(client, **changed)
    row = propose("qualify_investor", payload, by=manager_of(client), reason="assessed", now=now)
    return agree(row, now=now)


def tied(client: Client, kind: str, *, to: Client | None = None, now: datetime = NOON, **fields):
    """A tie that two people agreed to."""
    payload = {"client": client.number, "kind": kind, "from_date": today(now).isoformat()} | fields
    if to:
        payload["other"] = to.number
    by = staff(Role.CREDIT_OFFICER)
    row = propose("connect_clients", payload, by=by, reason="found", now=now)
    agree(row, now=now)
    return Connection.objects.get(proposal=row)


class InvestorScene:
    """What each command about investors and ties needs to be possible, and its payload."""

    def __init__(self, client: Client, manager: User):
        self.client, self.manager = client, manager
        self.firm: Client | None = None
        self.status: InvestorStatus | None = None
        self.tie: Connection | None = None
        self.unknowing = client

    def prepare(self, line: str) -> None:
        if line == "confirm_investor":
            self.status = assessed(self.client, by=self.manager)
        if line in ("qualify_investor", "confirm_qualification"):
            self.firm = confirmed(a_client(Kind.CORPORATE, manager=self.manager)).client
        if line == "confirm_qualification":
            qualified(self.firm)
        if line == "record_training":
            self.unknowing = a_client(manager=self.manager)
        if line == "disconnect_clients":
            self.tie = tied(self.client, "spouse", party="A wife", reference="HKID")

    def payloads(self) -> dict[str, dict]:
        number = self.client.number
        made = {
            "record_training": {
                "client": self.unknowing.number,
                "given_date": "2026-03-03",
                "trainer": "May Lau",
                "content": "price risk",
            },
            "knowledge_bank": {"bank": "2026-1"},
            "connect_clients": {
                "client": number,
                "kind": "guarantor",
                "party": "Mr Wu",
                "reference": "passport 7",
                "from_date": "2026-03-04",
            },
        }
        if self.status:
            made["confirm_investor"] = {"status": str(self.status.pk)}
        if self.firm:
            made["qualify_investor"] = qualification(self.firm)
            made["confirm_qualification"] = {
                "client": self.firm.number,
                "market": "va",
                "stands": "yes",
                "confirmed_date": "2026-03-04",
                "reference": "letter",
            }
        if self.tie:
            made["disconnect_clients"] = {
                "connection": str(self.tie.pk),
                "until_date": "2026-03-04",
            }
        return made
