"""
What the books say of accounts at both ends of a period and in between, in a few statements for all.

An end is reckoned back from now: what stands today, less what was booked since. The rows between
are read by themselves, so that whoever adds them up proves that none is missing.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from broker.reports.period import Period
from lending.ledger.chart import Kind


@dataclass(frozen=True, slots=True)
class Ends:
    """A balance before the period's first moment and after its last."""

    opening: Decimal
    closing: Decimal


@dataclass(frozen=True, slots=True)
class Posted:
    """
    One end of a posting in an account of the ledger, HKD: above zero where the balance grew.

    `entry_key` and `entry_kind` are those of its entry.
    """

    kind: str
    entry_id: int
    entry_key: str
    entry_kind: str
    at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DayOfInterest:
    on_date: date
    balance: Decimal
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Charged:
    at: datetime
    accrued: Decimal
    posted: Decimal


_BALANCES = """
WITH ledger AS (
    SELECT * FROM lending_ledgeraccount
     WHERE subledger_id = ANY(%(ids)s)
), ends AS (
    SELECT ledger.id, posting.amount, posting.booked_at
      FROM ledger JOIN lending_posting posting ON posting.debit_id = ledger.id
     WHERE posting.booked_at >= %(starts_at)s
    UNION ALL
    SELECT ledger.id, -posting.amount, posting.booked_at
      FROM ledger JOIN lending_posting posting ON posting.credit_id = ledger.id
     WHERE posting.booked_at >= %(starts_at)s
), since AS (
    SELECT id, sum(amount) AS start,
           coalesce(sum(amount) FILTER (WHERE booked_at >= %(ends_at)s), 0) AS "end"
      FROM ends GROUP BY id
)
SELECT ledger.subledger_id, ledger.kind,
       ledger.debits - ledger.credits - coalesce(since.start, 0),
       ledger.debits - ledger.credits - coalesce(since."end", 0)
  FROM ledger LEFT JOIN since ON since.id = ledger.id
"""


def balances(period: Period, subledger_ids: Sequence[int]) -> dict[int, dict[str, Ends]]:
    """The balances of each borrower by kind, HKD to the cent."""
    found: dict[int, dict[str, Ends]] = defaultdict(dict)
    for subledger_id, kind, *ends in rows_of(_BALANCES, period, subledger_ids):
        found[subledger_id][kind] = Ends(*(own_sign(kind, end) for end in ends))
    return found


def own_sign(kind: str, debits: Decimal) -> Decimal:
    """What is owed is a debit, the client's cash a credit: both are shown above zero."""
    return -debits if kind == Kind.CLIENT_CASH else debits


def postings(period: Period, subledger_ids: Sequence[int]) -> dict[int, list[Posted]]:
    """Every posting of the period, in the order it was entered."""
    found: dict[int, list[Posted]] = defaultdict(list)
    for subledger_id, kind, *entry, amount in rows_of(
        """
        WITH ledger AS (
            SELECT * FROM lending_ledgeraccount WHERE subledger_id = ANY(%(ids)s)
        ), ends AS (
            SELECT ledger.subledger_id, ledger.kind, posting.id, posting.entry_id,
                   posting.booked_at, posting.amount
              FROM ledger JOIN lending_posting posting ON posting.debit_id = ledger.id
            UNION ALL
            SELECT ledger.subledger_id, ledger.kind, posting.id, posting.entry_id,
                   posting.booked_at, -posting.amount
              FROM ledger JOIN lending_posting posting ON posting.credit_id = ledger.id
        )
        SELECT ends.subledger_id, ends.kind, entry.id, entry.key, entry.kind, ends.booked_at,
               ends.amount
          FROM ends JOIN lending_entry entry ON entry.id = ends.entry_id
         WHERE ends.booked_at >= %(starts_at)s AND ends.booked_at < %(ends_at)s
         ORDER BY ends.booked_at, ends.id
        """,
        period,
        subledger_ids,
    ):
        found[subledger_id].append(Posted(kind, *entry, own_sign(kind, amount)))
    return found


def accrued(period: Period, subledger_ids: Sequence[int]) -> dict[int, Ends]:
    """
    Interest that had accrued and was not yet due, HKD to ten places.

    The interest of a day counts at the end of that day, though it is written in the night after.
    """
    return {
        subledger_id: Ends(*ends)
        for subledger_id, *ends in rows_of(
            """
            SELECT subledger.id,
                   subledger.accrued - coalesce(written.start, 0) + coalesce(charged.start, 0),
                   subledger.accrued - coalesce(written."end", 0) + coalesce(charged."end", 0)
              FROM lending_subledger subledger
              JOIN lending_marginaccount account ON account.subledger_id = subledger.id
              LEFT JOIN LATERAL (
                  SELECT sum(amount) AS start,
                         sum(amount) FILTER (WHERE on_date > %(last)s) AS "end"
                    FROM lending_accrual
                   WHERE account_id = account.id AND on_date >= %(first)s) written ON TRUE
              LEFT JOIN LATERAL (
                  SELECT sum(accrued) AS start,
                         sum(accrued) FILTER (WHERE charged_at >= %(ends_at)s) AS "end"
                    FROM lending_interestcharge
                   WHERE subledger_id = subledger.id
                     AND charged_at >= %(starts_at)s) charged ON TRUE
             WHERE subledger.id = ANY(%(ids)s)
            """,
            period,
            subledger_ids,
        )
    }


def days_of_interest(
    period: Period, subledger_ids: Sequence[int]
) -> dict[int, list[DayOfInterest]]:
    found: dict[int, list[DayOfInterest]] = defaultdict(list)
    for subledger_id, *day in rows_of(
        """
        SELECT account.subledger_id, accrual.on_date, accrual.balance, accrual.rate, accrual.amount
          FROM lending_accrual accrual
          JOIN lending_marginaccount account ON account.id = accrual.account_id
         WHERE account.subledger_id = ANY(%(ids)s)
           AND accrual.on_date BETWEEN %(first)s AND %(last)s
         ORDER BY accrual.on_date
        """,
        period,
        subledger_ids,
    ):
        found[subledger_id].append(DayOfInterest(*day))
    return found


def charges(period: Period, subledger_ids: Sequence[int]) -> dict[int, list[Charged]]:
    found: dict[int, list[Charged]] = defaultdict(list)
    for subledger_id, *charged in rows_of(
        """
        SELECT subledger_id, charged_at, accrued, posted
          FROM lending_interestcharge
         WHERE subledger_id = ANY(%(ids)s)
           AND charged_at >= %(starts_at)s AND charged_at < %(ends_at)s
         ORDER BY charged_at, id
        """,
        period,
        subledger_ids,
    ):
        found[subledger_id].append(Charged(*charged))
    return found


def rows_of(statement: str, period: Period | None = None, ids: Sequence[int] | None = None):
    parameters = {"ids": None if ids is None else list(ids)}
    if period:
        parameters |= {
            "starts_at": period.starts_at,
            "ends_at": period.ends_at,
            "first": period.first,
            "last": period.last,
        }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
