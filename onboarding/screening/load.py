"""
Load a list: hostile until it is parsed, in force only when it holds together.

A list that does not come, does not parse, or has lost more of its entries than the house allows
leaves the old one in force, and the log says so. What is taken is compared entry by entry, and
what is new or changed is returned to be screened for.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from onboarding.parameters import Unit, declare, value_of
from onboarding.screening.chains import compared
from onboarding.screening.facts import Listed, Parsed, Unreadable
from onboarding.screening.formats import ofac_csv, ofac_xml, pep_csv, un_xml
from onboarding.screening.lists import (
    ListCode,
    ListEntry,
    ListLoad,
    ListVersion,
    Outcome,
    WalletEntry,
    version_in_force,
)
from onboarding.screening.sources import files as folder
from onboarding.screening.sources import http

SHRINKS = declare(
    "screening_list_shrinks",
    "Part of its entries a list may lose in one load",
    unit=Unit.FRACTION,
    initial=Decimal("0.1"),
    verified=False,
    source="AML-11; house: a list that lost more is taken for a broken one",
)
FORMATS = {ListCode.OFAC: (ofac_csv, ofac_xml), ListCode.UN: (un_xml,), ListCode.PEP: (pep_csv,)}
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """The record of the attempt, and the entries that the list did not have before."""

    log: ListLoad
    new: tuple[ListEntry, ...] = ()

    @property
    def is_taken(self) -> bool:
        return self.log.outcome == Outcome.TAKEN


def fetched(places: list[str]) -> dict[str, bytes]:
    """
    The files at `places`, addresses or paths, under their names in lower case.

    :raises Unreadable: one of them did not come
    """
    found = {}
    for place in places:
        name = place.partition("?")[0].rstrip("/").rpartition("/")[2].lower()
        fetch = http.fetch if place.startswith(("http://", "https://")) else folder.fetch
        try:
            found[name] = fetch(place)
        except Unreadable as error:
            raise Unreadable(f"{name}: {error}") from error
    return found


def load_from(code: str, places: list[str], *, now: datetime, by=None) -> Loaded:
    """Fetch the list at `places` and load it; whatever is wrong is said in the log."""
    source = ", ".join(places)[:300]
    try:
        files = fetched(places)
    except Unreadable as error:
        return Loaded(_log(code, Outcome.REFUSED, str(error), source, now=now, by=by))
    return load(code, files, source=source, now=now, by=by)


@transaction.atomic
def load(code: str, files: Mapping[str, bytes], *, source: str, now: datetime, by=None) -> Loaded:
    """Put the list in `files` in force, or say in the log why the old one stays."""
    _one_at_a_time(code)
    before = version_in_force(code)
    digest = hashlib.sha256(b"".join(files[name] for name in sorted(files))).hexdigest()
    if before and before.digest == digest:
        said = f"The same files as version {before.number}."
        return Loaded(_log(code, Outcome.UNCHANGED, said, source, now=now, by=by, version=before))
    try:
        parsed = _parsed(code, files)
        _refuse_shrunk(before, parsed, now=now)
    except Unreadable as error:
        return Loaded(_log(code, Outcome.REFUSED, str(error), source, now=now, by=by))
    return _taken(code, parsed, before, digest, source, now=now, by=by)


def _one_at_a_time(code: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"list:{code}"])


def _parsed(code: str, files: Mapping[str, bytes]) -> Parsed:
    formats = FORMATS[ListCode(code)]
    if len(files) == 1:
        [name] = files
        by_name = [each for each in formats if len(each.FILES) == 1 and name in each.FILES]
        single = [each for each in formats if len(each.FILES) == 1]
        chosen = by_name or single
        if not chosen:
            raise Unreadable(f"{name} alone is not the list.")
        return chosen[0].parse(files)
    several = [each for each in formats if len(each.FILES) > 1]
    if not several:
        raise Unreadable("The list is one file.")
    return several[0].parse(files)


def _refuse_shrunk(before: ListVersion | None, parsed: Parsed, *, now: datetime) -> None:
    if before is None:
        return
    if before.dated and parsed.dated and parsed.dated < before.dated:
        raise Unreadable(f"It is of {parsed.dated}, older than the list in force, {before.dated}.")
    least = before.entries * (1 - value_of(SHRINKS, now=now))
    if len(parsed.entries) < least:
        raise Unreadable(
            f"It has {len(parsed.entries):,} entries and the list in force {before.entries:,}:"
            " that is more than may be lost at once."
        )
    wallets = sum(len(entry.wallets) for entry in parsed.entries)
    if wallets < before.wallets * (1 - value_of(SHRINKS, now=now)):
        raise Unreadable(
            f"It has {wallets:,} addresses and the list in force {before.wallets:,}:"
            " that is more than may be lost at once."
        )


def _taken(code, parsed: Parsed, before, digest, source, *, now: datetime, by) -> Loaded:
    version = ListVersion.objects.create(
        code=code,
        number=(before.number if before else 0) + 1,
        dated=parsed.dated,
        loaded_at=now,
        entries=len(parsed.entries),
        wallets=sum(len(entry.wallets) for entry in parsed.entries),
        digest=digest,
        source=source,
    )
    standing = dict(
        ListEntry.objects.filter(code=code, removed_at=None).values_list("ref", "fingerprint")
    )
    marks = {entry.ref: fingerprint_of(entry) for entry in parsed.entries}
    gone = [ref for ref, mark in standing.items() if marks.get(ref) != mark]
    ListEntry.objects.filter(code=code, removed_at=None, ref__in=gone).update(
        removed_at=now, removed_version=version
    )
    new = [e for e in parsed.entries if standing.get(e.ref) != marks[e.ref]]
    rows = put_on(code, new, version, now=now)
    left = len(set(standing) - set(marks))
    said = f"Version {version.number}: {len(new):,} new or changed, {left:,} gone."
    return Loaded(_log(code, Outcome.TAKEN, said, source, now=now, by=by, version=version), rows)


def put_on(code: str, entries, version: ListVersion, *, now: datetime) -> tuple[ListEntry, ...]:
    """Write the rows of `entries` and of their addresses."""
    rows = ListEntry.objects.bulk_create(
        [
            ListEntry(
                code=code,
                ref=each.ref[:60],
                party=each.party.as_json(),
                programme=each.programme,
                remarks=each.remarks,
                fingerprint=fingerprint_of(each),
                added_version=version,
                added_at=now,
            )
            for each in entries
        ],
        batch_size=BATCH,
    )
    wallets = {}
    for row, each in zip(rows, entries, strict=True):
        for wallet in each.wallets:
            family, address = compared(wallet.address)
            wallets[row.pk, family, address[:120]] = WalletEntry(
                entry=row, family=family, ticker=wallet.ticker, address=address[:120]
            )
    WalletEntry.objects.bulk_create(wallets.values(), batch_size=BATCH)
    return tuple(rows)


def fingerprint_of(entry: Listed) -> str:
    """The same for the same entry: its facts, why it is there, and its addresses."""
    told = [entry.party.fingerprint(), entry.programme, entry.remarks]
    told += [f"{wallet.ticker} {wallet.address}" for wallet in entry.wallets]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _log(code, outcome, said, source, *, now: datetime, by, version=None) -> ListLoad:
    return ListLoad.objects.create(
        code=code, at=now, outcome=outcome, said=said, source=source, version=version, by=by
    )
