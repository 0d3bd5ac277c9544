"""Renew: who is reminded that a status ends, and whose has ended; every night, set-based."""

from datetime import datetime, timedelta

from onboarding.eligibility import Category
from onboarding.investors.limits import reminder_days
from onboarding.investors.standing import professional
from onboarding.investors.status import InvestorStatus, StatusState
from onboarding.lifecycle import Step, move_many
from onboarding.payloads import as_day, today


def expire_due(*, now: datetime) -> int:
    """
    End the statuses whose day has come, then those that rested on one (PI-9, PI-4); how many.

    A day that was missed changes nothing: the gate asks for the day and not for the state.
    """
    on = today(now)
    due = InvestorStatus.objects.filter(state=StatusState.CONFIRMED, until_date__lte=on)
    steps = [
        Step(pk, InvestorStatus.lapse, f"not renewed by {as_day(until)}")
        for pk, until in due.values_list("pk", "until_date")
    ]
    return len(move_many(InvestorStatus, steps, now=now)) + let_fall(now=now)


def let_fall(*, now: datetime) -> int:
    """End the holding corporations' statuses that rest on nothing any more; how many (PI-4)."""
    on = today(now)
    resting = dict(
        InvestorStatus.objects.holding(on=on)
        .filter(category=Category.HOLDING)
        .values_list("client_id", "pk")
    )
    if not resting:
        return 0
    standing = professional(resting, on=on)
    steps = [
        Step(pk, InvestorStatus.lapse, "what it rested on is no professional investor any more")
        for client, pk in resting.items()
        if client not in standing
    ]
    return len(move_many(InvestorStatus, steps, now=now, skip_locked=False))


def remind_due(*, now: datetime) -> int:
    """
    Note that a status ends soon, once for each of the days set; the step itself is what is told.

    Where several days were missed the nearest one is said, and the others are not made up for.
    """
    on, days = today(now), reminder_days(now=now)
    soon = InvestorStatus.objects.holding(on=on).filter(
        until_date__lte=on + timedelta(days=days[-1])
    )
    steps = []
    for pk, until, reminded in soon.values_list("pk", "until_date", "reminded"):
        nearest = next(day for day in days if (until - on).days <= day)
        if reminded is None or nearest < reminded:
            reason = f"ends on {as_day(until)}, within {nearest} days"
            steps.append(Step(pk, InvestorStatus.remind, reason, {"days": nearest}))
    return len(move_many(InvestorStatus, steps, now=now))
