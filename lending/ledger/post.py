"""Enter events in the books: once, whole, and never edited."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from lending.ledger.chart import BORROWERS, HOUSE_WIDE, Kind, LedgerAccount, Subledger, book_of
from lending.ledger.entries import Leg
from lending.ledger.journal import Entry, Posting

HONG_KONG = ZoneInfo("Asia/Hong_Kong")


class KeyReused(Exception):
    """The same key was posted with another content before."""


class NothingToPost(Exception):
    """An event without a leg is no event."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry to post: legs by kind, against the accounts of one borrower and the house."""

    key: str
    kind: str
    narrative: str
    subledger_id: int
    legs: tuple[Leg, ...]
    value_date: date | None = None


def post(event: Event, *, now: datetime) -> Entry:
    """
    Enter one event, or return the entry that stands there under its key with the same content.

    :raises KeyReused, NothingToPost: see `post_many`
    :raises IntegrityError: a bound of the chart, as `ledger_receivable_not_negative`
    """
    [entry] = post_many([event], now=now)
    return entry


@transaction.atomic
def post_many(events: Iterable[Event], *, now: datetime) -> list[Entry]:
    """
    Enter many events through the same door as one: a fixed number of statements.

    Returns the entries in the order of `events`. An event whose key is already there with the
    same legs is left alone.

    :raises KeyReused: a key stands there with other legs
    :raises NothingToPost: an event has no leg
    """
    events = list(events)
    for event in events:
        if not event.legs:
            raise NothingToPost(event.key)
    accounts = _accounts_of(events)
    stored = _stored([event.key for event in events])
    new = {}
    for event in events:
        content = _content(event, accounts)
        if event.key in stored:
            if stored[event.key][1] != content:
                raise KeyReused(f"{event.key} is in the books with other postings")
        elif event.key in new:
            raise KeyReused(f"{event.key} stands twice in one batch")
        else:
            new[event.key] = _entry(event, now=now), content
    Entry.objects.bulk_create(entry for entry, _ in new.values())
    _write_postings((entry, content) for entry, content in new.values())
    entries = {key: entry for key, (entry, _) in (stored | new).items()}
    return [entries[event.key] for event in events]


@transaction.atomic
def reverse(entry: Entry, *, reason: str, now: datetime) -> Entry:
    """
    Undo `entry` by its mirror image: the only correction there is. Twice is the same as once.

    :raises IntegrityError: what the entry brought has been spent meanwhile
    """
    borrowers = entry.postings.values_list("debit__subledger", "credit__subledger")
    lock(sorted({pk for ends in borrowers for pk in ends if pk}))
    stored = Entry.objects.filter(reverses=entry).first()
    if stored:
        return stored
    mirror = Entry.objects.create(
        key=f"reverse:{entry.pk}",
        kind="reversal",
        narrative=reason,
        booked_at=now,
        value_date=now.astimezone(HONG_KONG).date(),
        reverses=entry,
    )
    ends = entry.postings.order_by("-pk").values_list("credit_id", "debit_id", "amount")
    _write_postings([(mirror, list(ends))])
    return mirror


def lock(subledger_ids: Sequence[int]) -> None:
    """Lock the borrowers' totals in key order, so that two posters cannot deadlock."""
    list(
        Subledger.objects.filter(pk__in=subledger_ids)
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk")
    )


def _accounts_of(events: list[Event]) -> dict[tuple[int | None, str], int]:
    """Account ids by (subledger, kind); the house's own under None. Locks the borrowers'."""
    subledgers = {event.subledger_id for event in events}
    lock(sorted(subledgers))
    rows = LedgerAccount.objects.filter(subledger_id__in=subledgers).values_list(
        "subledger_id", "kind", "pk"
    )
    accounts = {(subledger, kind): pk for subledger, kind, pk in rows}
    house = dict(
        LedgerAccount.objects.filter(subledger=None, currency="HKD").values_list("kind", "pk")
    )
    for kind in HOUSE_WIDE:
        if kind not in house:
            house[kind] = _house_account(kind)
    return accounts | {(None, kind): pk for kind, pk in house.items()}


def _house_account(kind: Kind) -> int:
    account, _ = LedgerAccount.objects.get_or_create(
        kind=kind, subledger=None, currency="HKD", defaults={"book": book_of(kind)}
    )
    return account.pk


def _content(event: Event, accounts) -> list[tuple]:
    def end(kind: str) -> int:
        return accounts[event.subledger_id if kind in BORROWERS else None, kind]

    return [(end(leg.debit), end(leg.credit), leg.amount) for leg in event.legs]


def _stored(keys: list[str]) -> dict[str, tuple[Entry, list[tuple]]]:
    entries = {entry.pk: entry for entry in Entry.objects.filter(key__in=keys)}
    content = defaultdict(list)
    for entry_id, *ends in (
        Posting.objects.filter(entry_id__in=entries)
        .order_by("pk")
        .values_list("entry_id", "debit_id", "credit_id", "amount")
    ):
        content[entry_id].append(tuple(ends))
    return {entry.key: (entry, content[pk]) for pk, entry in entries.items()}


def _entry(event: Event, *, now: datetime) -> Entry:
    return Entry(
        key=event.key,
        kind=event.kind,
        narrative=event.narrative,
        booked_at=now,
        value_date=event.value_date or now.astimezone(HONG_KONG).date(),
    )


def _write_postings(entries: Iterable[tuple[Entry, list[tuple]]]) -> None:
    Posting.objects.bulk_create(
        (
            Posting(
                entry=entry,
                debit_id=debit,
                credit_id=credit,
                amount=amount,
                booked_at=entry.booked_at,
            )
            for entry, content in entries
            for debit, credit, amount in content
        ),
        batch_size=5_000,
    )
