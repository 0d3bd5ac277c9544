"""
Open the account of an approved application: client, signatories, service, relation, pool, account.

One transaction by two people's word: nothing is opened half. The account hangs under an active
securities margin relation (VAF-3), separate from any cash account (SMF-73), and is born with the
limit that credit decided.
"""

from datetime import datetime

from django.db import connection, models

from collateral.custody.pool import Pool
from lending.ledger.chart import open_subledgers
from lending.margin.account import MarginAccount
from lending.margin.relation import MarginRelation
from lending.margin.terms import MarginTerms
from onboarding.applications.application import Application, State
from onboarding.applications.checks import not_passed, record_by_rule
from onboarding.applications.credit_decision import CreditDecision, decision_of
from onboarding.applications.documents_needed import papers_held
from onboarding.applications.named import in_state
from onboarding.applications.review import stale_since
from onboarding.applications.screened import screen_as_client
from onboarding.applications.steps import missing
from onboarding.applications.terms_accepted import carry, signing
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.clients import Client, Service, Signatory
from onboarding.documents.document import belongs_to
from onboarding.entity import client_type, gate
from onboarding.hands import OPEN_ACCOUNT
from onboarding.lifecycle import move
from onboarding.payloads import as_hkd, as_percent, today

COMMAND = "open_account"


class Opening(models.Model):
    """Which account an application became; the database opens none without it."""

    application = models.OneToOneField(Application, models.PROTECT, related_name="opening")
    account = models.OneToOneField(MarginAccount, models.PROTECT, related_name="opening")
    decision = models.OneToOneField(CreditDecision, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    def __str__(self):
        return f"{self.application_id}: {self.account_id}"


def obstacles(application: Application, *, now: datetime) -> list[str]:
    """Everything that keeps the account from being opened, in the officer's words."""
    words = [f"{each.title}: {each.words}" for each in not_passed(application, now=now)]
    words += missing(application, now=now)
    if application.manager_id is None or not application.manager.is_active:
        words.append("Nobody is named who will serve the client.")
    if stale_since(application, now=now):
        words.append("What the applicant confirmed is too old: ask for it again.")
    not_offered = gate(client_type(application.kind), now=now)
    if not_offered:
        words.append(not_offered)
    if terms_of_house(now=now) is None:
        words.append("No margin terms are in force.")
    return words


def terms_of_house(*, now: datetime) -> MarginTerms | None:
    """The terms that a new account stands under."""
    rows = MarginTerms.objects.filter(effective_at__lte=now)
    return rows.order_by("-effective_at", "-pk").first()


def _ready(payload: dict, *, now: datetime) -> tuple[Application, CreditDecision]:
    application = in_state(payload, [State.CREDIT])
    stand_in_the_way = obstacles(application, now=now)
    if stand_in_the_way:
        raise Invalid(" ".join(stand_in_the_way))
    return application, decision_of(application)


def _differs(payload: dict, *, now: datetime) -> Difference:
    application, decision = _ready(payload, now=now)
    names = [str(party.user) for party in signing(application)]
    # Shown before and after, so that what changes meanwhile makes the proposal stale.
    rests_on = (
        f"edition {application.edition}, decision {decision.pk} of credit:"
        f" {as_hkd(decision.limit)}; {application.manager}"
    )
    return [
        (f"{application}", application.get_state_display(), State.OPENED.label),
        ("Client", "", f"{application.name}, {application.get_kind_display().lower()}"),
        ("Signs", "", f"{', '.join(names)}; {application.signatures} together"),
        ("Served by", "", str(application.manager)),
        ("Credit limit", "", as_hkd(decision.limit)),
        ("Spread over the benchmark", "", as_percent(decision.spread)),
        ("Margin terms", "", str(terms_of_house(now=now))),
        ("Rests on", rests_on, rests_on),
    ]


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    locked = Application.objects.locked().get(pk=in_state(payload, [State.CREDIT]).pk)
    application, decision = _ready({"application": locked.number}, now=now)
    record_by_rule(application, now=now)
    application = move(
        application,
        Application.approve,
        reason=proposal.reason,
        mover=proposal.checker,
        proposal=proposal,
        now=now,
    )
    client = _client(application, proposal, now=now)
    account = _account(client, decision, now=now)
    Opening.objects.create(
        application=application, account=account, decision=decision, opened_at=now
    )
    move(
        application,
        Application.open,
        reason=f"client {client.number}, account {account.number}",
        client=client,
        now=now,
    )
    belongs_to(papers_held(application), client)
    carry(application, client)
    screen_as_client(application, client, now=now)
    for carry_more in _CARRIES:
        carry_more(application, client, now=now)
    return {"client": client.number, "account": account.number}


# What features do when an applicant becomes a client: carry(application, client, now=now).
_CARRIES: list = []


def carry_along(carry) -> None:
    """Have `carry(application, client, now=now)` done in the transaction of each opening."""
    _CARRIES.append(carry)


def _client(application: Application, proposal: Proposal, *, now: datetime) -> Client:
    chinese = " ".join(p.name_chinese for p in application.applying() if p.name_chinese)
    client = Client.objects.create(
        number=_next("onboarding_client_number", "C", Client),
        name=application.name[:120],
        name_chinese=chinese[:60],
        kind=application.kind,
    )
    Signatory.objects.bulk_create(
        Signatory(client=client, user=party.user) for party in signing(application)
    )
    Service.objects.create(
        client=client, manager=application.manager, from_date=today(now), proposal=proposal
    )
    return client


def _account(client: Client, decision: CreditDecision, *, now: datetime) -> MarginAccount:
    relation = MarginRelation.objects.create(client=client)
    relation = move(relation, MarginRelation.activate, reason="opened with the account", now=now)
    [subledger] = open_subledgers(1)
    # The limit is the decision's; it lends nothing before the client's means are assessed (JC-3).
    return MarginAccount.objects.create(
        number=_next("lending_account_number", "M", MarginAccount),
        client=client,
        relation=relation,
        pool=Pool.objects.create(client=client),
        subledger=subledger,
        terms=terms_of_house(now=now),
        credit_limit=decision.limit,
        spread=decision.spread,
        opened_at=now,
    )


def _next(sequence: str, letter: str, model) -> str:
    """The next number that nobody has."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(%s)", [sequence])
            number = f"{letter}{cursor.fetchone()[0]:06}"
        if not model.objects.filter(number=number).exists():
            return number


register(
    Command(
        name=COMMAND,
        title="Open an account",
        proposes=OPEN_ACCOUNT.proposes,
        approves=lambda payload, *, now: OPEN_ACCOUNT.approves,
        apply=_apply,
        differs=_differs,
        dated=True,
    )
)
