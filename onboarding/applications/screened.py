"""Screening of whoever an application names: nobody is taken for a client unscreened (AML-11)."""

from collections.abc import Iterator
from datetime import datetime

from onboarding.applications.application import Application, State
from onboarding.applications.checks import Check, Finding, register_check
from onboarding.applications.party import ApplicationParty
from onboarding.clients import Client, ClientState
from onboarding.screening.facts import Birth, Party
from onboarding.screening.gate import party_gate
from onboarding.screening.screen import screen
from onboarding.screening.screened import Subject, client_subject, hand_in

PREFIX = "application"
# Before it is sent its words change by the minute; after these ends nobody is there to screen.
_NOT_SCREENED = (State.DRAFT, State.REFUSED, State.WITHDRAWN, State.EXPIRED)


def key_of(party: ApplicationParty) -> str:
    return f"{PREFIX}:{party.application_id}:{party.pk}"


def subject_of(party: ApplicationParty) -> Subject:
    """By both names, birth date, nationality and identity number; of a firm by its names."""
    names = tuple(name for name in (party.name, party.name_chinese) if name)
    client_id = party.application.client_id
    if not party.is_person:
        numbers = (party.identity_number,)
        return Subject(key_of(party), Party(names, False, identities=numbers), client_id)
    facts = Party(
        names,
        True,
        births=(Birth(party.birth_date, party.birth_date),),
        nationalities=(party.place,),
        identities=(party.identity_number,),
    )
    return Subject(key_of(party), facts, client_id)


def _handed_in(now: datetime) -> Iterator[Subject]:
    """Of applications on their way, and of those that became a client who is one still."""
    parties = (
        ApplicationParty.objects.exclude(application__state__in=_NOT_SCREENED)
        .exclude(application__client__state=ClientState.CLOSED)
        .select_related("application")
    )
    return map(subject_of, parties.order_by("pk"))


def screen_parties(application: Application, *, now: datetime) -> None:
    """Everybody whom the application names, against the lists in force, now."""
    parties = application.parties.select_related("application").order_by("pk")
    screen([subject_of(party) for party in parties], now=now)


def screen_as_client(application: Application, client: Client, *, now: datetime) -> None:
    """The same once more when the account is open: from here a true match stops the client."""
    parties = application.parties.select_related("application").order_by("pk")
    screen([client_subject(client), *(subject_of(party) for party in parties)], now=now)


def _clear(application: Application, *, now: datetime) -> Finding:
    parties = list(application.parties.order_by("pk"))
    why_not = party_gate([key_of(party) for party in parties], now=now)
    if why_not:
        return Finding(False, why_not)
    return Finding(True, f"All {len(parties)} parties, against the lists in force.")


hand_in(PREFIX, _handed_in)
register_check(Check.SCREENING, _clear)
