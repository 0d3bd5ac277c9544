"""The payload by which an assessment of a client is proposed."""

from onboarding.clients import Client
from onboarding.credit.factors import FACTORS
from onboarding.users import User


def line(asset_class="fiat", value="30000000", *, by: User, **fields) -> dict:
    return {
        "asset_class": asset_class,
        "described": f"{asset_class} held",
        "value": value,
        "liquid": "yes",
        "evidence_type": "bank_statement",
        "evidence_reference": "statement 12",
        "evidence_date": "2026-02-27",
        "verified_by": by.username,
    } | fields


def argued(*names: str, score="2") -> dict:
    return {
        name: {"score": score, "argument": f"why {name}", "evidence": f"file {name}"}
        for name in names or FACTORS
    }


def application(client: Client, *lines: dict, by: User, **fields) -> dict:
    """The payload of a `credit_assessment`: a client worth thirty million unless it says more."""
    return {
        "client": client.number,
        "assessed_date": "2026-03-04",
        "lines": list(lines) or [line(by=by)],
        "debts": [],
        "source_of_wealth": "Sale of a company in 2019",
        "source_of_funds": "Bank account in Hong Kong",
        "payment_history": "clean",
        "payment_argument": "Bank reference of 1 March",
        "house_conditions": "Liquidity, capital and loan book allow it; markets calm",
        "factors": argued(),
    } | fields
