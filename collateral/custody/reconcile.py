"""
Reconcile: the register against a statement, at the statement's own time, difference by difference.

The register of that time is what rests at the place now without what moved there since. A
difference that is new is opened, with an owner; one that is open is looked at again, and stays open
also where it has gone, until two people close it.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from collateral.assets import Asset
from collateral.custody.difference import (
    Difference,
    DifferenceKind,
    DifferenceState,
    ReconciliationRun,
)
from collateral.custody.statement import Statement
from onboarding.clients import Client
from onboarding.lifecycle import Step, move_many

# An asset by its code, and a client by its number; none where the statement is of all together.
Key = tuple[str, str]
NOTHING = Decimal(0)


@transaction.atomic
def reconcile(statement: Statement, *, by=None, now: datetime) -> ReconciliationRun:
    """
    Compare, and keep what came of it. `by` is None where the timetable asks.

    Two runs of one place wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"reconciliation:{statement.place_id}"],
        )
    here, there = _register(statement), _stated(statement)
    keys = sorted(here.keys() | there.keys())
    differing = [key for key in keys if here.get(key, NOTHING) != there.get(key, NOTHING)]
    run = ReconciliationRun.objects.create(
        statement=statement, ran_at=now, by=by, compared=len(keys), differing=len(differing)
    )
    known = {
        (each.code, each.client_number): each
        for each in Difference.objects.filter(place=statement.place_id, state=DifferenceState.OPEN)
        if bool(each.client_number) == statement.by_client
    }
    _open([key for key in differing if key not in known], here, there, run, now=now)
    _see_again(known, here, there, run, now=now)
    return run


def reconcile_latest(statements: Iterable[Statement], *, now: datetime) -> list[ReconciliationRun]:
    """Compare the last statement of each place again: the register may have changed its mind."""
    return [reconcile(statement, now=now) for statement in statements]


def _register(statement: Statement) -> dict[Key, Decimal]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT asset.code, CASE WHEN %(by_client)s THEN client.number ELSE '' END AS number,
                   sum(line.units)
              FROM (SELECT pool_id, asset_id, units FROM collateral_heldat
                     WHERE place_id = %(place)s
                    UNION ALL
                    SELECT coalesce(to_pool_id, from_pool_id), asset_id,
                           CASE WHEN to_pool_id IS NULL THEN units ELSE -units END
                      FROM collateral_movement
                     WHERE custody_id = %(place)s AND moved_at > %(as_of)s) line
              JOIN collateral_asset asset ON asset.id = line.asset_id
              JOIN collateral_pool pool ON pool.id = line.pool_id
              JOIN onboarding_client client ON client.id = pool.client_id
             GROUP BY 1, 2 HAVING sum(line.units) <> 0
            """,
            {
                "place": statement.place_id,
                "as_of": statement.as_of,
                "by_client": statement.by_client,
            },
        )
        return {(code, number): units for code, number, units in cursor.fetchall()}


def _stated(statement: Statement) -> dict[Key, Decimal]:
    lines = statement.lines.values_list("code", "client_number", "units")
    return {(code, number): units for code, number, units in lines}


def _kind(here: Decimal, there: Decimal) -> DifferenceKind:
    if here == there:
        return DifferenceKind.AGREES
    if here == 0:
        return DifferenceKind.MISSING_HERE
    return DifferenceKind.MISSING_THERE if there == 0 else DifferenceKind.AMOUNT


def _open(keys: list[Key], here: dict, there: dict, run: ReconciliationRun, *, now) -> None:
    if not keys:
        return
    assets = {asset.code: asset for asset in Asset.objects.all()}
    clients = Client.objects.in_bulk({number for _, number in keys if number}, field_name="number")
    Difference.objects.bulk_create(
        (
            Difference(
                place=run.statement.place,
                code=code,
                asset=assets.get(code),
                client_number=number,
                client=clients.get(number),
                kind=_kind(here.get((code, number), NOTHING), there.get((code, number), NOTHING)),
                here=here.get((code, number), NOTHING),
                there=there.get((code, number), NOTHING),
                first_run=run,
                last_run=run,
                owner=run.by or run.statement.loaded_by,
                opened_at=now,
            )
            for code, number in keys
        ),
        batch_size=5_000,
    )


def _see_again(known: dict[Key, Difference], here: dict, there: dict, run, *, now) -> None:
    """A step for each whose figures are others than before; the rest stand as they are."""
    steps = []
    for key, difference in known.items():
        figures = here.get(key, NOTHING), there.get(key, NOTHING)
        if figures != (difference.here, difference.there):
            facts = {
                "kind": _kind(*figures),
                "here": figures[0],
                "there": figures[1],
                "last_run": run,
            }
            steps.append(Step(difference.pk, Difference.see, f"run #{run.pk}", facts))
    move_many(Difference, steps, now=now, skip_locked=False)
