"""The pipeline: each application with whose turn it is, what comes next, and by when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from onboarding.applications.application import Application, State
from onboarding.applications.periods import ANSWER, CREDIT, IDLE, REVIEW
from onboarding.parameters import values_of

# State: what comes next, and the time the house gives it.
NEXT = {
    State.DRAFT: ("The applicant fills it in", IDLE),
    State.SUBMITTED: ("An officer takes it", REVIEW),
    State.IN_REVIEW: ("The officer reviews it", REVIEW),
    State.INFORMATION_ASKED: ("The applicant answers", ANSWER),
    State.CREDIT: ("Credit decides, then it is opened", CREDIT),
}
_SOON = 3  # A quarter of the time is left when three have gone.


@dataclass(frozen=True, slots=True)
class Line:
    """`due_at` is None where nothing comes next; `owner` is a person, a desk, or the applicant."""

    application: Application
    next_step: str
    owner: str
    due_at: datetime | None
    is_late: bool
    is_soon: bool


def lines(applications: Iterable[Application], *, now: datetime) -> list[Line]:
    """Those given, in their order; the periods are read once."""
    days = values_of({each for _, each in NEXT.values()}, now=now)
    return [_line(application, days, now=now) for application in applications]


def _line(application: Application, days: dict, *, now: datetime) -> Line:
    if application.state not in NEXT:
        return Line(application, "", "", None, False, False)
    next_step, parameter = NEXT[application.state]
    allowed = timedelta(days=int(days[parameter.name]))
    since = application.state_since
    if application.state == State.DRAFT:
        since = application.touched_at
    due_at = since + allowed
    return Line(
        application,
        next_step,
        _owner(application),
        due_at,
        due_at <= now,
        due_at > now >= since + allowed * _SOON / 4,
    )


def _owner(application: Application) -> str:
    if application.state in (State.DRAFT, State.INFORMATION_ASKED):
        return "Applicant"
    if application.state == State.SUBMITTED:
        return "Onboarding"
    if application.state == State.CREDIT:
        return "Credit"
    return str(application.officer or "Onboarding")
