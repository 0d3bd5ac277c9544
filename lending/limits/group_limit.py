"""The limit of a group of connected clients: dated rows by two people, and the room left in it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Sum

from collateral.amounts import CENT, EXACT, NOTHING, round_down
from collateral.fields import MoneyField
from lending.ledger.chart import Subledger
from lending.limits.connected import connected_with, lock_connected
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.client_changes import client_named
from onboarding.clients import Client
from onboarding.hands import GROUP_LIMIT
from onboarding.payloads import as_day, as_hkd, day, money, text, today

COMMAND = "group_limit"
REVIEWED_WITHIN_DAYS = 366


class GroupLimit(models.Model):
    """
    HKD that the `members` may owe together. A row is never edited.

    It holds for every group that one of its members is in, until a later row names all of them.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="group_limits")
    members = ArrayField(models.BigIntegerField())
    amount = MoneyField()
    assessment = models.TextField()
    review_date = models.DateField()
    effective_at = models.DateTimeField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="group_limit")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="group_limit_maker_is_not_checker"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0) & ~Q(assessment=""), name="group_limit_says_why"
            ),
            models.CheckConstraint(
                condition=Q(members__len__gte=2), name="group_limit_is_of_several"
            ),
        ]
        indexes = [models.Index(fields=["-effective_at"], name="group_limit_log")]

    def __str__(self):
        return f"{len(self.members)} connected with {self.client}: {self.amount:,.2f}"


@dataclass(frozen=True, slots=True)
class GroupRoom:
    """
    What a group owes together, interest and deficits included, and may owe.

    `limit` is None where nobody has set one, and then there is no room.
    """

    members: tuple[int, ...]
    limit: Decimal | None
    exposure: Decimal

    @property
    def left(self) -> Decimal:
        """HKD, rounded down to the cent, never negative."""
        if self.limit is None:
            return NOTHING
        with localcontext(EXACT):
            return round_down(max(NOTHING, self.limit - self.exposure), CENT)


def limit_in_force(members: list[int], *, now: datetime) -> GroupLimit | None:
    """
    The tightest of the rows that hold for a group of these members; None where there is none.

    A row that a later one covers whole has ended. Where two groups have become one, both rows
    hold until one is approved for all, so a connection never makes room.
    """
    rows = list(
        GroupLimit.objects.filter(members__overlap=members, effective_at__lte=now).order_by(
            "-effective_at", "-pk"
        )
    )
    holding: list[GroupLimit] = []
    for row in rows:
        if not any(set(later.members) >= set(row.members) for later in holding):
            holding.append(row)
    return min(holding, key=lambda row: row.amount, default=None)


def exposure_of(members: list[int]) -> Decimal:
    """What these clients owe together: principal, interest accrued or posted, deficits (SMF-9)."""
    sums = Subledger.objects.filter(account__client_id__in=members).aggregate(
        owed=Sum("owed", default=NOTHING),
        accrued=Sum("accrued", default=NOTHING),
        deficit=Sum("deficit", default=NOTHING),
    )
    with localcontext(EXACT):
        return sum(sums.values(), NOTHING)


def group_room(client_id: int, *, now: datetime) -> GroupRoom | None:
    """The room of the group that the client is in; None where it is in none."""
    members = connected_with(client_id, now=now)
    if len(members) < 2:
        return None
    row = limit_in_force(members, now=now)
    return GroupRoom(tuple(members), row and row.amount, exposure_of(members))


def _members_of(payload: dict, *, now: datetime) -> tuple[Client, list[int]]:
    client = client_named(payload)
    members = sorted(connected_with(client.pk, now=now))
    if len(members) < 2:
        raise Invalid(f"{client} is connected with no other client.")
    return client, members


def _review_date(payload: dict, *, now: datetime):
    on = day(payload, "review_date", "The review date")
    if not 0 < (on - today(now)).days <= REVIEWED_WITHIN_DAYS:
        raise Invalid("A limit is reviewed within a year, and after today.")
    return on


def _differs(payload: dict, *, now: datetime) -> Difference:
    client, members = _members_of(payload, now=now)
    amount = money(payload, "amount", "The limit")
    text(payload, "assessment", "The written assessment")
    before = limit_in_force(members, now=now)
    if before and before.amount == amount and set(before.members) >= set(members):
        raise Invalid(f"The limit of the group is {as_hkd(amount)} already.")
    names = "; ".join(map(str, Client.objects.filter(pk__in=members).order_by("number")))
    return [
        ("Limit of the group", as_hkd(before and before.amount), as_hkd(amount)),
        ("Its members", names, names),
        ("Owed together now", "", as_hkd(round_down(exposure_of(members), CENT))),
        ("Reviewed by", "", as_day(_review_date(payload, now=now))),
    ]


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    lock_connected(client_named(payload).pk, now=now)
    client, members = _members_of(payload, now=now)
    row = GroupLimit.objects.create(
        client=client,
        members=members,
        amount=money(payload, "amount", "The limit"),
        assessment=text(payload, "assessment", "The written assessment"),
        review_date=_review_date(payload, now=now),
        effective_at=now,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
    )
    return {"group_limit": str(row.pk), "client": client.number}


register(
    Command(
        name=COMMAND,
        title="Limit of a group",
        proposes=GROUP_LIMIT.proposes,
        approves=lambda payload, *, now: GROUP_LIMIT.approves,
        apply=_apply,
        differs=_differs,
        client_of=client_named,
        dated=True,
    )
)
