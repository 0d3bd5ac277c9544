"""The basis of a credit limit: a current assessment, collateral, and a worst case that is borne."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lending.margin.account import MarginAccount
from lending.margin.affordable import NotMeasurable, WorstCase, worst_case
from onboarding.approvals import Difference, Invalid
from onboarding.credit.profile import CreditAssessment, current_assessment, last_assessment
from onboarding.payloads import as_day, as_hkd, today


@dataclass(frozen=True, slots=True)
class LimitBasis:
    """What a limit rests on beside the collateral; the worst case where the limit rises."""

    assessment: CreditAssessment | None
    worst: WorstCase | None


def basis_of(account: MarginAccount, limit: Decimal, *, now: datetime) -> LimitBasis:
    """
    What a limit of `limit` HKD on `account` would rest on now (VAF-2); a cut needs neither leg.

    :raises Invalid: a limit that rises has no current assessment, or the client could not bear it
    """
    if limit <= account.credit_limit:
        return LimitBasis(last_assessment(account.client, on=today(now)), None)
    assessment = current_assessment(account.client, on=today(now))
    if assessment is None:
        raise Invalid(f"{account.client} has no current credit assessment: assess first (VAF-2).")
    if not assessment.proposed_limit:
        raise Invalid(f"{account.client} is graded {assessment.grade}: nothing is lent on that.")
    try:
        worst = worst_case(account, limit, assessment, now=now)
    except NotMeasurable as why:
        raise Invalid(str(why)) from why
    found = worst.affordability
    if not found.passes:
        raise Invalid(
            f"In the worst case {as_hkd(found.stressed_shortfall)} would be missing, and verified"
            f" liquid net worth is {as_hkd(found.liquid_net_worth)}:"
            f" {as_hkd(found.short_by)} short (JC-3)."
        )
    return LimitBasis(assessment, worst)


def basis_lines(basis: LimitBasis) -> Difference:
    """The lines of a proposal's difference that say what the limit rests on."""
    lines = []
    if basis.assessment:
        graded, proposed = basis.assessment.grade, as_hkd(basis.assessment.proposed_limit)
        on = as_day(basis.assessment.assessed_date)
        lines.append(("Grade", "", f"{graded} of {on}, which proposes {proposed}"))
    if basis.worst:
        found = basis.worst.affordability
        lines.append(("Missing in the worst case", "", as_hkd(found.stressed_shortfall)))
        lines.append(("Verified liquid net worth", "", as_hkd(found.liquid_net_worth)))
    return lines
