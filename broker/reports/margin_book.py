"""The margin book: every open account as it stands, tied to the ledger, or no report at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.db import connection, transaction
from django.db.models import Q, Sum

from broker.reports.export import Column, Kind, Sheet
from collateral.custody.movements import units_reconciled
from lending.ledger.balances import ledger_balanced, receivables
from lending.ledger.chart import Subledger
from lending.ledger.post import HONG_KONG
from lending.margin.account import MarginAccount
from lending.margin.call import MarginCall
from lending.margin.ratios import margin_usage
from lending.margin.readings import Reading, read
from onboarding.clients import Service

NAME = "margin-book"


class DoesNotTie(Exception):
    """The report and the books disagree, so nobody is shown the report."""


@dataclass(frozen=True, slots=True)
class Line:
    """One account: who it is of, how it reads, and the call that is open on it."""

    account: MarginAccount
    manager: str
    reading: Reading
    call: MarginCall | None
    days_outstanding: int | None


@dataclass(frozen=True, slots=True)
class MarginBook:
    """`debt` is what the lines owe together, and what the ledger says with interest accrued."""

    as_of: datetime
    lines: list[Line]
    debt: Decimal


def margin_book(*, as_of: datetime) -> MarginBook:
    """
    Accounts without a price first, then the thinnest cover, then by account number.

    Everything is read from one state of the database, so work that goes on meanwhile cannot part
    the report from the ledger.

    :raises DoesNotTie: the accounts owe another sum than receivables and accrued interest; the
        ledger does not balance; the units held are not what was moved
    """
    with one_state():
        readings = read(now=as_of)
        debt = sum((reading.debt for reading in readings), Decimal(0))
        _tie(debt)
        lines = _lines(readings, as_of=as_of)
    return MarginBook(as_of, sorted(lines, key=_thinnest_cover_first), debt)


def sheet_of(book: MarginBook) -> Sheet:
    """The book as a sheet to be exported: what is owed rounded up, what is had rounded down."""
    return Sheet(
        title="Margin book",
        as_of=book.as_of,
        columns=COLUMNS,
        rows=[_row(line) for line in book.lines],
    )


@contextmanager
def one_state() -> Iterator[None]:
    """All statements see one state; inside a transaction of the caller, what that one sees."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _tie(debt: Decimal) -> None:
    accrued = Subledger.objects.aggregate(sum=Sum("accrued", default=Decimal(0)))["sum"]
    booked = receivables() + accrued
    if debt != booked:
        raise DoesNotTie(f"the accounts owe {debt}, the ledger says {booked}")
    if not ledger_balanced():
        raise DoesNotTie("the ledger does not balance")
    if not units_reconciled():
        raise DoesNotTie("the units held are not what was moved")


def _lines(readings: list[Reading], *, as_of: datetime) -> list[Line]:
    accounts = MarginAccount.objects.select_related("client").in_bulk(
        [reading.account_id for reading in readings]
    )
    managers = managers_on(as_of.astimezone(HONG_KONG).date())
    calls = {call.account_id: call for call in MarginCall.objects.filter(ended_at=None)}
    lines = []
    for reading in readings:
        account = accounts[reading.account_id]
        call = calls.get(account.pk)
        days = call and (_hong_kong_date(as_of) - _hong_kong_date(call.issued_at)).days
        lines.append(Line(account, managers.get(account.client_id, ""), reading, call, days))
    return lines


def managers_on(on: date) -> dict[int, str]:
    """Who serves each client on that day, by the client's key."""
    serving = Service.objects.filter(
        Q(until_date=None) | Q(until_date__gt=on), from_date__lte=on
    ).select_related("manager")
    return {each.client_id: str(each.manager) for each in serving.order_by("from_date")}


def _hong_kong_date(at: datetime) -> date:
    return at.astimezone(HONG_KONG).date()


def _thinnest_cover_first(line: Line) -> tuple[int, Fraction, str]:
    reading = line.reading
    if not reading.is_priced:
        rank, cover = 0, Fraction(0)
    elif reading.debt == 0:
        rank, cover = 2, Fraction(0)
    else:
        rank, cover = 1, Fraction(reading.margin_value) / Fraction(reading.debt)
    return rank, cover, line.account.number


COLUMNS = (
    Column("Account"),
    Column("Client", width=36),
    Column("Relationship manager", width=22),
    Column("State", width=18),
    Column("Band"),
    Column("Debt HKD", Kind.OWED),
    Column("Cash HKD", Kind.HAD),
    Column("Market value HKD", Kind.HAD),
    Column("Margin value HKD", Kind.HAD),
    Column("Usage", Kind.RATIO),
    Column("Shortfall HKD", Kind.OWED),
    Column("Open call"),
    Column("Deadline", Kind.TIME, width=20),
    Column("Days outstanding", Kind.COUNT),
)


def _row(line: Line) -> tuple:
    account, reading, call = line.account, line.reading, line.call
    return (
        account.number,
        str(account.client),
        line.manager,
        account.get_state_display(),
        reading.band.value if reading.band else "not measured",
        reading.debt,
        reading.cash,
        reading.market_value,
        reading.margin_value,
        margin_usage(reading.debt, reading.margin_value),
        reading.shortfall,
        call.number if call else "",
        call and call.cure_due_at,
        line.days_outstanding,
    )
