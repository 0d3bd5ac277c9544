"""Everything that happened to an account: found in one order, then told in a few statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from django.db import connection, models

from broker.notices.notice import Notice
from broker.portal.happened import CALL_STEPS, TOLD_ELSEWHERE, said_of, said_of_call
from broker.templatetags.harbour import price, units_short
from collateral.custody.movements import Movement, Place
from lending.ledger.journal import Entry
from lending.loans.draw import Draw, Purpose
from lending.loans.repay import Repayment, Source
from lending.margin.account import MarginAccount, MarginMove
from lending.margin.call import MarginCall, MarginCallMove
from lending.trading.order import Order, Side

STATEMENT = Path(__file__).with_name("activity.sql").read_text()


class Kind(models.TextChoices):
    DRAWS = "draws", "Draws"
    REPAYMENTS = "repayments", "Repayments"
    INTEREST = "interest", "Interest"
    TRADES = "trades", "Purchases and sales"
    COLLATERAL = "collateral", "Collateral"
    CALLS = "calls", "Margin and calls"
    NOTICES = "notices", "Notices"
    OTHER = "other", "Other"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to find: `kind` "" for every one; from `since` on and before `until`, where set."""

    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """
    What happened, in words. `cash` and `owed` are what it added to either, HKD to the cent.

    `colour` names a zone of the theme, else it is empty.
    """

    text: str
    reference: str = ""
    cash: Decimal = Decimal(0)
    owed: Decimal = Decimal(0)
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    at: datetime
    kind: str
    told: Told

    @property
    def label(self) -> str:
        return Kind(self.kind).label


