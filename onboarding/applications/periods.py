"""How long things may lie, and how often a letter is sent: the house's parameters."""

from datetime import datetime, timedelta
from decimal import Decimal

from onboarding.parameters import Parameter, Unit, declare, value_of

_HOUSE = "decision of the house"


def _days(name: str, title: str, days: int) -> Parameter:
    return declare(
        name,
        title,
        unit=Unit.DAYS,
        initial=Decimal(days),
        verified=True,
        source=_HOUSE,
        least=Decimal(1),
        most=Decimal(366),
    )


IDLE = _days("application_idle", "A draft expires when untouched for", 30)
REMINDER = _days("application_reminder", "An applicant is reminded before expiry by", 7)
STALE = _days("application_stale", "What an applicant confirmed holds for", 90)
INVITATION = _days("application_invitation", "An invitation to sign holds for", 7)
SIGN_UP = _days("application_sign_up", "A link to confirm an e-mail address holds for", 2)
ANSWER = _days("application_answer", "An applicant answers within", 14)
REVIEW = _days("application_review", "An application is reviewed within", 3)
CREDIT = _days("application_credit", "Credit decides within", 5)
LETTERS = declare(
    "application_letters",
    "Sign-up letters to one address or from one place in an hour",
    unit=Unit.COUNT,
    initial=Decimal(5),
    verified=True,
    source=_HOUSE,
    least=Decimal(1),
    most=Decimal(1_000),
)


def period(parameter: Parameter, *, now: datetime) -> timedelta:
    return timedelta(days=int(value_of(parameter, now=now)))
