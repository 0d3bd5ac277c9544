"""What a status exempts from: derived from it, and set by nobody (PI-10, PI-13)."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from onboarding.clients import Client
from onboarding.eligibility import Category
from onboarding.investors.knowledge import knowing
from onboarding.investors.qualified import Market, qualified_among
from onboarding.investors.standing import professional


class Exemption(StrEnum):
    SUITABILITY = "suitability"
    KNOWLEDGE_TEST = "knowledge_test"
    NET_WORTH = "net_worth"
    RISK_STATEMENTS = "risk_statements"
    CONTRACT_NOTES = "contract_notes"


UNKNOWING = (
    "Before anything is lent against virtual assets, take the short knowledge test on your status"
    " page, or ask your relationship manager for training."
)


def exempt_among(clients: Sequence[Client], *, on: date, market: Market = Market.VA) -> set[int]:
    """The keys of those of `clients` whom nothing need be asked in `market` on that day."""
    standing = professional([client.pk for client in clients], on=on)
    institutions = {
        client for client, status in standing.items() if status.category == Category.INSTITUTIONAL
    }
    return institutions | qualified_among(standing, market, on=on)


def exemptions(client: Client, *, on: date, market: Market = Market.VA) -> frozenset[Exemption]:
    """
    What need not be asked of `client` in `market` on that day: everything of an institution and of
    a corporate qualified for that market, and nothing of anybody else.
    """
    exempt = client.pk in exempt_among([client], on=on, market=market)
    return frozenset(Exemption) if exempt else frozenset()


def knowledge_gates(clients: Sequence[Client], *, on: date) -> dict[int, str]:
    """Why nothing is lent, by the key of each of `clients` that has yet to show it (JC-1)."""
    known = knowing(clients, on=on)
    unknown = [client for client in clients if client.pk not in known]
    if not unknown:
        return {}
    exempt = exempt_among(unknown, on=on)
    return {client.pk: UNKNOWING for client in unknown if client.pk not in exempt}


def knowledge_gate(client: Client, *, on: date) -> str | None:
    """None where `client` knows virtual assets or need not show it; else why not (JC-1)."""
    return knowledge_gates([client], on=on).get(client.pk)
