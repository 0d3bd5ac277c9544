"""
Make documents: of each day that is over, and of each month, for everybody whom they concern.

A day's documents are made for accounts on which something happened that day: a daily statement, a
contract note where anything was dealt, a receipt where anything was received. A month's statement
is made for every account that had, owed or did anything in it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from broker.reports.archive import kept
from broker.reports.deadlines import DAILY, MONTHLY, RECEIPT, due_on
from broker.reports.documents import (
    AccountDocument,
    DocumentRun,
    Kind,
    first_day,
    last_made,
    number_of,
)
from broker.reports.export import to_csv
from broker.reports.paper.print import pdfs
from broker.reports.paper.sheet import sheet_of
from broker.reports.paper.whole import content_of
from broker.reports.period import Period, day_of, month_of
from broker.reports.statement import Statement
from broker.reports.statement_make import statements
from broker.reports.statement_market import Market, market_at
from broker.reports.statement_tie import tie
from lending.loans.accrue import accrue
from lending.margin.account import MarginAccount
from onboarding.entity import LegalEntity

# What was begun before midnight has been entered when this much has passed.
SETTLED = timedelta(minutes=30)
# Accounts whose documents are made, kept and told together.
BATCH = 100

WITHIN = {Kind.DAILY: DAILY, Kind.NOTE: DAILY, Kind.MONTHLY: MONTHLY, Kind.RECEIPT: RECEIPT}

Tell = Callable[[Sequence[AccountDocument]], object]


def make_documents(*, now: datetime, tell: Tell) -> int:
    """
    Make the documents of every day and month that is over and not yet made; how many files.

    `tell` is called with what is new, in the transaction that keeps it. A run that was killed goes
    on where it ended: nothing is made twice.

    :raises DoesNotTie: nothing of that period is made, nor of any after it
    """
    made = 0
    # The interest of the last night is part of the day before it.
    accrue(now=now)
    for period in list(_missing(DocumentRun.Of.DAY, day_of, now=now)):
        made += _make(DocumentRun.Of.DAY, period, _day_documents, now=now, tell=tell)
    for period in list(_missing(DocumentRun.Of.MONTH, month_of, now=now)):
        made += _make(DocumentRun.Of.MONTH, period, _month_documents, now=now, tell=tell)
    return made


def _missing(of: str, period_of: Callable[[date], Period], *, now: datetime) -> Iterator[Period]:
    last = last_made(of)
    first = last + timedelta(days=1) if last else first_day()
    while first:
        period = period_of(first)
        if period.ends_at + SETTLED > now:
            return
        yield period
        first = period.last + timedelta(days=1)


def _make(of: str, period: Period, documents_of, *, now: datetime, tell: Tell) -> int:
    tie(period)
    market, made = market_at(period.ends_at), 0
    ids = _concerned(period) if of == DocumentRun.Of.DAY else _opened(period)
    for some in range(0, len(ids), BATCH):
        made += _make_batch(
            ids[some : some + BATCH], period, market, documents_of, now=now, tell=tell
        )
    DocumentRun.objects.get_or_create(
        of=of,
        last=period.last,
        defaults={"first": period.first, "documents": made, "made_at": now},
    )
    return made


@transaction.atomic
def _make_batch(
    account_ids: Sequence[int],
    period: Period,
    market: Market,
    documents_of: Callable[[Statement], Iterable[Kind]],
    *,
    now: datetime,
    tell: Tell,
) -> int:
    with connection.cursor() as cursor:
        # Two workers at once would make them twice.
        cursor.execute("SELECT pg_advisory_xact_lock('broker_accountdocument'::regclass::bigint)")
    accounts = MarginAccount.objects.select_related("client", "subledger").filter(
        pk__in=account_ids
    )
    there = set(
        AccountDocument.objects.filter(account__in=account_ids, last=period.last).values_list(
            "account", "kind"
        )
    )
    broker = LegalEntity.objects.order_by("pk")[0]
    due = {kind: due_on(period.last, within, now=now) for kind, within in WITHIN.items()}
    wanted = [
        (statement, kind)
        for statement in statements(list(accounts.order_by("pk")), period, market=market)
        for kind in documents_of(statement)
        if (statement.account.pk, kind) not in there
    ]
    papers = pdfs(
        "document",
        [
            content_of(
                statement, kind, number=number_of(statement.account, kind, period), broker=broker
            )
            for statement, kind in wanted
        ],
        at=period.ends_at,
    )
    new = [
        document
        for (statement, kind), paper in zip(wanted, papers, strict=True)
        for document in _files(statement, kind, paper, due[kind], now=now)
    ]
    AccountDocument.objects.bulk_create(new)
    if new:
        tell(new)
    return len(new)


def _files(
    statement: Statement, kind: Kind, paper: bytes, due: date, *, now: datetime
) -> Iterator[AccountDocument]:
    account, period = statement.account, statement.period
    files = {"pdf": paper}
    if kind in (Kind.DAILY, Kind.MONTHLY):
        files["csv"] = to_csv(sheet_of(statement))
    for name, file in files.items():
        yield AccountDocument(
            account=account,
            kind=kind,
            number=number_of(account, kind, period),
            first=period.first,
            last=period.last,
            format=name,
            due_on=due,
            **kept(f"documents/{account.number}", name, file, on=period.last, now=now),
        )


def _day_documents(statement: Statement) -> Iterator[Kind]:
    yield Kind.DAILY
    if statement.trades:
        yield Kind.NOTE
    if statement.money_received or statement.units_received:
        yield Kind.RECEIPT


def _month_documents(statement: Statement) -> Iterator[Kind]:
    if not statement.is_empty:
        yield Kind.MONTHLY


def _concerned(period: Period) -> list[int]:
    """The accounts on which something happened that STM-2 has told the day of, by key."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT account.id
              FROM (SELECT debit_id AS id FROM lending_posting
                     WHERE booked_at >= %(starts_at)s AND booked_at < %(ends_at)s
                    UNION
                    SELECT credit_id FROM lending_posting
                     WHERE booked_at >= %(starts_at)s AND booked_at < %(ends_at)s) posted
              JOIN lending_ledgeraccount ledger ON ledger.id = posted.id
              JOIN lending_marginaccount account ON account.subledger_id = ledger.subledger_id
            UNION
            SELECT account.id
              FROM collateral_movement movement
              JOIN lending_marginaccount account
                ON account.pool_id IN (movement.from_pool_id, movement.to_pool_id)
             WHERE moved_at >= %(starts_at)s AND moved_at < %(ends_at)s
            UNION
            SELECT account_id FROM lending_order
             WHERE state = 'filled' AND ended_at >= %(starts_at)s AND ended_at < %(ends_at)s
            UNION
            SELECT account_id FROM lending_margincall
             WHERE issued_at >= %(starts_at)s AND issued_at < %(ends_at)s
            UNION
            SELECT call.account_id
              FROM lending_margincallmove move
              JOIN lending_margincall call ON call.id = move.subject_id
             WHERE moved_at >= %(starts_at)s AND moved_at < %(ends_at)s
             ORDER BY 1
            """,
            {"starts_at": period.starts_at, "ends_at": period.ends_at},
        )
        return [pk for (pk,) in cursor.fetchall()]


def _opened(period: Period) -> list[int]:
    opened = MarginAccount.objects.filter(opened_at__lt=period.ends_at)
    return list(opened.order_by("pk").values_list("pk", flat=True))
