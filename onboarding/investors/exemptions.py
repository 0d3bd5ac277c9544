"""What a status exempts from: derived from it, and set by nobody (PI-10, PI-13)."""

from datetime import date
from enum import StrEnum

from onboarding.clients import Client
from onboarding.eligibility import Category
from onboarding.investors.knowledge import knows
from onboarding.investors.qualified import Market, is_qualified
from onboarding.investors.standing import status_of


class Exemption(StrEnum):
    SUITABILITY = "suitability"
    KNOWLEDGE_TEST = "knowledge_test"
    NET_WORTH = "net_worth"
    RISK_STATEMENTS = "risk_statements"
    CONTRACT_NOTES = "contract_notes"


def exemptions(client: Client, *, on: date, market: Market = Market.VA) -> frozenset[Exemption]:
    """
    What need not be asked of `client` in `market` on that day: everything of an institution and of
    a corporate qualified for that market, and nothing of anybody else.
    """
    status = status_of(client, on=on)
    if status is None:
        return frozenset()
    if status.category == Category.INSTITUTIONAL or is_qualified(client, market, on=on):
        return frozenset(Exemption)
    return frozenset()


def knowledge_gate(client: Client, *, on: date) -> str | None:
    """None where `client` knows virtual assets or need not show it; else why not (JC-1)."""
    if knows(client, on=on) or Exemption.KNOWLEDGE_TEST in exemptions(client, on=on):
        return None
    return (
        "Before anything is lent against virtual assets, take the short knowledge test on your"
        " status page, or ask your relationship manager for training."
    )
