"""Ties: two people agree that clients are connected, or that they are no longer (SMF-7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.client_changes import client_named
from onboarding.clients import Client, ClientState, Kind
from onboarding.groups import Connection, Party, TieKind
from onboarding.hands import CONNECT_CLIENTS
from onboarding.payloads import as_day, as_percent, day, fraction, text, today

_PERSONS = (Kind.PERSON, Kind.JOINT)


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
