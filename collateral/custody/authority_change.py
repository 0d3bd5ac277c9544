"""Enter a client's written standing authority, or its end: by two people."""

from datetime import date, datetime

from collateral.custody.authority import (
    Given,
    StandingAuthority,
    authority_of,
    twelve_months_from,
)
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.client_changes import client_named
from onboarding.hands import STANDING_AUTHORITY
from onboarding.payloads import as_day, day, text, today

_ENDS = {"objection": "objected_on", "revocation": "revoked_on"}
_SAID = {"objection": "Does not renew", "revocation": "Revoked"}


def _until(authority: StandingAuthority | None) -> str:
    if authority is None:
        return "none"
    return f"until {as_day(authority.expires_on)}" if authority.expires_on else "without end"


def _asked(payload: dict, *, now: datetime) -> dict:
    starts = day(payload, "starts_on", "The first day")
    ends = day(payload, "expires_on", "The last day") if payload.get("expires_on") else None
    professional = text(payload, "professional", "What shows a professional investor", needed=False)
    if starts < today(now):
        raise Invalid("An authority is not dated back.")
    if ends and ends < starts:
        raise Invalid("It would end before it begins.")
    if not professional and (ends is None or ends > twelve_months_from(starts)):
        raise Invalid("But for a professional investor it lasts at most twelve months (CSR-4).")
    return {
        "starts_on": starts,
        "expires_on": ends,
        "professional": professional[:200],
        "evidence": text(payload, "evidence", "The signed paper"),
    }


def _differs(payload: dict, *, now: datetime) -> Difference:
    client, asked = client_named(payload), _asked(payload, now=now)
    held = authority_of(client, on=today(now))
    until = as_day(asked["expires_on"]) if asked["expires_on"] else "without end"
    return [
        ("Standing authority", _until(held), f"{as_day(asked['starts_on'])} to {until}"),
        ("Signed paper", "", asked["evidence"]),
        ("Professional investor", "", asked["professional"] or "no"),
    ]


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    row = StandingAuthority.objects.create(
        client=client_named(payload),
        given=Given.WRITTEN,
        recorded_at=now,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
        **_asked(payload, now=now),
    )
    return {"standing_authority": str(row.pk)}


def _ended(payload: dict, *, now: datetime) -> tuple[StandingAuthority, str, date]:
    how = text(payload, "how", "How it ends")
    if how not in _ENDS:
        raise Invalid("It ends by objection or by revocation.")
    authority = authority_of(client_named(payload), on=today(now))
    if authority is None:
        raise Invalid("The client has no standing authority in force.")
    if getattr(authority, _ENDS[how]):
        raise Invalid("That is on record already.")
    return authority, how, today(now)


def _end_differs(payload: dict, *, now: datetime) -> Difference:
    authority, how, on = _ended(payload, now=now)
    return [
        ("Standing authority", _until(authority), f"{_SAID[how]}, {as_day(on)}"),
        ("The client's word", "", text(payload, "evidence", "The client's word")),
    ]


def _end(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    authority, how, on = _ended(payload, now=now)
    StandingAuthority.objects.filter(pk=authority.pk).update(**{_ENDS[how]: on})
    return {"standing_authority": str(authority.pk), _ENDS[how]: on.isoformat()}


for _name, _title, _does, _says in (
    ("standing_authority", "Standing authority", _apply, _differs),
    ("end_standing_authority", "End of a standing authority", _end, _end_differs),
):
    register(
        Command(
            name=_name,
            title=_title,
            proposes=STANDING_AUTHORITY.proposes,
            approves=lambda payload, *, now: STANDING_AUTHORITY.approves,
            apply=_does,
            differs=_says,
            client_of=client_named,
            dated=True,
        )
    )
