"""
Groups of connected clients (SMF-7): dated ties that two people agreed to, and who hangs together.

A tie joins a client to another client, or to a party that is no client: the owner behind several, a
controller, a guarantor. What binds is arithmetic (`connected.py`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from onboarding.approvals import Proposal
from onboarding.clients import Client
from onboarding.connected import CONTROL, SPOUSE, Component, Tie, components
from onboarding.parameters import Unit, declare, value_of
from onboarding.payloads import HONG_KONG, as_percent

THRESHOLD = declare(
    "connected_control",
    "Votes that make a controller",
    unit=Unit.FRACTION,
    initial=Decimal("0.35"),
    verified=True,
    source="SMF-7; SMF Guidelines ¶2.1 note 1",
    least=Decimal("0.01"),
)


class TieKind(models.TextChoices):
    SPOUSE = SPOUSE, "Spouse of"
    CONTROL = CONTROL, "Controls votes of"
    GUARANTOR = "guarantor", "Guarantees"
    ACTING_FOR = "acting_for", "Acts for"
    SAME_THIRD_PARTY = "same_third_party", "Shares owner or benefit with"
    RELATED = "related", "Related margin client of"


class Party(models.Model):
    """Somebody who is no client; `reference` tells two of one name apart."""

    name = models.CharField(max_length=120)
    reference = models.CharField(max_length=60)

    class Meta:
        verbose_name_plural = "parties"
        constraints = [
            models.UniqueConstraint(fields=["name", "reference"], name="party_known_once"),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(reference=""), name="party_has_a_name"
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.reference})"


class ConnectionQuerySet(models.QuerySet):
    def in_force(self, *, on: date):
        return self.filter(
            Q(until_date=None) | Q(until_date__gt=on), from_date__lte=on
        ).select_related("client", "other", "party")


class Connection(models.Model):
    """
    `client` is tied to exactly one of `other` and `party`, from a date until, and not on, another.

    Who controls, guarantees or acts stands first: the `client`, or the party where `party_first`.
    """

    kind = models.CharField(max_length=20, choices=TieKind.choices)
    client = models.ForeignKey(Client, models.PROTECT, related_name="connections")
    other = models.ForeignKey(Client, models.PROTECT, null=True, blank=True, related_name="+")
    party = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="+")
    party_first = models.BooleanField(default=False)
    share = models.DecimalField(max_digits=7, decimal_places=6, null=True, blank=True)
    from_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")
    ended_by = models.OneToOneField(
        Proposal, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(other=None, party__isnull=False)
                | Q(other__isnull=False, party=None, party_first=False),
                name="connection_has_two_ends",
            ),
            models.CheckConstraint(
                condition=Q(other=None) | ~Q(other=F("client")), name="connection_not_to_itself"
            ),
            models.CheckConstraint(
                condition=Q(kind=TieKind.CONTROL, share__gt=0, share__lte=1)
                | (~Q(kind=TieKind.CONTROL) & Q(share=None)),
                name="connection_share_iff_control",
            ),
            models.CheckConstraint(
                condition=Q(until_date=None, ended_by=None)
                | Q(until_date__gte=F("from_date"), ended_by__isnull=False),
                name="connection_ended_by_two_people",
            ),
        ]

    def __str__(self):
        one, other = self.ends
        share = f" ({as_percent(self.share)})" if self.share is not None else ""
        return f"{one} {self.get_kind_display().lower()} {other}{share}"

    @property
    def ends(self) -> tuple[Client | Party, Client | Party]:
        """Who stands first, and who second."""
        far = self.other or self.party
        return (far, self.client) if self.party_first else (self.client, far)

    def as_tie(self) -> Tie:
        one, other = map(_node, self.ends)
        return Tie(self.kind, one, other, self.share, self.pk)


def _node(end: Client | Party) -> str:
    """A client's node is named by its number, so that groups are in the order of numbers."""
    return f"client {end.number}" if isinstance(end, Client) else f"party {end.pk}"


@dataclass(frozen=True, slots=True)
class Member:
    """A client of a group, and the ties that bind it there."""

    client: Client
    because: tuple[Connection, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Two clients or more, by number, and the parties that stand between them."""

    members: tuple[Member, ...]
    parties: tuple[Party, ...]

    @property
    def clients(self) -> list[Client]:
        return [member.client for member in self.members]


def groups(on: date) -> list[Group]:
    """Every group of connected clients on that day, by the first client's number; two queries."""
    rows = list(Connection.objects.in_force(on=on).order_by("pk"))
    by_key = {row.pk: row for row in rows}
    ends = {_node(end): end for row in rows for end in row.ends}
    found = components((row.as_tie() for row in rows), threshold=_threshold(on))
    made = [_group(each, ends, by_key) for each in found]
    return [group for group in made if len(group.members) > 1]


def group_of(client: Client, *, on: date) -> Group | None:
    """The group that `client` belongs to on that day; None where it stands alone."""
    return next((group for group in groups(on) if client in group.clients), None)


def _group(found: Component, ends: dict, by_key: dict[int, Connection]) -> Group:
    members = [
        Member(ends[node], tuple(by_key[tie.key] for tie in found.ties[node]))
        for node in found.nodes
        if isinstance(ends[node], Client)
    ]
    parties = [ends[node] for node in found.nodes if isinstance(ends[node], Party)]
    return Group(tuple(sorted(members, key=lambda member: member.client.number)), tuple(parties))


def _threshold(on: date) -> Decimal:
    return value_of(THRESHOLD, now=datetime.combine(on, datetime.max.time(), HONG_KONG))
