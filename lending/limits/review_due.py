"""When a limit is looked at again: by its assessment, or sooner by the change that set it."""

from collections.abc import Iterable
from datetime import date

from lending.margin.limit_change import CreditLimitChange
from onboarding.credit.profile import CreditAssessment


def review_due(
    assessment: CreditAssessment | None, change: CreditLimitChange | None
) -> date | None:
    """
    The day by which a limit is reviewed (SMF-4, SMF-12); None where nothing was ever assessed.

    A newer assessment is the review of what was set before it. A change set after it may ask for an
    earlier review, and never puts the assessment's off.
    """
    if assessment is None:
        return None
    if change is None or change.effective_at <= assessment.effective_at:
        return assessment.review_date
    return min(assessment.review_date, change.review_date)


def last_changes(accounts: Iterable[int]) -> dict[int, CreditLimitChange]:
    """The change that set the limit of each of these accounts, by key; an opened one has none."""
    rows = CreditLimitChange.objects.filter(account__in=list(accounts))
    rows = rows.order_by("account_id", "-effective_at", "-pk").distinct("account_id")
    return {row.account_id: row for row in rows}
