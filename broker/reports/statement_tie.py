"""Whether all statements of a period together show what the books say."""

from decimal import Decimal

from broker.reports.margin_book import DoesNotTie, one_state
from broker.reports.period import Period
from broker.reports.statement_books import own_sign, rows_of
from collateral.amounts import NOTHING
from collateral.custody.movements import units_reconciled
from lending.ledger.balances import ledger_balanced
from lending.ledger.chart import BORROWERS


def tie(period: Period) -> None:
    """
    What all statements of the period show together is what the books say.

    :raises DoesNotTie: a total, the units, or the interest is not what its rows add up to
    """
    with one_state():
        if not ledger_balanced():
            raise DoesNotTie("the ledger does not balance")
        if not units_reconciled():
            raise DoesNotTie("the units held are not what was moved")
        if not _accruals_tie():
            raise DoesNotTie("the interest that has accrued is not what was written less charged")
        shown, booked = _closing_of_all(period), _journal_at(period)
        for kind in BORROWERS:
            had, has = shown.get(kind, NOTHING), booked.get(kind, NOTHING)
            if had != has:
                raise DoesNotTie(f"{period}: the accounts have {had} of {kind}, the journal {has}")


def _closing_of_all(period: Period) -> dict[str, Decimal]:
    """The closing balances of all borrowers together by kind, reckoned as `balances` does."""
    return {
        kind: own_sign(kind, debits)
        for kind, debits in rows_of(
            """
            WITH since AS (
                SELECT id, sum(amount) AS "end"
                  FROM (SELECT debit_id AS id, amount FROM lending_posting
                         WHERE booked_at >= %(ends_at)s
                        UNION ALL
                        SELECT credit_id, -amount FROM lending_posting
                         WHERE booked_at >= %(ends_at)s) ends
                 GROUP BY id
            )
            SELECT ledger.kind,
                   sum(ledger.debits - ledger.credits - coalesce(since."end", 0))
              FROM lending_ledgeraccount ledger LEFT JOIN since ON since.id = ledger.id
             WHERE ledger.subledger_id IS NOT NULL
             GROUP BY ledger.kind
            """,
            period,
        )
    }


def _journal_at(period: Period) -> dict[str, Decimal]:
    """What all borrowers had by kind when the period ended, added up from the journal alone."""
    return {
        kind: own_sign(kind, debits)
        for kind, debits in rows_of(
            """
            SELECT ledger.kind, sum(ends.amount)
              FROM (SELECT debit_id AS account_id, amount, booked_at FROM lending_posting
                    UNION ALL
                    SELECT credit_id, -amount, booked_at FROM lending_posting) ends
              JOIN lending_ledgeraccount ledger ON ledger.id = ends.account_id
             WHERE ledger.subledger_id IS NOT NULL AND ends.booked_at < %(ends_at)s
             GROUP BY ledger.kind
            """,
            period,
        )
    }


def _accruals_tie() -> bool:
    """Whether what ever accrued to a borrower, less what was made due, is what has accrued now."""
    [[ties]] = rows_of(
        """
        SELECT NOT EXISTS (
            SELECT FROM lending_marginaccount account
              JOIN lending_subledger subledger ON subledger.id = account.subledger_id
              LEFT JOIN (SELECT account_id, sum(amount) AS amount
                           FROM lending_accrual GROUP BY account_id) written
                ON written.account_id = account.id
              LEFT JOIN (SELECT subledger_id, sum(accrued) AS accrued
                           FROM lending_interestcharge GROUP BY subledger_id) charged
                ON charged.subledger_id = subledger.id
             WHERE subledger.accrued
                   <> coalesce(written.amount, 0) - coalesce(charged.accrued, 0))
        """
    )
    return ties
