"""Decide a hit: not the same, or the same, by a person with a reason."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from onboarding.lifecycle import Step, move, move_many
from onboarding.screening.cases import Origin, Refused, open_case
from onboarding.screening.hits import SCREENERS, Hit, HitState
from onboarding.screening.lists import ListCode

MOST_AT_ONCE = 200


@transaction.atomic
def find_false(hits: Iterable[Hit], *, reason: str, by, now: datetime) -> list[Hit]:
    """
    Decide all of them not to be the same, or none.

    :raises Refused: no right, no reason, or one of them is decided
    """
    keys = {hit.pk for hit in hits}
    _refuse(by, reason)
    if not keys or len(keys) > MOST_AT_ONCE:
        raise Refused(f"Choose between one and {MOST_AT_ONCE} hits.")
    rows = list(Hit.objects.locked().filter(pk__in=keys))
    _refuse_decided(rows)
    because = reason.strip()
    steps = [Step(r.pk, Hit.find_false, because, {"by": by, "because": because}) for r in rows]
    return move_many(Hit, steps, mover=by, now=now, skip_locked=False)


@transaction.atomic
def find_true(hit: Hit, *, reason: str, by, now: datetime) -> Hit:
    """
    Decide them to be the same.

    A match on a sanctions list opens a case of the MLRO and stops the client's draws, releases and
    sales. One on the PEP list asks for the approval of senior management (`pep.py`).

    :raises Refused: no right, no reason, or it is decided
    """
    _refuse(by, reason)
    [row] = Hit.objects.locked().filter(pk=hit.pk)
    _refuse_decided([row])
    because = reason.strip()
    row = move(row, Hit.find_true, reason=because, mover=by, now=now, by=by, because=because)
    if row.code != ListCode.PEP:
        open_case(
            origin=Origin.MATCH,
            about=str(row.screened),
            suspicion=f"{row} ({row.score} points): {because}",
            by=by,
            now=now,
            client=row.screened.client,
            hit=row,
            stops=True,
        )
    return row


def _refuse(by, reason: str) -> None:
    if by.role not in SCREENERS or not by.is_active:
        raise Refused("Compliance and the MLRO decide hits.")
    if not reason.strip():
        raise Refused("A decision needs a reason.")


def _refuse_decided(rows: list[Hit]) -> None:
    for row in rows:
        if row.state != HitState.OPEN:
            raise Refused(f"{row}: it is decided already.")
