"""The calendar of expected ex-dates: a file of others, loaded by operations or compliance."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from collateral.actions.action import CorporateAction, ExpectedExDate, begins
from collateral.assets import Asset, Kind
from collateral.tables import BadFile, day_in, rows_of
from onboarding.payloads import as_day, today

# An ex-date that is over long ago is no news: the share trades ex, and its units were changed.
LATE = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many ex-dates are new, were known, and are of shares that nobody here pledges."""

    new: int
    known: int
    foreign: int


@transaction.atomic
def load_calendar(content: bytes, *, by, now: datetime) -> Loaded:
    """
    Enter the ex-dates of a file with the columns asset, ex_date and, if it has one, what.

    All of it or nothing. From its first minute an ex-date leaves its share without a price until
    an action is approved and applied; that only ever stops something, so one person may load it.

    :raises BadFile: what is wrong, and on which line
    """
    shares = {asset.code: asset for asset in Asset.objects.filter(kind=Kind.SHARE)}
    sha256 = hashlib.sha256(content).hexdigest()
    rows: dict[tuple[int, date], ExpectedExDate] = {}
    foreign = 0
    for line, cells in rows_of(content, needed=("asset", "ex_date"), optional=("what",)):
        ex_date = day_in(cells["ex_date"], line=line)
        if not cells["asset"]:
            raise BadFile(f"Line {line} names no share.")
        if ex_date < today(now) - LATE:
            raise BadFile(f"Line {line}: {as_day(ex_date)} is over for more than {LATE.days} days.")
        asset = shares.get(cells["asset"])
        if asset is None:
            foreign += 1
            continue
        rows[asset.pk, ex_date] = ExpectedExDate(
            asset=asset,
            ex_date=ex_date,
            ex_at=begins(ex_date),
            what=cells.get("what", ""),
            sha256=sha256,
            loaded_at=now,
            loaded_by=by,
        )
    before = ExpectedExDate.objects.count()
    ExpectedExDate.objects.bulk_create(rows.values(), ignore_conflicts=True)
    new = ExpectedExDate.objects.count() - before
    return Loaded(new, len(rows) - new, foreign)


def without_action(*, until: date) -> list[ExpectedExDate]:
    """The expected ex-dates up to that day that no action is approved for, the nearest first."""
    entered = set(CorporateAction.objects.values_list("asset", "ex_date"))
    expected = ExpectedExDate.objects.filter(ex_date__lte=until).select_related("asset")
    return [
        each
        for each in expected.order_by("ex_date", "pk")
        if (each.asset_id, each.ex_date) not in entered
    ]
