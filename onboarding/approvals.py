"""
Maker and checker for the whole product: propose, approve, refuse, withdraw, expire.

A `Command` is registered by the feature that owns it (`commands.py`). A `Proposal` keeps its
payload and the difference it makes (`proposals.py`); approving applies it in one transaction.
Nobody decides their own proposal, and the database holds that (`proposal_maker_is_not_checker`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django_fsm import TransitionNotAllowed

from onboarding.commands import (
    Command,
    Difference,
    HandsMixed,
    Invalid,
    NotAllowed,
    NotOpen,
    Refused,
    Stale,
    command_named,
    commands,
    register,
)
from onboarding.lifecycle import Step, move_many
from onboarding.proposals import Proposal, ProposalMove, State, clients
from onboarding.users import Role

# What features and doors need of maker and checker, from one place.
__all__ = [
    "Command",
    "Difference",
    "Examined",
    "HandsMixed",
    "Invalid",
    "NotAllowed",
    "NotOpen",
    "Proposal",
    "ProposalMove",
    "Refused",
    "Stale",
    "State",
    "approve",
    "approve_many",
    "command_named",
    "commands",
    "examine",
    "expire_due",
    "may_decide",
    "obstacle_to",
    "propose",
    "refuse",
    "register",
    "withdraw",
]


_NOT_YOURS = "There is no such client among yours."


@dataclass(frozen=True, slots=True)
class Examined:
    """What a proposal would be: [[label, before, after]], its client, and who would decide it."""

    command: Command
    client: Any
    difference: list[list[str]]
    approvers: list[str]


def examine(name: str, payload: dict, *, by, now: datetime, client=None) -> Examined:
    """
    What `propose` would keep, with nothing kept. Raises as it does, but for the reason.
    """
    command = command_named(name)
    if not by.is_active or by.role not in command.proposes:
        raise NotAllowed(f"{_called(by.role)} does not propose: {command.title}.")
    _refuse_numbers(payload)
    client = _client_of(command, payload, client, by=by)
    _refuse_strangers(by, client, now=now)
    difference = command.difference(payload, now=now)
    approvers = sorted(command.approvers(payload, now=now))
    return Examined(command, client, difference, approvers)


@transaction.atomic
def propose(
    name: str, payload: dict, *, by, reason: str, now: datetime, client=None, subject: str = ""
) -> Proposal:
    """
    Ask for the command `name`; nothing changes until a second person approves.

    `payload` is JSON of text, numbers as strings. `client` is taken from the payload where the
    command knows how.

    :raises NotAllowed: the role does not propose it, or an RM for a client not served
    :raises Invalid: no such command, no reason, or the payload asks for what cannot be
    """
    examined = examine(name, payload, by=by, now=now, client=client)
    if not reason.strip():
        raise Invalid("A proposal needs a reason.")
    return Proposal.objects.create(
        command=name,
        client=examined.client,
        subject=subject,
        payload=payload,
        difference=examined.difference,
        approvers=examined.approvers,
        reason=reason.strip(),
        maker=by,
        proposed_at=now,
        expires_at=now + examined.command.lives,
    )


def approve(proposal: Proposal, *, by, reason: str, now: datetime) -> Proposal:
    """
    Apply the proposal and record who answered for it, in one transaction.

    :raises NotAllowed: the own proposal, or a role that does not decide it
    :raises NotOpen: decided, withdrawn or expired
    :raises Stale: what it would change has changed since
    :raises Invalid: no reason, or it can no longer be applied
    """
    return approve_many([proposal], by=by, reason=reason, now=now)[0]


@transaction.atomic
def approve_many(proposals: Iterable[Proposal], *, by, reason: str, now: datetime) -> list:
    """
    Approve all of them or none: what was shown as one difference is applied as one.

    The error names the proposal that stands in the way. Raises as `approve` does.
    """
    if not reason.strip():
        raise Invalid("A decision needs a reason.")
    rows = _open_rows(proposals, by=by, now=now)
    _one_at_a_time({row.command for row in rows})
    return [_applied(row, by=by, reason=reason.strip(), now=now) for row in rows]


@transaction.atomic
def refuse(proposal: Proposal, *, by, reason: str, now: datetime) -> Proposal:
    """
    Say no, with a reason.

    :raises NotAllowed: the own proposal (withdraw it), or a role that does not decide it
    :raises NotOpen: decided, withdrawn or expired
    """
    if not reason.strip():
        raise Invalid("A decision needs a reason.")
    [row] = _open_rows([proposal], by=by, now=now)
    return _ended(row, Proposal.refuse, by=by, reason=reason.strip(), now=now, checker=by)


@transaction.atomic
def withdraw(proposal: Proposal, *, by, reason: str, now: datetime) -> Proposal:
    """
    Take the own proposal back.

    :raises NotAllowed: it is somebody else's
    :raises NotOpen: decided, withdrawn or expired
    """
    row = Proposal.objects.locked().get(pk=proposal.pk)
    if row.maker_id != by.pk:
        raise NotAllowed(f"{row} is not yours to withdraw.")
    _refuse_closed(row, now=now)
    return _ended(row, Proposal.withdraw, by=by, reason=reason.strip() or "withdrawn", now=now)


def expire_due(*, now: datetime) -> int:
    """End the open proposals whose time is over, and return how many there were."""
    due = Proposal.objects.filter(state=State.PROPOSED, expires_at__lte=now)
    steps = [
        Step(pk, Proposal.expire, "nobody decided in time")
        for pk in due.values_list("pk", flat=True)
    ]
    return len(move_many(Proposal, steps, now=now))


def may_decide(proposal: Proposal, user, *, now: datetime) -> bool:
    """Whether `user` could approve or refuse it now."""
    return (
        proposal.state == State.PROPOSED
        and proposal.expires_at > now
        and _why_not(proposal, user, now=now) is None
    )


def obstacle_to(proposal: Proposal, *, now: datetime) -> str | None:
    """Why an open proposal could not be applied as it stands, in words; None where it could."""
    try:
        difference = command_named(proposal.command).difference(proposal.payload, now=now)
        _refuse_stale(proposal, difference)
    except Refused as obstacle:
        return str(obstacle)
    return None


def _open_rows(proposals: Iterable[Proposal], *, by, now: datetime) -> list[Proposal]:
    """The rows, locked in key order, each checked to be open and `by`'s to decide."""
    keys = {proposal.pk for proposal in proposals}
    rows = list(Proposal.objects.locked().filter(pk__in=keys))
    if len(rows) < len(keys) or not rows:
        raise NotOpen("There is no such proposal.")
    for row in rows:
        refusal = _why_not(row, by, now=now)
        if refusal:
            raise NotAllowed(refusal)
        _refuse_closed(row, now=now)
    return rows


