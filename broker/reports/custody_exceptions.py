"""The open exceptions of custody: what somebody still has to put right, and whose it is."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from broker.reports.export import Column, Kind, Sheet
from broker.reports.repledge import repledge_report
from collateral.actions.calendar import without_action
from collateral.custody.authority import StandingAuthority
from collateral.custody.difference import Difference, DifferenceState
from collateral.custody.places import CustodyPlace, licences_ending
from collateral.custody.pool import HeldAt
from collateral.custody.statement import latest_statements
from collateral.prices.market_hours import HKT, session
from onboarding.clients import ClientState
from onboarding.payloads import today

NAME = "custody-exceptions"
# Expected ex-dates without an action are exceptions from so many days before.
EX_DATES_AHEAD = timedelta(days=7)
AUTHORITIES_AHEAD = timedelta(days=14)

COLUMNS = (
    Column("What", width=30),
    Column("Where", width=18),
    Column("Of", width=18),
    Column("Said", width=60),
    Column("Owner", width=22),
    Column("Since", Kind.TIME, width=20),
    Column("Age, days", Kind.COUNT),
)


def custody_exceptions(*, now: datetime) -> Sheet:
    """Each exception as a line, the oldest first; an empty sheet says that there is none."""
    rows = [*_differences(), *_places(now), *_actions(now), *_authorities(now), *_repledged(now)]
    lines = [
        (*row, max(0, (now - row[-1]).days) if row[-1] else None)
        for row in sorted(rows, key=lambda row: row[-1] or now)
    ]
    return Sheet(title="Custody exceptions", as_of=now, columns=COLUMNS, rows=lines)


def places_unstated(*, now: datetime) -> list[CustodyPlace]:
    """Places where something rests, with no statement since the last trading day ended."""
    ended = last_close(now)
    stated = {each.place_id for each in latest_statements() if each.as_of >= ended}
    holding = set(HeldAt.objects.filter(units__gt=0).values_list("place", flat=True).distinct())
    return list(CustodyPlace.objects.filter(pk__in=holding - stated).order_by("code"))


def last_close(now: datetime) -> datetime:
    """When the last Hong Kong session that a morning has passed since was over."""
    day = now.astimezone(HKT).date() - timedelta(days=1)
    while session(day) is None:
        day -= timedelta(days=1)
    return session(day).closes_at


def _differences() -> Iterator[tuple]:
    found = Difference.objects.filter(state=DifferenceState.OPEN).select_related("place", "owner")
    for each in found.order_by("pk"):
        yield (
            "Difference to a statement",
            each.place.code,
            f"{each.code} {each.client_number}".strip(),
            f"{each.get_kind_display()}: {each.figures}",
            str(each.owner),
            each.opened_at,
        )


def _places(now: datetime) -> Iterator[tuple]:
    for ending in licences_ending(now=now):
        row = ending.licence
        lapsed = ending.has_lapsed
        yield (
            "Licence has run out" if lapsed else "Licence ends",
            row.place.code,
            row.number,
            f"Last day {row.expires_on:%-d %b %Y}",
            "Operations",
            _midnight(row.expires_on) if lapsed else None,
        )
    for place in places_unstated(now=now):
        said = "No statement since the last trading day closed"
        yield ("Statement is missing", place.code, "", said, "Operations", last_close(now))


def _actions(now: datetime) -> Iterator[tuple]:
    for each in without_action(until=today(now) + EX_DATES_AHEAD):
        due = each.ex_at <= now
        yield (
            "Ex-date without its action",
            "",
            each.asset.code,
            f"Ex {each.ex_date:%-d %b %Y}{': it has no price' if due else ''}",
            "Operations",
            each.ex_at if due else None,
        )


def _authorities(now: datetime) -> Iterator[tuple]:
    """Those that ended, or end within 14 days, and that nothing renews (CSR-4)."""
    on = today(now)
    rows = StandingAuthority.objects.filter(
        expires_on__lte=on + AUTHORITIES_AHEAD, renewed_by=None
    ).exclude(client__state=ClientState.CLOSED)
    for row in rows.select_related("client").order_by("expires_on", "pk"):
        later = StandingAuthority.objects.filter(client=row.client, starts_on__gt=row.starts_on)
        if later.exists() or row.renews_by_itself:
            continue
        yield (
            "Standing authority lapses" if row.expires_on >= on else "Standing authority is over",
            "",
            row.client.number,
            f"Last day {row.expires_on:%-d %b %Y}: nothing of it may be pledged on after",
            "Operations",
            _midnight(row.expires_on) if row.expires_on < on else None,
        )


def _repledged(now: datetime) -> Iterator[tuple]:
    found = repledge_report(now=now)
    if found is not None and not found.is_within:
        said = f"HKD {found.take_back:,.2f} must be taken back by the next business day's close"
        yield ("Re-pledged above 140% of the loans", "", "", said, "Finance", None)


def _midnight(day) -> datetime:
    return datetime.combine(day, datetime.min.time(), HKT) + timedelta(days=1)
