"""What the books say: balances, what a borrower owes by kind, the trial balance."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from lending.ledger.chart import RECEIVABLES, LedgerAccount


@dataclass(frozen=True, slots=True)
class TrialLine:
    """Sums of the journal for all accounts of one kind, in one currency, HKD to the cent."""

    book: str
    kind: str
    currency: str
    debits: Decimal
    credits: Decimal

    @property
    def balance(self) -> Decimal:
        """Debits less credits: positive for what the house has or is owed."""
        return self.debits - self.credits


def owed_by_kind(subledger_ids: Iterable[int]) -> dict[int, dict[str, Decimal]]:
    """Each borrower's receivables, by kind, HKD to the cent; kinds at zero included."""
    owed: dict[int, dict[str, Decimal]] = {pk: {} for pk in subledger_ids}
    rows = LedgerAccount.objects.filter(
        subledger_id__in=list(owed), kind__in=RECEIVABLES
    ).values_list("subledger_id", "kind", "debits", "credits")
    for subledger_id, kind, debits, credits in rows:
        owed[subledger_id][kind] = debits - credits
    return owed


def receivables() -> Decimal:
    """What all borrowers together owe by the journal, posted, HKD to the cent."""
    lines = (line for line in trial_balance() if line.kind in RECEIVABLES)
    return sum((line.balance for line in lines), Decimal(0))


def trial_balance() -> list[TrialLine]:
    """Every kind of account with its sums, taken from the journal itself and not from totals."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT account.book, account.kind, account.currency,
                   coalesce(sum(ends.debit), 0), coalesce(sum(ends.credit), 0)
              FROM (SELECT debit_id AS account_id, amount AS debit, NULL::numeric AS credit
                      FROM lending_posting
                    UNION ALL
                    SELECT credit_id, NULL, amount FROM lending_posting) ends
              JOIN lending_ledgeraccount account ON account.id = ends.account_id
             GROUP BY account.book, account.kind, account.currency
             ORDER BY account.book, account.kind, account.currency
            """
        )
        return [TrialLine(*row) for row in cursor.fetchall()]


def ledger_balanced() -> bool:
    """
    Whether each book balances by itself, and every kept total is what the journal adds up to.

    Checked against the journal: the totals of borrowers' accounts, and of each subledger.
    """
    books: dict[tuple[str, str], Decimal] = {}
    for line in trial_balance():
        key = (line.book, line.currency)
        books[key] = books.get(key, Decimal(0)) + line.balance
    return all(balance == 0 for balance in books.values()) and not _totals_astray()


def _totals_astray() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH ends AS (
                SELECT debit_id AS account_id, amount AS debit, 0 AS credit FROM lending_posting
                UNION ALL
                SELECT credit_id, 0, amount FROM lending_posting
            ), journal AS (
                SELECT account_id, sum(debit) AS debits, sum(credit) AS credits
                  FROM ends GROUP BY account_id
            ), account AS (
                SELECT account.id, account.subledger_id, account.kind,
                       account.debits, account.credits,
                       coalesce(journal.debits, 0) AS journal_debits,
                       coalesce(journal.credits, 0) AS journal_credits
                  FROM lending_ledgeraccount account
                  LEFT JOIN journal ON journal.account_id = account.id
                 WHERE account.subledger_id IS NOT NULL
            ), borrower AS (
                SELECT subledger_id,
                       sum(journal_debits - journal_credits)
                           FILTER (WHERE kind = ANY(%(receivables)s)) AS owed,
                       sum(journal_credits - journal_debits)
                           FILTER (WHERE kind = 'client_cash') AS cash,
                       sum(journal_debits - journal_credits)
                           FILTER (WHERE kind = 'deficit') AS deficit
                  FROM account GROUP BY subledger_id
            )
            SELECT EXISTS (SELECT FROM account
                            WHERE (debits, credits) <> (journal_debits, journal_credits))
                OR EXISTS (SELECT FROM lending_subledger kept
                             LEFT JOIN borrower ON borrower.subledger_id = kept.id
                            WHERE (kept.owed, kept.cash, kept.deficit)
                               <> (coalesce(borrower.owed, 0), coalesce(borrower.cash, 0),
                                   coalesce(borrower.deficit, 0)))
            """,
            {"receivables": list(RECEIVABLES)},
        )
        return cursor.fetchone()[0]
