"""What a professional investor is measured by: the house's dated parameters, and ages in months."""

import calendar
from datetime import date, datetime
from decimal import Decimal

from onboarding.eligibility import Thresholds
from onboarding.parameters import Parameter, Unit, declare, in_force, value_of, values_of

INDIVIDUAL_PORTFOLIO = declare(
    "pi_portfolio_individual",
    "Portfolio of an individual",
    unit=Unit.HKD,
    initial=Decimal(8_000_000),
    verified=False,
    source="PI-2; Cap. 571D s.5",
)
CORPORATE_PORTFOLIO = declare(
    "pi_portfolio_corporate",
    "Portfolio of a corporation or partnership",
    unit=Unit.HKD,
    initial=Decimal(8_000_000),
    verified=False,
    source="PI-3; Cap. 571D ss.6-7",
)
CORPORATE_ASSETS = declare(
    "pi_assets_corporate",
    "Total assets of a corporation or partnership",
    unit=Unit.HKD,
    initial=Decimal(40_000_000),
    verified=False,
    source="PI-3; Cap. 571D ss.6-7",
)
TRUST_ASSETS = declare(
    "pi_assets_trust",
    "Assets entrusted to a trust corporation",
    unit=Unit.HKD,
    initial=Decimal(40_000_000),
    verified=False,
    source="PI-5; Cap. 571D",
)
EVIDENCE_AGE = declare(
    "pi_evidence_age",
    "Age of evidence of a professional investor, months",
    unit=Unit.COUNT,
    initial=Decimal(12),
    verified=False,
    source="PI-8; Cap. 571D, not read",
    least=Decimal(1),
    most=Decimal(24),
)
ACCOUNTS_AGE = declare(
    "pi_accounts_age",
    "Age of audited accounts of a professional investor, months",
    unit=Unit.COUNT,
    initial=Decimal(16),
    verified=False,
    source="PI-8; Cap. 571D, not read",
    least=Decimal(1),
    most=Decimal(24),
)
REFRESH = declare(
    "pi_refresh",
    "Professional investor is confirmed again after, months",
    unit=Unit.COUNT,
    initial=Decimal(12),
    verified=False,
    source="PI-9; the cycle is the house's",
    least=Decimal(1),
    most=Decimal(24),
)
CONFIRMATION = declare(
    "pi_yearly_confirmation",
    "Qualified corporate confirms again after, months",
    unit=Unit.COUNT,
    initial=Decimal(12),
    verified=False,
    source="PI-12; Code ¶15.3B, not read",
    least=Decimal(1),
    most=Decimal(12),
)


def _reminder(number: int, days: int) -> Parameter:
    return declare(
        f"pi_reminder_{number}",
        f"Reminder {number} before a status expires",
        unit=Unit.DAYS,
        initial=Decimal(days),
        verified=False,
        source="PI-9; the house's",
        least=Decimal(1),
        most=Decimal(180),
    )


REMINDERS = (_reminder(1, 60), _reminder(2, 30), _reminder(3, 7))
_THRESHOLDS = (INDIVIDUAL_PORTFOLIO, CORPORATE_PORTFOLIO, CORPORATE_ASSETS, TRUST_ASSETS)


def thresholds(*, now: datetime) -> Thresholds:
    """The thresholds in force at `now`; one query."""
    held = values_of(_THRESHOLDS, now=now)
    return Thresholds(*(held[each.name] for each in _THRESHOLDS))


def reminder_days(*, now: datetime) -> list[int]:
    """Days before the end on which a client is reminded, the nearest first; one query."""
    return sorted({int(days) for days in values_of(REMINDERS, now=now).values()})


def months_of(parameter: Parameter, *, now: datetime) -> int:
    return int(value_of(parameter, now=now))


def months_after(on: date, months: int) -> date:
    """The same day so many months later; the last of a month that is too short."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


def levels_in_force(*, now: datetime) -> list[dict]:
    """The thresholds as they are kept with a verdict: value, source, and whether it was read."""
    return [
        {
            "title": held.parameter.title,
            "value": f"{held.value:f}",
            "verified": held.verified,
            "source": held.source,
        }
        for held in in_force(_THRESHOLDS, now=now)
    ]
