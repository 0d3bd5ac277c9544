"""The reading: one account measured at one moment. The one statement behind every number shown."""

from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from django.db import connection, transaction

from collateral.valuation.pools import margin_values_sql, pool_values_sql
from lending.margin.bands import (
    Band,
    Limit,
    Standing,
    limit_amount_of,
    shortfall_of,
)
from lending.margin.policy import POLICY, WATCHED


@dataclass(frozen=True, slots=True)
class Reading:
    """
    Money in HKD, exact. The three values and `band` are None where a pledged asset is unpriced.

    `margin_value` and the others include `cash`, the client's own money in the account.
    """

    account_id: int
    state: str
    standing: Standing
    band: Band | None
    debt: Decimal
    cash: Decimal
    market_value: Decimal | None
    margin_value: Decimal | None
    liquidation_value: Decimal | None
    credit_limit: Decimal
    policy_amount: Decimal | None
    hard_line_since: datetime | None
    over_line: bool | None
    terms_id: int
    subledger_id: int
    pool_id: int
    call_id: int | None
    call_state: str | None
    cure_due_at: datetime | None
    accelerated: bool

    @property
    def is_priced(self) -> bool:
        return self.margin_value is not None

    @property
    def limit_amount(self) -> Decimal | None:
        """What may be owed at most (SMF-41)."""
        if self.margin_value is None:
            return None
        return limit_amount_of(
            margin_value=self.margin_value,
            credit_limit=self.credit_limit,
            policy_amount=self.policy_amount,
        )

    @property
    def shortfall(self) -> Decimal | None:
        if self.margin_value is None:
            return None
        return shortfall_of(
            debt=self.debt,
            margin_value=self.margin_value,
            credit_limit=self.credit_limit,
            policy_amount=self.policy_amount,
        )

    @property
    def binding(self) -> Limit | None:
        """Which of the three amounts is the smallest; the collateral where they tie."""
        limit = self.limit_amount
        if limit is None:
            return None
        if limit == self.margin_value:
            return Limit.COLLATERAL
        return Limit.CREDIT_LIMIT if limit == self.credit_limit else Limit.POLICY_AMOUNT


_PAIRS = [f"{standing}:{band}" for standing, band in POLICY]
_ASKED = """
    standing || ':' || band = ANY(%(pairs)s)
    OR (standing = ANY(%(watched)s) AND over_line <> (hard_line_since IS NOT NULL))"""


@cache
def _statement(whole_book: bool, asked: bool) -> str:
    chosen = "id = ANY(%(account_ids)s)"
    pools = (
        "holding.pool_id IN"
        " (SELECT pool_id FROM lending_marginaccount WHERE id = ANY(%(account_ids)s))"
    )
    return (
        _text("readings.sql")
        .replace("{pool_values}", pool_values_sql("TRUE" if whole_book else pools))
        .replace("{accounts}", "TRUE" if whole_book else f"margin.{chosen}")
        .replace("{asked}", _ASKED if asked else "TRUE")
    )


@cache
def _suspects_statement() -> str:
    return _text("suspects.sql").replace("{margin_values}", margin_values_sql())


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text()


def read(*, now: datetime, account_ids: Iterable[int] | None = None) -> list[Reading]:
    """Each account that is not closed, or those of `account_ids`, by account id."""
    if account_ids is not None:
        return _read(account_ids, now=now, asked=False)
    with _tuned_for_the_book():
        return _read(None, now=now, asked=False)


def read_in_question(*, now: datetime, account_ids: Iterable[int] | None = None) -> list[Reading]:
    """
    Only the accounts the policy would move, or whose mark at the hard line has to change.

    Everything is decided in the database, so a calm tick brings back nothing. The whole book is
    first asked for its suspects, by the margin value alone; only those are read in full.
    """
    if account_ids is None:
        account_ids = [account_id for account_id, _ in _suspects(now)]
    return _read(account_ids, now=now, asked=True)


def to_review(*, now: datetime) -> list[int]:
    """
    Whom of the book to read again under a lock: the accounts in question, by id.

    A healthy one that is suspected is taken unread, and may turn out to be unpriced.
    """
    suspects = _suspects(now)
    read_first = [account_id for account_id, is_certain in suspects if not is_certain]
    in_question = {r.account_id for r in read_in_question(now=now, account_ids=read_first)}
    return [pk for pk, is_certain in suspects if is_certain or pk in in_question]


def unpriced(*, now: datetime) -> list[int]:
    """The accounts that cannot be measured at `now`, because a pledged asset has no fresh price."""
    return [reading.account_id for reading in read(now=now) if not reading.is_priced]


def _read(account_ids: Iterable[int] | None, *, now: datetime, asked: bool) -> list[Reading]:
    ids = None if account_ids is None else list(account_ids)
    if ids == []:
        return []
    parameters = {
        "now": now,
        "account_ids": ids,
        "pairs": _PAIRS,
        "watched": list(WATCHED),
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(ids is None, asked), parameters)
        return [_reading(row) for row in cursor.fetchall()]


def _suspects(now: datetime) -> list[tuple[int, bool]]:
    with _tuned_for_the_book(), connection.cursor() as cursor:
        cursor.execute(_suspects_statement(), {"now": now})
        return cursor.fetchall()


def _reading(row: tuple) -> Reading:
    account_id, state, standing, band, *rest = row
    return Reading(account_id, state, Standing(standing), band and Band(band), *rest)


@contextmanager
def _tuned_for_the_book():
    """
    Read pools in the order of their key, in one process and in memory: half the time of what the
    planner chooses for a hundred thousand small groups (`make bench`). Taken back on leaving.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_hashagg = off; SET LOCAL jit = off; SET LOCAL work_mem = '64MB';"
            "SET LOCAL max_parallel_workers_per_gather = 0"
        )
        yield
        # Nothing was written, and the settings end with the savepoint.
        transaction.set_rollback(True)
