"""The margin book of a morning: made once a day, in every format, and kept."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction

from broker.reports.archive import HONG_KONG, StoredReport, archive, stored
from broker.reports.export import to_csv, to_xlsx
from broker.reports.margin_book import NAME, margin_book, sheet_of


def morning_book(
    *, now: datetime, tell: Callable[[list[StoredReport]], None]
) -> list[StoredReport]:
    """
    The margin book of today's Hong Kong date by format, made unless it was made before.

    `tell` is called with a new one in the transaction that keeps it: either both are there
    afterwards or neither. A book of the day that is there already is returned as it is.

    :raises DoesNotTie: see `margin_book`; nothing is kept and nobody told
    """
    on = now.astimezone(HONG_KONG).date()
    if kept := stored(NAME, on=on):
        return kept
    sheet = sheet_of(margin_book(as_of=now))
    files = {"csv": to_csv(sheet), "xlsx": to_xlsx(sheet)}
    with transaction.atomic(), connection.cursor() as cursor:
        # Two workers at once would make it twice.
        cursor.execute("SELECT pg_advisory_xact_lock('broker_storedreport'::regclass::bigint)")
        if kept := stored(NAME, on=on):
            return kept
        made = archive(NAME, files, as_of=now, now=now)
        tell(made)
        return made
