"""The terms and risk disclosures: everybody who signs has accepted each of them, one by one."""

from datetime import datetime

from onboarding.applications.application import Application
from onboarding.applications.checks import Check, Finding, register_check
from onboarding.applications.party import ApplicationParty
from onboarding.clients import Client
from onboarding.disclosures.acceptance import carry_to as carry_acceptances
from onboarding.disclosures.acceptance import outstanding, required_of
from onboarding.messages.message import carry_to as carry_messages


def signing(application: Application) -> list[ApplicationParty]:
    """Those who sign and have a login."""
    parties = application.parties.filter(user__isnull=False).select_related("user", "application")
    return [party for party in parties if party.signs]


def _accepted(application: Application, *, now: datetime) -> Finding:
    texts = required_of(now=now)
    if not texts:
        return Finding(False, "The house has no terms in force.")
    lacking = [
        f"{party.name} has not accepted {len(left)} of {len(texts)}."
        for party in signing(application)
        if (left := outstanding(party.user, now=now))
    ]
    if lacking:
        return Finding(False, " ".join(lacking))
    return Finding(True, f"All {len(texts)} texts, by everybody who signs.")


register_check(Check.DISCLOSURES, _accepted)


def carry(application: Application, client: Client) -> None:
    """What its signatories accepted and wrote as applicants is the client's from here."""
    users = [party.user for party in signing(application)]
    carry_acceptances(client, users)
    carry_messages(client, users)
