"""Expiry: what an applicant lets lie ends, after a reminder."""

from datetime import datetime

from onboarding.applications.application import Application, State
from onboarding.applications.periods import IDLE, REMINDER, period
from onboarding.lifecycle import Step, move_many

_WAITING = (State.DRAFT, State.INFORMATION_ASKED)


def expires_at(application: Application, *, now: datetime) -> datetime | None:
    """When it ends if the applicant does nothing; None where the applicant is not awaited."""
    if application.state not in _WAITING:
        return None
    since = max(application.touched_at, application.state_since)
    return since + period(IDLE, now=now)


def expire_idle(*, now: datetime) -> int:
    """End what has lain too long, and return how many there were."""
    before = now - period(IDLE, now=now)
    due = Application.objects.filter(
        state__in=_WAITING, touched_at__lte=before, state_since__lte=before
    )
    steps = [
        Step(pk, Application.expire, "nothing was heard of the applicant")
        for pk in due.values_list("pk", flat=True)
    ]
    return len(move_many(Application, steps, now=now))


def to_remind(*, now: datetime) -> list[Application]:
    """Those that end soon; who was reminded since the last touch is not asked here."""
    before = now - (period(IDLE, now=now) - period(REMINDER, now=now))
    rows = Application.objects.filter(
        state__in=_WAITING, touched_at__lte=before, state_since__lte=before
    )
    return list(rows.order_by("pk"))
