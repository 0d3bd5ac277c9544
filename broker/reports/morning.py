"""The reports of a morning: each made once a day, in every format, and kept."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction

from broker.reports.archive import HONG_KONG, StoredReport, archive, stored
from broker.reports.custody_exceptions import NAME as EXCEPTIONS
from broker.reports.custody_exceptions import custody_exceptions
from broker.reports.export import Sheet, to_csv, to_xlsx
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
    return _once_a_day(NAME, lambda: sheet_of(margin_book(as_of=now)), now=now, tell=tell)


def morning_exceptions(
    *, now: datetime, tell: Callable[[list[StoredReport]], None]
) -> list[StoredReport]:
    """The open exceptions of custody of today's Hong Kong date; else as `morning_book`."""
    return _once_a_day(EXCEPTIONS, lambda: custody_exceptions(now=now), now=now, tell=tell)


def _once_a_day(
    name: str,
    sheet: Callable[[], Sheet],
    *,
    now: datetime,
    tell: Callable[[list[StoredReport]], None],
) -> list[StoredReport]:
    on = now.astimezone(HONG_KONG).date()
    if kept := stored(name, on=on):
        return kept
    made_sheet = sheet()
    files = {"csv": to_csv(made_sheet), "xlsx": to_xlsx(made_sheet)}
    with transaction.atomic(), connection.cursor() as cursor:
        # Two workers at once would make it twice.
        cursor.execute("SELECT pg_advisory_xact_lock('broker_storedreport'::regclass::bigint)")
        if kept := stored(name, on=on):
            return kept
        made = archive(name, files, as_of=now, now=now)
        tell(made)
        return made