def _why_not(row: Proposal, by, *, now: datetime) -> str | None:
    if row.maker_id == by.pk:
        return f"{row} is your own: somebody else decides it."
    allowed = command_named(row.command).approvers(row.payload, now=now) & set(row.approvers)
    if not by.is_active or by.role not in allowed:
        return f"{_called(by.role)} does not decide {row}."
    return None


def _refuse_closed(row: Proposal, *, now: datetime) -> None:
    if row.state != State.PROPOSED:
        raise NotOpen(f"{row} is {row.get_state_display().lower()} already.")
    if row.expires_at <= now:
        raise NotOpen(f"{row} has expired.")


def _applied(row: Proposal, *, by, reason: str, now: datetime) -> Proposal:
    command = command_named(row.command)
    _refuse_stale(row, command.difference(row.payload, now=now))
    row.checker = by
    try:
        outcome = command.apply(row.payload, proposal=row, now=now)
    except (IntegrityError, TransitionNotAllowed) as error:
        said = str(error).partition("\n")[0]
        raise Invalid(f"{row} can no longer be applied: {said}.") from error
    return _ended(
        row, Proposal.approve, by=by, reason=reason, now=now, checker=by, outcome=outcome or {}
    )


def _refuse_stale(row: Proposal, difference: list[list[str]]) -> None:
    then = [(label, before) for label, before, _ in row.difference]
    today = [(label, before) for label, before, _ in difference]
    if then == today:
        return
    changed = sorted(set(today) - set(then)) or sorted(set(then) - set(today)) or today
    label, before = changed[0]
    was = dict(then).get(label, "not there")
    raise Stale(
        f"{row}: {label} was {was or 'empty'} when proposed and is {before or 'empty'} now."
    )


def _ended(row: Proposal, step, *, by, reason: str, now: datetime, **facts) -> Proposal:
    """`reason` is both the move's and, but for an expiry, the decision's."""
    [ended] = move_many(
        Proposal,
        [Step(row.pk, step, reason, {**facts, "reason": reason})],
        now=now,
        mover=by,
        skip_locked=False,
    )
    return ended


def _one_at_a_time(names: set[str]) -> None:
    """Two approvals of one command wait for each other, so that neither misses the other."""
    with connection.cursor() as cursor:
        for name in sorted(names):
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"approval:{name}"]
            )


def _refuse_numbers(payload) -> None:
    """A float in JSON has lost its money's digits before anybody can look."""
    if isinstance(payload, dict):
        payload = [*payload, *payload.values()]
    if isinstance(payload, (list, tuple)):
        for part in payload:
            _refuse_numbers(part)
    elif not isinstance(payload, (str, int, type(None))):
        raise Invalid(f"{payload!r} is not text: numbers travel as text.")


def _client_of(command: Command, payload: dict, client, *, by):
    """The client of the payload, which whoever is named beside it cannot stand in for."""
    if command.client_of is None:
        return client
    try:
        return command.client_of(payload)
    except Invalid:
        if by.role == Role.RM:
            raise NotAllowed(_NOT_YOURS) from None
        raise


def _refuse_strangers(by, client, *, now: datetime) -> None:
    """To an RM a client of somebody else is as unknown as one that is not there."""
    if by.role != Role.RM or client is None:
        return
    if not clients().served_by(by, on=now.date()).filter(pk=client.pk).exists():
        raise NotAllowed(_NOT_YOURS)


def _called(role: str) -> str:
    return f"The role {Role(role).label.lower()}"
