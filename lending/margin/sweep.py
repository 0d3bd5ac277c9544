"""
The sweep: measure the book, and move whoever the policy asks to move.

SQL finds the few; they are locked in batches, read again in one statement under the lock, and
moved through the one door. Who repays or pledges locks the account too, so nothing changes
between the reading and the step. Running it twice at one moment finds nothing to do.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from lending.margin.account import MarginAccount
from lending.margin.bands import Band
from lending.margin.call import MarginCall
from lending.margin.cure import call_amount_of, cash_to_cure
from lending.margin.policy import POLICY, WATCHED, Act
from lending.margin.readings import Reading, read_in_question, to_review
from lending.margin.terms import MarginTerms
from onboarding.lifecycle import Step, copy_rows, move, move_many

BATCH = 5_000


@dataclass(slots=True)
class Swept:
    """What one sweep did: steps of accounts and calls by name, and marks at the hard line."""

    steps: Counter = field(default_factory=Counter)
    calls_issued: int = 0
    marked: int = 0
    cleared: int = 0  # Marks that a fresh reading took back, and nobody was sold.

    @property
    def moved(self) -> int:
        return self.steps.total()

    @property
    def did_nothing(self) -> bool:
        return not (self.moved or self.calls_issued or self.marked or self.cleared)

    def add(self, other: "Swept") -> None:
        self.steps += other.steps
        self.calls_issued += other.calls_issued
        self.marked += other.marked
        self.cleared += other.cleared


def sweep(*, now: datetime, account_ids: Iterable[int] | None = None) -> Swept:
    """
    Review each account that a reading of the whole book, or of `account_ids`, brings into
    question. An account that somebody else holds is left for the next sweep.
    """
    if account_ids is None:
        in_question = to_review(now=now)
    else:
        in_question = [r.account_id for r in read_in_question(now=now, account_ids=account_ids)]
    swept = Swept()
    for start in range(0, len(in_question), BATCH):
        swept.add(review(in_question[start : start + BATCH], now=now))
    return swept


@transaction.atomic
def review(account_ids: Sequence[int], *, now: datetime, skip_locked: bool = True) -> Swept:
    """
    Read `account_ids` again under their locks, and move those the reading still asks to move.

    Call it after every act that changes what an account owes or has pledged.
    """
    locked = MarginAccount.objects.locked(skip_locked=skip_locked).filter(pk__in=account_ids)
    readings = read_in_question(now=now, account_ids=list(locked.values_list("pk", flat=True)))
    swept = _mark_hard_line(readings, now=now)
    asked = [
        (reading, POLICY[reading.standing, reading.band])
        for reading in readings
        if (reading.standing, reading.band) in POLICY
    ]
    if asked:
        _issue_calls([reading for reading, act in asked if act.issue], swept, now=now)
        _move_accounts(asked, swept, now=now)
        _move_calls(asked, swept, now=now)
    return swept


@transaction.atomic
def after_act(account: MarginAccount, *, reason: str, by=None, now: datetime) -> Swept:
    """
    Review `account` after its client paid or pledged; a call that still runs is part cured.

    The caller holds the account's lock.
    """
    swept = review([account.pk], now=now, skip_locked=False)
    call = account.calls.filter(state__in=["issued", "acknowledged"]).first()
    if call:
        move(call, MarginCall.part_cure, reason=reason, mover=by, now=now)
        swept.steps["part_cure"] += 1
    return swept


def _mark_hard_line(readings: list[Reading], *, now: datetime) -> Swept:
    """Mark the first fresh reading past the hard line, and clear the mark on one back above."""
    changed = [
        (reading.account_id, now if reading.over_line else None)
        for reading in readings
        if reading.standing in WATCHED
        and reading.over_line is not None
        and reading.over_line != (reading.hard_line_since is not None)
    ]
    if changed:
        ids, since = zip(*changed, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE lending_marginaccount account SET hard_line_since = n.since"
                "  FROM unnest(%s::bigint[], %s::timestamptz[]) n(id, since)"
                " WHERE account.id = n.id",
                [list(ids), list(since)],
            )
    marked = sum(1 for _, since in changed if since)
    return Swept(marked=marked, cleared=len(changed) - marked)


def _issue_calls(readings: list[Reading], swept: Swept, *, now: datetime) -> None:
    if not readings:
        return
    terms = MarginTerms.objects.in_bulk({reading.terms_id for reading in readings})
    columns = (
        "account_id",
        "state",
        "issued_at",
        "cure_due_at",
        "accelerated",
        "binding",
        "debt",
        "market_value",
        "margin_value",
        "liquidation_value",
        "limit_amount",
        "shortfall",
        "call_amount",
    )
    copy_rows(
        MarginCall,
        columns,
        (_new_call(reading, terms[reading.terms_id], now=now) for reading in readings),
    )
    swept.calls_issued += len(readings)


def _new_call(reading: Reading, terms: MarginTerms, *, now: datetime) -> tuple:
    accelerated = reading.band == Band.ACCELERATED
    window = {
        Band.CALL: terms.cure_window,
        Band.ACCELERATED: min(terms.cure_window, terms.accelerated_window),
    }
    return (
        reading.account_id,
        "issued",
        now,
        now + window[reading.band] if reading.band in window else now,
        accelerated,
        reading.binding,
        reading.debt,
        reading.market_value,
        reading.margin_value,
        reading.liquidation_value,
        reading.limit_amount,
        reading.shortfall,
        call_amount_of(_cash_to_cure(reading, terms), debt=reading.debt),
    )


def _cash_to_cure(reading: Reading, terms: MarginTerms) -> Decimal:
    return cash_to_cure(
        debt=reading.debt,
        margin_value=reading.margin_value,
        credit_limit=reading.credit_limit,
        policy_amount=reading.policy_amount,
        level=terms.cure,
    )


def _move_accounts(asked: list[tuple[Reading, Act]], swept: Swept, *, now: datetime) -> None:
    steps = [
        Step(reading.account_id, act.account, why(reading)) for reading, act in asked if act.account
    ]
    move_many(MarginAccount, steps, now=now)
    swept.steps.update(step.take.__name__ for step in steps)


def _move_calls(asked: list[tuple[Reading, Act]], swept: Swept, *, now: datetime) -> None:
    moving = {reading.account_id: (reading, act) for reading, act in asked if act.call}
    if not moving:
        return
    terms = MarginTerms.objects.in_bulk({reading.terms_id for reading, _ in moving.values()})
    calls = MarginCall.objects.filter(account_id__in=moving, ended_at=None)
    steps = []
    for call_id, account_id in calls.order_by("pk").values_list("pk", "account_id"):
        reading, act = moving[account_id]
        windows = {
            MarginCall.accelerate: terms[reading.terms_id].accelerated_window,
            MarginCall.renew: terms[reading.terms_id].renewed_window,
        }
        facts = {"window": windows[act.call]} if act.call in windows else {}
        if act.call == MarginCall.renew:
            facts["accelerated"] = reading.band == Band.ACCELERATED
        steps.append(Step(call_id, act.call, why(reading), facts))
    # Its account has moved under our lock, so a client who is just acknowledging it is waited for.
    move_many(MarginCall, steps, now=now, skip_locked=False)
    swept.steps.update(f"call_{step.take.__name__}" for step in steps)


def why(reading: Reading) -> str:
    """The reading in a sentence, for the record of the step it asked for."""
    values = (
        f"against a margin value of {reading.margin_value:,.2f}"
        f" and a liquidation value of {reading.liquidation_value:,.2f}"
    )
    return f"{reading.band}: owes {reading.debt:,.2f} {values}, bound by {reading.binding}"


def open_call(account: MarginAccount) -> MarginCall | None:
    """The one call of `account` that has not ended, or None."""
    return account.calls.filter(ended_at=None).first()
