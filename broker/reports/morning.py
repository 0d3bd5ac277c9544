"""The reports of a morning: each made once a day, in every format, and kept."""

from collections.abc import Callable
from datetime import datetime

from broker.reports import credit_reviews
from broker.reports.archive import StoredReport
from broker.reports.custody_exceptions import NAME as EXCEPTIONS
from broker.reports.custody_exceptions import custody_exceptions
from broker.reports.daily import once_a_day
from broker.reports.margin_book import NAME, margin_book, sheet_of

Tell = Callable[[list[StoredReport]], None]


def morning_book(*, now: datetime, tell: Tell) -> list[StoredReport]:
    """
    The margin book of today's Hong Kong date, as `once_a_day` makes it.

    :raises DoesNotTie: see `margin_book`; nothing is kept and nobody told
    """
    return once_a_day(NAME, lambda: sheet_of(margin_book(as_of=now)), now=now, tell=tell)


def morning_reviews(*, now: datetime, tell: Tell) -> list[StoredReport]:
    """What is to be looked at again, of today's Hong Kong date, as `once_a_day` makes it."""
    return once_a_day(
        credit_reviews.NAME,
        lambda: credit_reviews.sheet_of(credit_reviews.reviews(now=now), as_of=now),
        now=now,
        tell=tell,
    )


def morning_exceptions(*, now: datetime, tell: Tell) -> list[StoredReport]:
    """The open exceptions of custody of today's Hong Kong date, as `once_a_day` makes it."""
    return once_a_day(EXCEPTIONS, lambda: custody_exceptions(now=now), now=now, tell=tell)
