"""
Groups of connected clients (SMF-7): dated ties that two people agreed to, and who hangs together.

A tie joins a client to another client, or to a party that is no client: the owner behind several, a
controller, a guarantor. What binds is arithmetic (`connected.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.client_changes import client_named
from onboarding.clients import Client, ClientState, Kind
from onboarding.connected import CONTROL, SPOUSE, Component, Tie, components
from onboarding.hands import CONNECT_CLIENTS
from onboarding.parameters import Unit, declare, value_of
from onboarding.payloads import HONG_KONG, as_day, as_percent, day, fraction, text, today

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


_PERSONS = (Kind.PERSON, Kind.JOINT)


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


@dataclass(frozen=True, slots=True)
class _Asked:
    kind: TieKind
    client: Client
    other: Client | None
    party: tuple[str, str] | None
    party_first: bool
    share: Decimal | None
    from_date: date


def _asked(payload: dict, *, now: datetime) -> _Asked:
    kind = text(payload, "kind", "The kind of tie")
    if kind not in TieKind.values:
        raise Invalid(f"There is no tie of the kind {kind[:20]}.")
    kind = TieKind(kind)
    client = client_named(payload)
    number = text(payload, "other", "The other client", needed=False)
    name = text(payload, "party", "The party", needed=False)
    if bool(number) == bool(name):
        raise Invalid("Name another client, or somebody who is no client: one of the two.")
    other = client_named({"client": number}) if number else None
    if other == client:
        raise Invalid(f"{client} is not tied to itself.")
    party = (name[:120], text(payload, "reference", "The party's reference")[:60]) if name else None
    first = text(payload, "party_first", "Who stands first", needed=False) == "yes"
    if first and party is None:
        raise Invalid("Between two clients the first one named stands first.")
    _refuse_wrong_kinds(kind, client, other, first)
    share = fraction(payload, "share", "The share of votes") if kind == TieKind.CONTROL else None
    if share == 0:
        raise Invalid("Control of no votes is no tie.")
    from_date = day(payload, "from_date", "The first day")
    if from_date > today(now):
        raise Invalid("A tie is recorded when it is there: the first day is to come.")
    for end in (client, other):
        if end is not None and end.state == ClientState.CLOSED:
            raise Invalid(f"{end} is closed.")
    return _Asked(kind, client, other, party, first, share, from_date)


def _refuse_wrong_kinds(kind: TieKind, client: Client, other: Client | None, first: bool) -> None:
    """Spouses are persons, and what is controlled by votes is none."""
    if kind == TieKind.SPOUSE:
        wrong = next((end for end in (client, other) if end and end.kind not in _PERSONS), None)
        if wrong:
            raise Invalid(f"{wrong} is no person and has no spouse.")
    controlled = client if first else other
    if kind == TieKind.CONTROL and controlled is not None and controlled.kind in _PERSONS:
        raise Invalid(f"{controlled} is a person: nobody controls its votes.")


def _known(asked: _Asked, *, now: datetime) -> Connection | None:
    rows: Iterable[Connection] = Connection.objects.in_force(on=today(now)).filter(
        kind=asked.kind, client=asked.client, other=asked.other, party_first=asked.party_first
    )
    if asked.party:
        rows = rows.filter(party__name=asked.party[0], party__reference=asked.party[1])
    return rows.first()


def _connecting(payload: dict, *, now: datetime) -> Difference:
    asked = _asked(payload, now=now)
    known = _known(asked, now=now)
    if known:
        raise Invalid(f"This tie is known: {known}. End it first.")
    far = asked.other or f"{asked.party[0]} ({asked.party[1]})"
    one, other = (far, asked.client) if asked.party_first else (asked.client, far)
    lines = [("Tie", "", f"{one} {asked.kind.label.lower()} {other}")]
    if asked.share is not None:
        lines.append(("Votes", "", as_percent(asked.share)))
    return [*lines, ("From", "", as_day(asked.from_date))]


def _connect(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    asked = _asked(payload, now=now)
    party = None
    if asked.party:
        party, _ = Party.objects.get_or_create(name=asked.party[0], reference=asked.party[1])
    row = Connection.objects.create(
        kind=asked.kind,
        client=asked.client,
        other=asked.other,
        party=party,
        party_first=asked.party_first,
        share=asked.share,
        from_date=asked.from_date,
        proposal=proposal,
    )
    return {"connection": str(row.pk)}


def _connection_named(payload: dict) -> Connection:
    number = text(payload, "connection", "The tie")
    row = None
    if number.isascii() and number.isdecimal() and len(number) < 19:
        rows = Connection.objects.select_related("client", "other", "party")
        row = rows.filter(pk=number).first()
    if row is None:
        raise Invalid(f"There is no tie {number[:20]}.")
    return row


def _ending(payload: dict, *, now: datetime) -> Difference:
    row, until = _connection_named(payload), day(payload, "until_date", "The day it ended")
    if row.until_date is not None:
        raise Invalid(f"It ended on {as_day(row.until_date)} already.")
    if not row.from_date <= until <= today(now):
        raise Invalid("A tie ends after it began, and the day is not to come.")
    return [("Tie", str(row), "none"), ("Ends", "", as_day(until))]


def _end(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    row = _connection_named(payload)
    row.until_date, row.ended_by = day(payload, "until_date", "The day it ended"), proposal
    row.save(update_fields=["until_date", "ended_by"])
    return {"connection": str(row.pk)}


register(
    Command(
        name="connect_clients",
        title="Tie between clients",
        proposes=CONNECT_CLIENTS.proposes,
        approves=lambda payload, *, now: CONNECT_CLIENTS.approves,
        apply=_connect,
        differs=_connecting,
        client_of=client_named,
        dated=True,
    )
)
register(
    Command(
        name="disconnect_clients",
        title="End a tie between clients",
        proposes=CONNECT_CLIENTS.proposes,
        approves=lambda payload, *, now: CONNECT_CLIENTS.approves,
        apply=_end,
        differs=_ending,
        client_of=lambda payload: _connection_named(payload).client,
        dated=True,
    )
)
