"""Enter a custody place, or renew what is known of it: by two people, with dated rows."""

from datetime import datetime

from collateral.assets import Kind
from collateral.custody.places import FOR_VA, CustodyPlace, PlaceKind, PlaceLicence
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.hands import CUSTODY_PLACE, Area
from onboarding.payloads import as_day, as_moment, day, moment, text, today

_KINDS = {kind.value: kind.label.lower() for kind in Kind}


def _asked(payload: dict, *, now: datetime) -> tuple[CustodyPlace | None, dict]:
    """The place as it is known, if it is, and what the row should say."""
    code = text(payload, "code", "The code")
    place = CustodyPlace.objects.filter(code=code).first()
    kind = text(payload, "kind", "The kind of place", needed=place is None)
    name = text(payload, "name", "The name", needed=place is None)
    if place is None and (kind not in PlaceKind.values or len(code) > 12 or len(name) > 120):
        raise Invalid("A new place has a code of at most 12 letters, a kind that is known, a name.")
    if place is not None and (kind or place.kind, name or place.name) != (place.kind, place.name):
        raise Invalid(f"{place} is a place already, of another kind or name: that never changes.")
    number = text(payload, "number", "The licence number", needed=False)
    if len(number) > 40:
        raise Invalid("The licence number is longer than 40 characters.")
    expires = day(payload, "expires_on", "The last day") if payload.get("expires_on") else None
    if expires and expires < today(now):
        raise Invalid("The licence would have run out already.")
    keeps = payload.get("keeps") or []
    if not isinstance(keeps, list) or not all(each in _KINDS for each in keeps):
        raise Invalid("What it keeps is not a kind of asset.")
    kind = place.kind if place else kind
    if kind in FOR_VA and not (number and expires):
        raise Invalid("A place that may keep virtual assets has a licence and its last day.")
    if Kind.VA in keeps and kind not in FOR_VA:
        raise Invalid(
            "Virtual assets of clients rest with a licensed platform's associated entity or an"
            " authorised institution, and nowhere else (JC-7)."
        )
    fields = {"number": number, "expires_on": expires, "keeps": sorted(set(keeps))}
    return place, fields | {"kind": kind, "name": place.name if place else name, "code": code}


def _differs(payload: dict, *, now: datetime) -> Difference:
    place, asked = _asked(payload, now=now)
    at = moment(payload, "effective_at", now=now)
    held = PlaceLicence.objects.in_force(at=at or now).filter(place=place).first()
    if held and (held.number, held.expires_on, sorted(held.keeps)) == (
        asked["number"],
        asked["expires_on"],
        asked["keeps"],
    ):
        raise Invalid(f"{place} is known so already.")
    return [
        ("Place", str(place) if place else "not known", f"{asked['code']} ({asked['name']})"),
        ("Kind", place.get_kind_display() if place else "", PlaceKind(asked["kind"]).label),
        ("Licence", held.number if held else "", asked["number"] or "none"),
        ("Last day", _until(held.expires_on) if held else "", _until(asked["expires_on"])),
        ("Keeps", _words(held.keeps) if held else "", _words(asked["keeps"])),
        ("In force from", "", as_moment(at)),
    ]


def _until(on) -> str:
    return as_day(on) if on else "without end"


def _words(keeps: list[str]) -> str:
    return ", ".join(_KINDS[each] for each in sorted(keeps)) or "what is named for it"


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    place, asked = _asked(payload, now=now)
    if place is None:
        place = CustodyPlace.objects.create(
            code=asked["code"], kind=asked["kind"], name=asked["name"]
        )
    licence = PlaceLicence.objects.create(
        place=place,
        number=asked["number"],
        expires_on=asked["expires_on"],
        keeps=asked["keeps"],
        effective_at=moment(payload, "effective_at", now=now) or now,
        reason=proposal.reason,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
    )
    return {"place": place.code, "licence": str(licence.pk)}


register(
    Command(
        name="custody_place",
        title="Custody place",
        proposes=CUSTODY_PLACE.proposes,
        approves=lambda payload, *, now: CUSTODY_PLACE.approves,
        apply=_apply,
        differs=_differs,
        area=Area.HOUSE,
        dated=True,
    )
)