def activity_of(
    account: MarginAccount, user, wanted: Wanted, *, limit: int | None = None, offset: int = 0
) -> tuple[list[Activity], int]:
    """
    The newest first, of one moment always in one order; and how many there are in all.

    Notices are those that `user` was sent. A fixed number of statements, however many rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            STATEMENT,
            {
                "account": account.pk,
                "subledger": account.subledger_id,
                "pool": account.pool_id,
                "user": user.pk,
                "told_elsewhere": list(TOLD_ELSEWHERE),
                "kind": wanted.kind,
                "since": wanted.since,
                "until": wanted.until,
                "limit": limit,
                "offset": offset,
            },
        )
        rows = cursor.fetchall()
    keys: dict[str, list[int]] = defaultdict(list)
    for source, pk, *_ in rows:
        keys[source].append(pk)
    told = {source: _TELL[source](account, pks) for source, pks in keys.items()}
    found = [Activity(at, kind, told[source][pk]) for source, pk, at, kind, _ in rows]
    return found, rows[0][-1] if rows else 0


def _entries(account: MarginAccount, pks: list[int]) -> dict[int, Told]:
    entries = Entry.objects.in_bulk(pks)
    effects = _effects(account, pks)
    keys: dict[str, list[str]] = defaultdict(list)
    for entry in entries.values():
        keys[entry.kind].append(entry.key.partition(":")[2])
    draws = _by_key(Draw.objects.select_related("asset"), "key", keys["draw"])
    repayments = _by_key(Repayment.objects, "key", keys["repayment"])
    orders = _by_key(
        Order.objects.select_related("asset"), "client_order_id", keys["sale"] + keys["purchase"]
    )
    told = {}
    for pk, entry in entries.items():
        key = entry.key.partition(":")[2]
        text, colour = _FIXED.get(entry.kind, "Entry"), ""
        if entry.kind == "draw":
            text = _drew(draws.get(key))
        elif entry.kind == "repayment":
            text = _repaid(repayments.get(key))
        elif order := orders.get(key):
            text, colour = _traded(order)
        told[pk] = Told(text, f"E{pk:08}", *effects[pk], colour)
    return told


_FIXED = {
    "interest": "Interest was charged",
    "interest_overdue": "Unpaid interest became overdue",
    "deficit": "What was uncovered became a deficit",
    "reversal": "A correction",
    "sale": "A sale",
    "purchase": "A purchase",
}


def _effects(account: MarginAccount, pks: list[int]) -> dict[int, tuple[Decimal, Decimal]]:
    """What each entry added to the account's cash, and to what is owed on it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH ends AS (
                SELECT entry_id, debit_id AS ledger_id, amount FROM lending_posting
                 WHERE entry_id = ANY(%(pks)s)
                UNION ALL
                SELECT entry_id, credit_id, -amount FROM lending_posting
                 WHERE entry_id = ANY(%(pks)s)
            )
            SELECT ends.entry_id,
                   coalesce(-sum(amount) FILTER (WHERE ledger.kind = 'client_cash'), 0),
                   coalesce(sum(amount) FILTER (WHERE ledger.kind <> 'client_cash'), 0)
              FROM ends JOIN lending_ledgeraccount ledger ON ledger.id = ends.ledger_id
             WHERE ledger.subledger_id = %(subledger)s
             GROUP BY ends.entry_id
            """,
            {"pks": pks, "subledger": account.subledger_id},
        )
        return {pk: (cash, owed) for pk, cash, owed in cursor.fetchall()}


def _by_key(rows, name: str, keys: list[str]) -> dict[str, object]:
    if not keys:
        return {}
    return {getattr(row, name): row for row in rows.filter(**{f"{name}__in": keys})}


def _drew(draw: Draw | None) -> str:
    if draw is None:
        return "Advance"
    kept = draw.purpose != Purpose.BUY
    return "Advance, kept as purchasing cash" if kept else f"Advance to buy {draw.asset}"


def _repaid(repayment: Repayment | None) -> str:
    from_cash = repayment and repayment.source == Source.CASH
    return "Cash in the account met the debt" if from_cash else "Payment received"


def _traded(order: Order) -> tuple[str, str]:
    verb = "Sold" if order.side == Side.SELL else "Bought"
    amount = f"{verb} {units_short(order.filled_units)} {order.asset}"
    text = f"{amount} at {price(order.price)}, costs {order.costs:,.2f}"
    if order.call_id:
        return f"{text}, for the margin call", "sale"
    return text, ""


def _movements(account: MarginAccount, pks: list[int]) -> dict[int, Told]:
    told = {}
    for row in Movement.objects.select_related("asset").filter(pk__in=pks):
        verb = "Pledged" if row.from_place == Place.CLIENT else "Returned to you:"
        told[row.pk] = Told(f"{verb} {units_short(row.units)} {row.asset}", f"U{row.pk:08}")
    return told


def _calls(account: MarginAccount, pks: list[int]) -> dict[int, Told]:
    return {
        call.pk: Told(said_of_call(call), call.number, colour="call")
        for call in MarginCall.objects.filter(pk__in=pks)
    }


def _call_steps(account: MarginAccount, pks: list[int]) -> dict[int, Told]:
    told = {}
    for move in MarginCallMove.objects.select_related("subject").filter(pk__in=pks):
        text, colour = CALL_STEPS[move.step]
        told[move.pk] = Told(text, move.subject.number, colour=colour)
    return told


def _steps(account: MarginAccount, pks: list[int]) -> dict[int, Told]:
    told = {}
    for move in MarginMove.objects.filter(pk__in=pks):
        text, colour = said_of(move, account.terms)
        told[move.pk] = Told(text, colour=colour)
    return told


def _notices(account: MarginAccount, pks: list[int]) -> dict[int, Told]:
    told: Iterable[Notice] = Notice.objects.filter(pk__in=pks).only("subject")
    return {notice.pk: Told(f"We wrote: {notice.subject}") for notice in told}


_TELL: dict[str, Callable[[MarginAccount, list[int]], dict[int, Told]]] = {
    "entry": _entries,
    "movement": _movements,
    "call": _calls,
    "call step": _call_steps,
    "step": _steps,
    "notice": _notices,
}
