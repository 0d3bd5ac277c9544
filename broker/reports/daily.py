"""Daily: a report made once a Hong Kong day, in every format, and kept."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction

from broker.reports.archive import HONG_KONG, StoredReport, archive, stored
from broker.reports.export import Sheet, to_csv, to_xlsx


def once_a_day(
    name: str,
    make: Callable[[], Sheet],
    *,
    now: datetime,
    tell: Callable[[list[StoredReport]], None],
) -> list[StoredReport]:
    """
    The report of today's Hong Kong date by format, made unless it was made before.

    `tell` is called with a new one in the transaction that keeps it: either both are there
    afterwards or neither. One of the day that is there already is returned as it is.
    """
    on = now.astimezone(HONG_KONG).date()
    if kept := stored(name, on=on):
        return kept
    sheet = make()
    files = {"csv": to_csv(sheet), "xlsx": to_xlsx(sheet)}
    with transaction.atomic(), connection.cursor() as cursor:
        # Two workers at once would make it twice.
        cursor.execute("SELECT pg_advisory_xact_lock('broker_storedreport'::regclass::bigint)")
        if kept := stored(name, on=on):
            return kept
        made = archive(name, files, as_of=now, now=now)
        tell(made)
        return made
