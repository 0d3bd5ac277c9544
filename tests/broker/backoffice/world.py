"""
A house with one row of everything the staff site shows, twice: of a manager's client, and not.

The story of both clients is the same: an advance, a repayment, a day's interest, a fall through
the hard line, the sale of all there is and a deficit.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Model, Q

from broker import jobs
from broker.jobs import JobRun
from broker.notices.notice import Channel, Notice
from broker.reports.archive import StoredReport, kept
from broker.reports.documents import AccountDocument
from collateral.actions.action import CorporateAction
from collateral.assets import Asset
from collateral.custody.difference import Difference
from collateral.custody.movements import Movement
from collateral.custody.places import PlaceLicence
from collateral.haircuts import Haircut
from collateral.prices.daily_file import FileClose
from collateral.prices.incident import PriceIncident
from collateral.prices.manual_price import ManualPrice
from collateral.prices.price import HeldBack, Price
from collateral.prices.venue_health import VenueHealth
from lending.ledger import entries
from lending.ledger.chart import LedgerAccount
from lending.ledger.journal import Entry, Posting
from lending.ledger.post import Event, post
from lending.limits.group_limit import GroupLimit
from lending.liquidation.deficit import Deficit
from lending.liquidation.execute import work
from lending.loans.accrue import Accrual, accrue
from lending.loans.draw import Draw, draw
from lending.loans.rates import BenchmarkRate
from lending.loans.repay import Repayment, repay
from lending.margin.account import MarginAccount, MarginMove, State
from lending.margin.call import MarginCall, MarginCallMove
from lending.margin.limit_change import CreditLimitChange
from lending.margin.sweep import sweep
from lending.margin.terms import MarginTerms
from lending.trading.order import Order, OrderMove
from lending.trading.venues import venue_named
from onboarding.approvals import approve, propose
from onboarding.clients import Client
from onboarding.credit.profile import CreditAssessment
from onboarding.disclosures.acceptance import Acceptance
from onboarding.disclosures.text import Disclosure
from onboarding.documents.document import Document, DocumentReading
from onboarding.documents.readers import read
from onboarding.enquiries import Enquiry, Indicator, observe
from onboarding.entity import LegalEntity, ProductSwitch
from onboarding.groups import Connection
from onboarding.investors.status import InvestorStatus
from onboarding.parameters import ParameterValue
from onboarding.sizes import ApprovalSize
from onboarding.users import Role, User
from tests.factories import (
    NOON,
    a_parameter,
    a_price_file,
    client_user,
    files,
    manager_for,
    margin_account,
    price,
    staff,
)
from tests.factories.custody import a_difference, an_action_applied
from tests.factories.investors import tied
from tests.factories.terms import agree, signatory_of, terms_in_force

NOW = NOON + timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class World:
    """The manager, and a row of each model: of the own client, of a stranger, of nobody."""

    manager: User
    own: dict[type[Model], Model]
    others: dict[type[Model], Model]
    house: dict[type[Model], Model]


def build() -> World:
    terms_in_force()
    own, others = _story("first"), _story("second")
    manager = manager_for(own)
    manager_for(others)
    accrue(now=NOON)
    _fall()
    rows = _rows_of(own)
    house = _rows_of_the_house() | {GroupLimit: _group_limit(rows[CreditLimitChange], others)}
    world = World(manager, rows, _rows_of(others), house)
    assert own.client != others.client
    return world


def _story(key: str) -> MarginAccount:
    """Owes 209,000 against one bitcoin, and all that was lent has left the account."""
    account = margin_account(pledged={"BTC": "1"}, owed="120000")
    signatory = client_user(account)
    day_before = NOON - timedelta(days=1)
    price("BTC", "700000", at=day_before)
    draw(account, Decimal(90_000), key=f"draw-{key}", by=signatory, now=day_before)
    repay(account, Decimal(1_000), key=f"repay-{key}", by=signatory, now=day_before)
    spent = entries.paid_away(Decimal(90_000))
    event = Event(f"spent-{key}", "paid_away", "test", account.subledger_id, spent)
    post(event, now=day_before)
    return account


def _fall() -> None:
    for minute, btc in ((0, "500000"), (1, "150000"), (2, "150000")):
        at = NOON + timedelta(minutes=minute)
        price("BTC", btc, at=at, volume=Decimal(10_000))
        sweep(now=at)
        work(now=at, venue=venue_named("paper"))


def _rows_of(account: MarginAccount) -> dict[type[Model], Model]:
    account = MarginAccount.objects.get(pk=account.pk)
    assert account.state == State.IN_DEFICIT
    paper = files.document(client_user(account), now=NOW, client=account.client)
    read(paper, by=paper.uploaded_by, now=NOW)
    ends = Q(debit__subledger=account.subledger) | Q(credit__subledger=account.subledger)
    posting = Posting.objects.filter(ends).first()
    return {
        Client: account.client,
        MarginAccount: account,
        MarginMove: account.moves.first(),
        MarginCall: account.calls.get(),
        MarginCallMove: MarginCallMove.objects.filter(subject__account=account).first(),
        Order: account.orders.first(),
        OrderMove: OrderMove.objects.filter(subject__account=account).first(),
        Draw: account.draws.get(),
        Repayment: account.repayments.get(),
        Deficit: account.deficits.get(),
        Accrual: account.accruals.first(),
        Movement: Movement.objects.filter(to_pool=account.pool).first(),
        Posting: posting,
        Entry: posting.entry,
        LedgerAccount: account.subledger.accounts.first(),
        Notice: _notice(account),
        CreditLimitChange: _limit_cut(account),
        Acceptance: _agreed(account),
        Document: paper,
        DocumentReading: paper.readings.get(),
        InvestorStatus: account.client.investor_statuses.get(),
        Connection: tied(account.client, "spouse", party=account.client.name, reference="HKID"),
        Enquiry: observe(account.client, Indicator.THIRD_PARTY, "Somebody", now=NOW)[0],
        CreditAssessment: account.client.credit_assessments.get(),
        Difference: a_difference(account),
        AccountDocument: _document(account),
    }


def _document(account: MarginAccount) -> AccountDocument:
    return AccountDocument.objects.create(
        account=account,
        kind="daily",
        number=f"{account.number}-D-20260303",
        first=date(2026, 3, 3),
        last=date(2026, 3, 3),
        format="pdf",
        due_on=date(2026, 3, 5),
        **kept("documents", "pdf", b"%PDF", on=date(2026, 3, 3), now=NOW),
    )


def _limit_cut(account: MarginAccount) -> CreditLimitChange:
    proposal = propose(
        "credit_limit",
        {
            "account": account.number,
            "limit": "1",
            "reasons": ["adverse_event"],
            "assessment": "It is in deficit.",
            "review_date": "2026-09-01",
        },
        by=staff(Role.CREDIT_OFFICER),
        reason="in deficit",
        now=NOW,
    )
    approve(proposal, by=staff(Role.CREDIT_OFFICER), reason="agreed", now=NOW)
    return proposal.credit_limit_change


def _group_limit(change: CreditLimitChange, other: MarginAccount) -> GroupLimit:
    """As if the two were connected, and somebody had looked at both when one was cut."""
    return GroupLimit.objects.create(
        client=change.account.client,
        members=[change.account.client_id, other.client_id],
        amount=1,
        assessment="One is in deficit.",
        review_date=change.review_date,
        effective_at=NOW,
        maker=change.maker,
        checker=change.checker,
        proposal=change.proposal,
    )


def _notice(account: MarginAccount) -> Notice:
    return Notice.objects.create(
        key=f"test:{account.pk}",
        occasion="test",
        client=account.client,
        account=account,
        channel=Channel.NOBODY,
        subject="Your account",
        body="It is in deficit.",
        made_at=NOW,
    )


def _agreed(account: MarginAccount) -> Acceptance:
    user = signatory_of(account.client)
    agree(user, account.client, now=NOW)
    return Acceptance.objects.filter(user=user).first()


def _a_value_set() -> ParameterValue:
    payload = {"parameter": a_parameter().name, "value": "7", "source": "x", "verified": "no"}
    proposal = propose("parameter", payload, by=staff(Role.RISK_OFFICER), reason="policy", now=NOW)
    approve(proposal, by=staff(Role.MIC_RM), reason="agreed", now=NOW)
    return ParameterValue.objects.get(proposal=proposal)


def _a_price_by_hand() -> ManualPrice:
    until = (NOW + timedelta(hours=1)).isoformat()
    payload = {"asset": "ETH", "value": "18000", "expires_at": until}
    proposal = propose(
        "manual_price", payload, by=staff(Role.RISK_OFFICER), reason="silence", now=NOW
    )
    approve(proposal, by=staff(Role.COMPLIANCE), reason="agreed", now=NOW)
    return ManualPrice.objects.get(proposal=proposal)


def _an_approved_close() -> FileClose:
    payload = {"file": a_price_file().sha256}
    proposal = propose("price_file", payload, by=staff(Role.OPERATIONS), reason="daily", now=NOW)
    approve(proposal, by=staff(Role.FINANCE), reason="agreed", now=NOW)
    return FileClose.objects.get()


def _rows_of_the_house() -> dict[type[Model], Model]:
    btc = Asset.objects.get(code="BTC")
    jobs.started("a job", NOW)
    return {
        Asset: btc,
        Haircut: btc.haircuts.get(),
        Price: btc.prices.first(),
        HeldBack: HeldBack.objects.create(
            asset=btc, value="7000000", observed_at=NOW, reason="ten times the last"
        ),
        ManualPrice: _a_price_by_hand(),
        FileClose: _an_approved_close(),
        PriceIncident: PriceIncident.objects.create(
            trouble="thin", subject="BTC", why="2 of 3", opened_at=NOW
        ),
        VenueHealth: VenueHealth.objects.create(venue="hashkey", since=NOW),
        MarginTerms: MarginTerms.objects.get(),
        BenchmarkRate: BenchmarkRate.objects.first(),
        Disclosure: terms_in_force()[0],
        CorporateAction: an_action_applied(),
        PlaceLicence: PlaceLicence.objects.first(),
        LegalEntity: LegalEntity.objects.get(),
        ProductSwitch: ProductSwitch.objects.first(),
        ApprovalSize: ApprovalSize.objects.get(),
        ParameterValue: _a_value_set(),
        JobRun: JobRun.objects.get(),
        StoredReport: StoredReport.objects.create(
            name="margin-book",
            format="csv",
            as_of=NOW,
            as_of_date=date(2026, 3, 4),
            path="none",
            sha256="0" * 64,
            size=1,
            made_at=NOW,
            keep_until=date(2033, 3, 4),
        ),
    }
