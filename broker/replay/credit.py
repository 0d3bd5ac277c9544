"""Credit assessments in bulk, as at opening: what each client is worth, scored like any other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from onboarding.clients import Client
from onboarding.credit.application import Application
from onboarding.credit.assess import assessed, record
from onboarding.credit.factors import needed
from onboarding.credit.figures import discounts, terms_of
from onboarding.credit.profile import CreditAssessment, DebtLine, NetWorthLine, is_firm
from onboarding.credit.score import Grade, History
from onboarding.credit.worth import AssetClass
from onboarding.payloads import today
from onboarding.users import User

REASON = "Assessed at opening"


@dataclass(frozen=True, slots=True)
class Means:
    """
    What a client has, HKD before discounts: money at a bank, other assets, virtual assets pledged
    with us, debts of later years, and income of a year.
    """

    client: Client
    fiat: Decimal
    other: Decimal = Decimal(0)
    virtual: Decimal = Decimal(0)
    debts: Decimal = Decimal(0)
    income: Decimal = Decimal(0)
    history: History = History.CLEAN
    score: int = 2


def assess_all(
    means: Sequence[Means], *, maker: User, checker: User, verifier: User, now: datetime
) -> list[CreditAssessment]:
    """An assessment of each, in their order, in a few statements however many there are."""
    held = discounts(now=now)
    terms = {grade: terms_of(grade, now=now) for grade in Grade}
    results = [
        assessed(_application(each, held, verifier, now=now), terms, now=now) for each in means
    ]
    return record(results, maker=maker, checker=checker, reason=REASON, now=now)


def _application(means: Means, held: dict, verifier: User, *, now: datetime) -> Application:
    on = today(now)
    has_income = means.income > 0

    def line(asset_class, described, value, evidence, *, liquid):
        return NetWorthLine(
            asset_class=asset_class,
            described=described,
            value=value,
            discount=held[asset_class],
            is_liquid=liquid,
            evidence_type=evidence,
            evidence_reference=f"Opening file of {means.client.number}",
            evidence_date=on,
            verified_by=verifier,
        )

    lines = [line(AssetClass.FIAT, "Bank deposits", means.fiat, "bank_statement", liquid=True)]
    if means.other:
        lines.append(
            line(AssetClass.OTHER, "Property and funds", means.other, "valuation", liquid=False)
        )
    if means.virtual:
        lines.append(
            line(
                AssetClass.VIRTUAL,
                "Virtual assets pledged with us",
                means.virtual,
                "custodian_statement",
                liquid=False,
            )
        )
    debts = (
        [DebtLine(described="Mortgage", amount=means.debts, within_a_year=False)]
        if means.debts
        else []
    )
    argued = needed(counts_virtual=bool(means.virtual), is_firm=is_firm(means.client))
    return Application(
        client=means.client,
        assessed_date=on,
        lines=lines,
        debts=debts,
        income=means.income,
        income_evidence="Tax assessment" if has_income else "",
        income_verified_by=verifier if has_income else None,
        source_of_wealth="Own business and savings",
        source_of_funds="Own account with a licensed bank",
        payment_history=means.history,
        payment_argument="Reference of the client's bank",
        house_conditions="Within the liquidity, capital and book limits of the opening plan",
        factors={
            name: {
                "score": means.score,
                "argument": f"{said}: seen and in order at opening",
                "evidence": f"Opening file of {means.client.number}",
            }
            for name, said in argued.items()
        },
    )
