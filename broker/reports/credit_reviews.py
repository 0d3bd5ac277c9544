"""The calendar of reviews: whose credit, which limits and which terms are to be looked at again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain

from django.db.models import Sum

from broker.reports.export import Column, Kind, Sheet
from broker.reports.margin_book import managers_on
from collateral.haircuts import Haircut
from lending.limits.group_limit import GroupLimit
from lending.limits.review_due import last_changes, review_due
from lending.margin.account import MarginAccount, State
from lending.margin.terms import MarginTerms
from onboarding.clients import Client, ClientState
from onboarding.credit.figures import GRACE, REMIND, days_of
from onboarding.credit.profile import assessments_on
from onboarding.payloads import as_day, today

NAME = "credit-reviews"
# SMF-49, SMF-27: what the house lends at is looked at once a year.
POLICY_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Review:
    """
    One thing to look at again. `due` is None where a client with an account was never assessed.

    `limit` is HKD in all accounts; None where it is no limit. `stops` says whether it is so late
    that nothing more is lent.
    """

    what: str
    subject: str
    client: Client | None
    manager: str
    grade: str
    limit: Decimal | None
    due: date | None
    days_late: int
    stops: bool

    @property
    def is_overdue(self) -> bool:
        return self.due is None or self.days_late > 0

    @property
    def state(self) -> str:
        if self.due is None:
            return "Never assessed"
        if self.stops:
            return "Overdue, advances stopped"
        return "Overdue" if self.is_overdue else "Due"


def reviews(*, now: datetime, clients: Iterable[Client] | None = None) -> list[Review]:
    """
    What is due within the reminder's days or overdue, the latest first (SMF-4, SMF-12, SMF-49).

    `clients` narrows it to theirs and leaves the house's own out; None is everything.
    """
    on = today(now)
    until = on + timedelta(days=days_of(REMIND, now=now))
    found = _of_clients(clients, on=on, grace=days_of(GRACE, now=now))
    if clients is None:
        found = chain(found, _of_groups(on=on), _of_terms(on=on, now=now))
    listed = [each for each in found if each.due is None or each.due <= until]
    return sorted(listed, key=lambda each: (each.due or date.min, each.subject, each.what))


def _of_clients(clients, *, on: date, grace: int) -> Iterator[Review]:
    accounts = MarginAccount.objects.exclude(state=State.CLOSED)
    rows = Client.objects.exclude(state=ClientState.CLOSED).filter(
        pk__in=accounts.values("client_id")
    )
    if clients is not None:
        rows = rows.filter(pk__in=[client.pk for client in clients])
    last = {row.client_id: row for row in assessments_on(on)}
    limits = dict(accounts.order_by().values_list("client_id").annotate(limit=Sum("credit_limit")))
    by_client: dict[int, list[int]] = {}
    for pk, client_id in accounts.order_by("pk").values_list("pk", "client_id"):
        by_client.setdefault(client_id, []).append(pk)
    changes = last_changes(pk for keys in by_client.values() for pk in keys)
    managers = managers_on(on)
    for client in rows.order_by("number"):
        assessment = last.get(client.pk)
        dues = [review_due(assessment, changes.get(pk)) for pk in by_client[client.pk]]
        due = min((each for each in dues if each), default=None)
        yield Review(
            "Credit and limit",
            str(client),
            client,
            managers.get(client.pk, ""),
            assessment.grade if assessment else "",
            limits.get(client.pk),
            due,
            _late(due, on),
            due is None or on > due + timedelta(days=grace),
        )


def _of_groups(*, on: date) -> Iterator[Review]:
    """Each group's limit by its last row; one that a later row covers is over."""
    seen: list[set[int]] = []
    for row in GroupLimit.objects.select_related("client").order_by("-effective_at", "-pk"):
        members = set(row.members)
        if any(later >= members for later in seen):
            continue
        seen.append(members)
        yield _of_the_house(
            "Limit of a group",
            f"Connected with {row.client}",
            row.review_date,
            on=on,
            limit=row.amount,
        )


def _of_terms(*, on: date, now: datetime) -> Iterator[Review]:
    terms = (
        MarginTerms.objects.filter(effective_at__lte=now)
        .order_by("name", "-effective_at", "-pk")
        .distinct("name")
    )
    for row in terms:
        yield _of_the_house("Margin terms", row.name, today(row.effective_at) + POLICY_YEAR, on=on)
    for row in Haircut.objects.in_force(at=now).select_related("asset"):
        due = today(row.effective_at) + POLICY_YEAR
        yield _of_the_house("Haircuts", str(row.asset), due, on=on)


def _of_the_house(what: str, subject: str, due: date, *, on: date, limit=None) -> Review:
    return Review(what, subject, None, "", "", limit, due, _late(due, on), False)


def _late(due: date | None, on: date) -> int:
    return max(0, (on - due).days) if due else 0


COLUMNS = (
    Column("What", width=18),
    Column("Of", width=40),
    Column("Relationship manager", width=22),
    Column("Grade", width=8),
    Column("Limit HKD", Kind.HAD),
    Column("Due", width=14),
    Column("Days late", Kind.COUNT, width=10),
    Column("State", width=26),
)


def sheet_of(found: list[Review], *, as_of: datetime) -> Sheet:
    """The calendar as a sheet to be exported."""
    return Sheet(
        title="Credit reviews",
        as_of=as_of,
        columns=COLUMNS,
        rows=[
            (
                each.what,
                each.subject,
                each.manager,
                each.grade,
                each.limit,
                as_day(each.due) if each.due else "",
                each.days_late,
                each.state,
            )
            for each in found
        ],
    )
