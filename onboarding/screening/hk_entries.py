"""
Hong Kong's own designations, UNSO (Cap. 537) and UNATMO (Cap. 575): they are published as notices
and not as data, so compliance keeps them here, with the notice as evidence, by two people.
"""

import hashlib
from datetime import datetime

from onboarding.approvals import Command, Invalid, Proposal, register
from onboarding.hands import HK_DESIGNATION
from onboarding.payloads import text
from onboarding.screening.facts import Listed, Party
from onboarding.screening.formats.dates import birth
from onboarding.screening.lists import ListCode, ListEntry, ListVersion, version_in_force
from onboarding.screening.load import put_on
from onboarding.screening.screen import rescreen

REGIMES = {"unso": "UNSO, Cap. 537", "unatmo": "UNATMO, Cap. 575"}
ADD, REMOVE = "add", "remove"


def _standing(ref: str) -> ListEntry | None:
    return ListEntry.objects.filter(code=ListCode.HONG_KONG, ref=ref, removed_at=None).first()


def _wanted(payload: dict) -> tuple[str, str]:
    change, ref = text(payload, "change", "Add or remove"), text(payload, "ref", "The reference")
    if change not in (ADD, REMOVE):
        raise Invalid("An entry is added or removed.")
    if len(ref) > 60:
        raise Invalid("The reference is longer than 60 characters.")
    return change, ref


def _listed(payload: dict, ref: str) -> Listed:
    regime = text(payload, "regime", "The ordinance")
    if regime not in REGIMES:
        raise Invalid("The ordinance is UNSO or UNATMO.")
    kind = text(payload, "kind", "Person or not")
    if kind not in ("person", "entity"):
        raise Invalid("It is a person or an entity.")
    born = text(payload, "birth", "The birth date", needed=False)
    if born and birth(born) is None:
        raise Invalid(f"The birth date is none: {born[:40]}.")
    names = [text(payload, "name", "The name")]
    names.append(text(payload, "name_chinese", "The Chinese name", needed=False))
    names += text(payload, "aliases", "The aliases", needed=False).split(";")
    number = text(payload, "identity", "The identity number", needed=False)
    nation = text(payload, "nationality", "The nationality", needed=False)
    party = Party(
        names=tuple(name.strip() for name in names if name.strip()),
        is_person=kind == "person",
        births=(birth(born),) if born else (),
        nationalities=(nation,) if nation else (),
        identities=(number,) if number else (),
    )
    return Listed(ref, party, REGIMES[regime], text(payload, "notice", "The notice"))


def _differs(payload: dict) -> list[tuple[str, str, str]]:
    change, ref = _wanted(payload)
    standing = _standing(ref)
    if change == REMOVE:
        if standing is None:
            raise Invalid(f"{ref} is not on the list.")
        notice = text(payload, "notice", "The notice")
        return [(f"Entry {ref}", str(standing), "removed"), ("Notice", "", notice)]
    if standing is not None:
        raise Invalid(f"{ref} is on the list already: {standing}.")
    listed = _listed(payload, ref)
    return [
        (f"Entry {ref}", "", "; ".join(listed.party.names)),
        ("Under", "", listed.programme),
        ("Notice", "", listed.remarks),
    ]


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    change, ref = _wanted(payload)
    before = version_in_force(ListCode.HONG_KONG)
    adds = change == ADD
    version = ListVersion.objects.create(
        code=ListCode.HONG_KONG,
        number=(before.number if before else 0) + 1,
        dated=None,
        loaded_at=now,
        entries=(before.entries if before else 0) + (1 if adds else -1),
        wallets=0,
        digest=hashlib.sha256(f"proposal {proposal.pk}".encode()).hexdigest(),
        source=f"proposal #{proposal.pk}",
    )
    if not adds:
        ListEntry.objects.filter(pk=_standing(ref).pk).update(
            removed_at=now, removed_version=version
        )
        return {"version": str(version.number)}
    rows = put_on(ListCode.HONG_KONG, [_listed(payload, ref)], version, now=now)
    run = rescreen(now=now, why=f"{version}", entries=rows)
    return {"version": str(version.number), "hits": str(run.hits)}


register(
    Command(
        name="hk_designation",
        title="Entry of the Hong Kong list",
        proposes=HK_DESIGNATION.proposes,
        approves=lambda payload: HK_DESIGNATION.approves,
        apply=_apply,
        differs=_differs,
    )
)
