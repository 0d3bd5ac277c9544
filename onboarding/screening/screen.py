"""
Screen: everybody handed in against every entry of every list, and a hit for each pair alike.

Nightly and whenever a list changes, in bulk; and one by one where somebody is new. The result is
recorded whether anything was found or not (AML-11).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from onboarding.lifecycle import Step, move_many
from onboarding.parameters import Unit, declare, value_of
from onboarding.screening.candidates import Index
from onboarding.screening.hits import Hit, HitState
from onboarding.screening.lists import ListEntry, ListVersion, versions_in_force
from onboarding.screening.score import RULE, Score
from onboarding.screening.screened import Screened, ScreeningRun, Subject, handed_in

HIT_SCORE = declare(
    "screening_hit_score",
    "Points from which a name is a hit",
    unit=Unit.SCORE,
    initial=Decimal(85),
    verified=False,
    source="AML-11; house: measured by screening_quality",
    least=Decimal(70),
    most=Decimal(100),
)
BATCH = 2_000


@transaction.atomic
def screen(subjects: Iterable[Subject], *, now: datetime) -> list[Hit]:
    """Screen these against all lists in force, and return their open and true hits."""
    rows = know(subjects, now=now)
    _compare(rows, _standing(), now=now)
    return list(
        Hit.objects.filter(screened__in=rows, state__in=[HitState.OPEN, HitState.TRUE])
        .select_related("entry", "screened")
        .order_by("pk")
    )


@transaction.atomic
def rescreen(
    *, now: datetime, why: str, entries: Sequence[ListEntry] | None = None
) -> ScreeningRun:
    """
    Screen everybody whom the features hand in and everybody known besides.

    With `entries`, against these alone: what is new on a list. Their run is recorded in any case.
    """
    by_prefix = handed_in(now)
    known = know((s for subjects in by_prefix.values() for s in subjects), now=now)
    kept = {row.pk for row in known}
    for prefix in by_prefix:
        Screened.objects.filter(key__startswith=f"{prefix}:", retired_at=None).exclude(
            pk__in=kept
        ).update(retired_at=now)
    rows = list(Screened.objects.filter(retired_at=None).order_by("pk"))
    found = _compare(rows, _standing() if entries is None else entries, now=now)
    return ScreeningRun.objects.create(
        at=now, why=why, versions=versions_in_force(), rule=RULE, parties=len(rows), hits=found
    )


def know(subjects: Iterable[Subject], *, now: datetime) -> list[Screened]:
    """The rows of these subjects, with the facts as handed in now."""
    named = {each.key: each for each in subjects if each.party.names}
    rows = [
        Screened(
            key=each.key,
            client_id=each.client_id,
            party=each.party.as_json(),
            fingerprint=each.party.fingerprint(),
            known_at=now,
        )
        for each in named.values()
    ]
    fresh = {row.key: row for row in Screened.objects.filter(key__in=[row.key for row in rows])}
    changed = [
        row
        for row in rows
        if (known := fresh.get(row.key)) is None
        or (known.fingerprint, known.client_id, known.retired_at)
        != (row.fingerprint, row.client_id, None)
    ]
    Screened.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["client", "party", "fingerprint", "known_at", "retired_at"],
        batch_size=BATCH,
    )
    return list(Screened.objects.filter(key__in=[row.key for row in rows]).order_by("pk"))


def retire(key: str, *, now: datetime) -> None:
    """Screen that subject no more; what was found and decided stays."""
    Screened.objects.filter(key=key, retired_at=None).update(retired_at=now)


def _standing() -> list[ListEntry]:
    return list(ListEntry.objects.filter(removed_at=None).order_by("pk"))


def _compare(rows: list[Screened], entries: Sequence[ListEntry], *, now: datetime) -> int:
    """How many hits are new. Everybody is marked as screened, found or not."""
    _one_at_a_time()
    least = float(value_of(HIT_SCORE, now=now))
    index = Index([entry.facts for entry in entries])
    latest = {v.code: v for v in ListVersion.objects.order_by("code", "number")}
    made = []
    for row in rows:
        for position, found in index.find(row.facts, least=least):
            entry = entries[position]
            made.append(_hit(row, entry, found, latest[entry.code], now=now))
    pairs = {(hit.screened_id, hit.entry_id, hit.ours_fingerprint) for hit in made}
    before = set(
        Hit.objects.filter(entry__in={hit.entry_id for hit in made}).values_list(
            "screened", "entry", "ours_fingerprint"
        )
        if pairs
        else ()
    )
    made = [h for h in made if (h.screened_id, h.entry_id, h.ours_fingerprint) not in before]
    Hit.objects.bulk_create(made, batch_size=BATCH)
    _supersede(made, now=now)
    versions = {code: version.number for code, version in latest.items()}
    Screened.objects.filter(pk__in=[row.pk for row in rows]).update(
        screened_at=now, versions=versions, rule=RULE
    )
    return len(made)


def _one_at_a_time() -> None:
    """Two runs at once would each ask the same question."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('screening', 0))")


def _hit(row: Screened, entry: ListEntry, found: Score, version, *, now: datetime) -> Hit:
    return Hit(
        screened=row,
        entry=entry,
        code=entry.code,
        version=version,
        rule=RULE,
        score=Decimal(str(found.total)),
        points=[[p.what, p.ours, p.theirs, f"{p.points:g}"] for p in found.points],
        ours=row.party,
        ours_fingerprint=row.fingerprint,
        found_at=now,
    )


def _supersede(made: list[Hit], *, now: datetime) -> None:
    """Of one party and one entry of a list only the hit on the newest facts stays open."""
    newest = {(hit.screened_id, hit.code, hit.entry.ref): hit.pk for hit in made}
    if not newest:
        return
    older = defaultdict(list)
    rows = Hit.objects.filter(screened__in={key[0] for key in newest}, state=HitState.OPEN)
    for pk, *key in rows.values_list("pk", "screened", "code", "entry__ref"):
        if newest.get(tuple(key), pk) != pk:
            older[tuple(key)].append(pk)
    steps = [
        Step(pk, Hit.supersede, "the same question on newer facts")
        for pks in older.values()
        for pk in pks
    ]
    move_many(Hit, steps, now=now, skip_locked=False)
