"""What is asked of an applicant of each kind, what is there, and what is missing, in words."""

from dataclasses import dataclass
from datetime import datetime

from onboarding.applications import documents_needed
from onboarding.applications.application import Application
from onboarding.applications.eligible import sizes, why_not_professional
from onboarding.applications.ownership import OVER, Circular, TooMuch, shares_of, undisclosed
from onboarding.applications.party import ApplicationParty, PartyRole, held
from onboarding.applications.told import Told
from onboarding.clients import Kind

_FIRMS = (Kind.CORPORATE, Kind.INSTITUTION)
_OWNED = (Kind.CORPORATE,)
TITLES = {
    "eligibility": "Professional investor",
    "parties": "People and firms",
    "ownership": "Ownership",
    "purpose": "Purpose and use",
    "wealth": "Wealth and funds",
    "mandate": "Authority to sign",
    "people": "Logins of those who sign",
    "documents": "Documents",
    "confirm": "Confirm and send",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """One step: whether it is done, and what is missing."""

    step: str
    title: str
    missing: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        return not self.missing


def steps_for(kind: str) -> list[str]:
    """The steps in their order; the last is to confirm."""
    left_out = set()
    if kind not in _OWNED:
        left_out.add("ownership")
    if kind in (Kind.PERSON, Kind.JOINT):
        left_out.add("mandate")
    return [step for step in TITLES if step not in left_out]


def progress(application: Application, *, now: datetime) -> list[Progress]:
    """Every step but the confirmation, with what it lacks."""
    parties = list(application.parties.select_related("user"))
    told = set(application.told.values_list("step", flat=True).distinct())
    missing = {
        "eligibility": _eligibility(application, told, now=now),
        "parties": _parties(application, parties),
        "ownership": _ownership(application, parties),
        "purpose": () if "purpose" in told else ("Say what the account is for.",),
        "wealth": () if "wealth" in told else ("Say how you came to what you own.",),
        "mandate": () if "mandate" in told else ("Say who signs, and by what authority.",),
        "people": _people(application, parties),
        "documents": documents_needed.missing(application, parties),
    }
    return [
        Progress(step, TITLES[step], tuple(missing[step]))
        for step in steps_for(application.kind)
        if step != "confirm"
    ]


def missing(application: Application, *, now: datetime) -> list[str]:
    """All that keeps it from being sent, but for the confirmations."""
    return [words for step in progress(application, now=now) for words in step.missing]


def signatures_needed(application: Application, parties: list[ApplicationParty]) -> int | None:
    """How many must confirm: joint persons each; else as the mandate says, None until it does."""
    if application.kind == Kind.JOINT:
        return max(2, len([p for p in parties if p.signs]))
    return application.signatures


def _eligibility(application: Application, told: set, *, now: datetime) -> tuple[str, ...]:
    if "eligibility" not in told:
        return ("Say what makes you a professional investor.",)
    why = why_not_professional(
        application.kind,
        application.category,
        application.portfolio,
        application.assets,
        sizes(now=now),
    )
    return (why,) if why else ()


def _parties(application: Application, parties: list[ApplicationParty]) -> list[str]:
    having = {role: [p for p in parties if role in p.roles] for role in PartyRole}
    kind, words = application.kind, []
    if kind == Kind.PERSON and not having[PartyRole.APPLICANT]:
        words.append("Enter yourself.")
    if kind == Kind.JOINT and len(having[PartyRole.APPLICANT]) < 2:
        words.append("Enter each of the joint applicants.")
    if kind in _FIRMS:
        words += _lacks(having, {PartyRole.APPLICANT: "the firm that applies"})
        words += _lacks(having, {PartyRole.DIRECTOR: "its directors"})
    if kind == Kind.TRUST:
        words += _lacks(
            having,
            {
                PartyRole.APPLICANT: "the trust",
                PartyRole.TRUSTEE: "its trustees",
                PartyRole.SETTLOR: "its settlor",
                PartyRole.BENEFICIARY: "its beneficiaries",
            },
        )
    if kind not in (Kind.PERSON, Kind.JOINT):
        words += _lacks(having, {PartyRole.SIGNATORY: "those who sign"})
    return words


def _lacks(having: dict, needed: dict) -> list[str]:
    return [f"Enter {words}." for role, words in needed.items() if not having[role]]


def _ownership(application: Application, parties: list[ApplicationParty]) -> list[str]:
    """Nobody unnamed may stand behind more than a quarter (AML-5)."""
    roots = [p for p in parties if PartyRole.APPLICANT in p.roles and not p.is_person]
    if application.kind not in _OWNED:
        return []
    if not roots:
        return ["First enter the firm that applies, and its owners."]
    if roots[0].listed_on:
        return []
    by_key = {party.pk: party for party in parties}
    firms = [p.pk for p in parties if not p.is_person and not p.listed_on]
    holdings = held(application)
    try:
        shares_of(roots[0].pk, holdings)
        hidden = undisclosed(roots[0].pk, holdings, firms)
    except (TooMuch, Circular):
        return ["The holdings do not add up: look at them again."]
    return [
        f"Enter who holds {by_key[firm].name}: holders of {percent.normalize():f}% of the applicant"
        " are not named."
        for firm, percent in hidden.items()
        if percent > OVER
    ]


def _people(application: Application, parties: list[ApplicationParty]) -> list[str]:
    signing = [party for party in parties if party.signs]
    needed = signatures_needed(application, parties)
    if not signing or needed is None:
        return ["First enter those who sign, and how many sign together."]
    there = [party for party in signing if party.user_id]
    short = needed - len(there)
    if len(signing) < needed:
        return [f"{needed} sign together, and {len(signing)} are entered."]
    if short > 0:
        waiting = ", ".join(party.name for party in signing if not party.user_id)
        needs = "needs" if short == 1 else "need"
        return [f"{short} more of those who sign {needs} a login of their own: {waiting}."]
    return []


def steps_told(application: Application) -> dict[str, Told]:
    """The last save of each step."""
    rows = application.told.order_by("step", "-version").distinct("step").select_related("by")
    return {row.step: row for row in rows}
