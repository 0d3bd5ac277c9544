"""Review: when a client's credit is looked at again, and what waits when it was not."""

from datetime import date, timedelta
from decimal import Decimal

from onboarding.clients import Client
from onboarding.credit.affordability import is_reasonable
from onboarding.credit.figures import GRACE, VA_EXPOSURE, days_of
from onboarding.credit.profile import end_of, last_assessment
from onboarding.parameters import value_of

_SPEAK = "Please speak with your relationship manager."
NOT_ASSESSED = f"We have yet to assess your credit before we can lend to you. {_SPEAK}"
OVERDUE = f"The yearly review of your credit is overdue, so advances wait for it. {_SPEAK}"


def credit_gate(client: Client, *, on: date) -> str | None:
    """
    None where `client` may be lent to on that day; else why not, in the client's words.

    An advance needs an assessment whose review is not past by more than the grace (VAF-2, SMF-12).
    """
    last = last_assessment(client, on=on)
    if last is None:
        return NOT_ASSESSED
    return OVERDUE if last.review_date < past_grace_before(on) else None


def past_grace_before(on: date) -> date:
    """A review that was due before this day is later on `on` than the house bears."""
    return on - timedelta(days=days_of(GRACE, now=end_of(on)))


def net_worth_check(
    client: Client, exposure: Decimal, *, on: date, is_exempt: bool = False
) -> str | None:
    """
    None where `exposure`, HKD of virtual assets in all at market, is reasonable for `client`; else
    why not, in the client's words.

    `is_exempt`: an institutional or qualified corporate professional investor, by status (PI-13).
    Source: JC-2, JC-12, PI-10; the ratio is the house's.
    """
    if is_exempt:
        return None
    last = last_assessment(client, on=on)
    net_worth = last.net_worth if last else Decimal(0)
    ratio = value_of(VA_EXPOSURE, now=end_of(on))
    if is_reasonable(exposure=exposure, net_worth=net_worth, ratio=ratio):
        return None
    return (
        "Your virtual assets would be a larger part of your verified net worth than we find "
        f"suitable. {_SPEAK}"
    )
