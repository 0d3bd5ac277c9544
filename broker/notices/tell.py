"""
Tell: find the moves that nobody was told of, write the notices, and mark the moves told.

Notices and marks are one transaction, so a killed worker has told either both or neither. Sending
is another matter (`send.py`).
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from broker.notices.desks import to_desks
from broker.notices.facts import Facts, Occurrence, occurrences_of
from broker.notices.notice import Channel, Notice
from broker.notices.occasions import SILENT, TOLD
from broker.notices.words import one_line, rendered
from lending.margin.account import MarginMove
from onboarding.applications.application import ApplicationMove
from onboarding.lifecycle import Move
from onboarding.users import User

BATCH = 500


def tell(*, now: datetime) -> int:
    """
    Write a notice for every signatory, and a copy for the relationship manager, of each move that
    the client must hear of, in the order they happened; return how many. Moves of which nothing is
    said are marked told.

    A move that somebody else is telling is left to them. A step that stands in neither table of
    `occasions.py` stays untold until it does.
    """
    written = 0
    while True:
        found, made = _tell_batch(now=now)
        written += made
        if found < BATCH:
            return written


@transaction.atomic
def _tell_batch(*, now: datetime) -> tuple[int, int]:
    """How many moves were found untold, and how many notices were written of them."""
    moves = sorted(_untold(), key=_order)[:BATCH]
    by_model: dict[type[Move], list[Move]] = defaultdict(list)
    for move in moves:
        by_model[type(move)].append(move)
    occurrences = [
        each for model, own in by_model.items() for each in occurrences_of(model, own, TOLD[model])
    ]
    occurrences.sort(key=lambda each: _order(each.move))
    notices = _written(occurrences, now=now) if occurrences else []
    notices += to_desks(by_model.get(ApplicationMove, []), now=now)
    Notice.objects.bulk_create(notices)
    _mark(by_model, now=now)
    return len(moves), len(notices)


def _untold() -> Iterator[Move]:
    for model in TOLD:
        yield from (
            model.objects.filter(told_at=None, step__in=[*TOLD[model], *SILENT[model]])
            .order_by("moved_at", "pk")
            .select_for_update(of=("self",), skip_locked=True)[:BATCH]
        )


def _order(move: Move) -> tuple:
    """
    As things happened. Where two machines moved at one moment, the call goes before the account:
    an end of a sale, or of a call, comes after what led to it.
    """
    return move.moved_at, isinstance(move, MarginMove), move.pk


def _mark(by_model: dict[type[Move], list[Move]], *, now: datetime) -> None:
    for model, moves in by_model.items():
        model.objects.filter(pk__in=[move.pk for move in moves]).update(told_at=now)


def _written(occurrences: list[Occurrence], *, now: datetime) -> list[Notice]:
    facts = Facts(occurrences, now=now)
    notices = []
    for each in occurrences:
        context = facts.context(each)
        subject = rendered(each.occasion, "subject", context)
        body = rendered(each.occasion, "body", context)
        signatories = facts.people(each)
        for user in signatories or [None]:
            notices.append(_notice(each, user, subject, body, now=now))
        manager = facts.manager(each)
        if manager:
            copied = rendered("copy", "body", context | {"body": body, "told": signatories})
            notices.append(
                _notice(each, manager, f"Copy: {subject}", copied, is_copy=True, now=now)
            )
    return notices


def _notice(
    each: Occurrence,
    user: User | None,
    subject: str,
    body: str,
    *,
    is_copy: bool = False,
    now: datetime,
) -> Notice:
    by_email = bool(user and user.email)
    channel = Channel.EMAIL if by_email else Channel.INBOX if user else Channel.NOBODY
    subjects = each.move._meta.model_name
    return Notice(
        key=f"{subjects}:{each.move.pk}:{user.pk if user else 'nobody'}",
        occasion=each.occasion,
        client=each.client,
        account=each.account,
        recipient=user,
        is_copy=is_copy,
        channel=channel,
        address=user.email if by_email else "",
        subject=one_line(subject),
        body=body,
        made_at=now,
        next_attempt_at=now if by_email else None,
    )
