"""When a document is due: business days of Hong Kong after what it tells of."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from collateral.prices.market_hours import session
from onboarding.parameters import Parameter, Unit, declare, value_of

# The periods were read in a consolidation of 2006, so compliance has yet to confirm them.
DAILY = declare(
    "daily_statement_due",
    "Business days for a daily statement or a contract note",
    unit=Unit.DAYS,
    initial=Decimal(2),
    verified=False,
    source="STM-1, STM-2; Cap. 571Q s.5, s.8(1)",
    least=Decimal(1),
    most=Decimal(2),
)
MONTHLY = declare(
    "monthly_statement_due",
    "Business days for a monthly statement",
    unit=Unit.DAYS,
    initial=Decimal(7),
    verified=False,
    source="STM-5; Cap. 571Q s.11(1)",
    least=Decimal(1),
    most=Decimal(7),
)
RECEIPT = declare(
    "receipt_due",
    "Business days for a receipt",
    unit=Unit.DAYS,
    initial=Decimal(2),
    verified=False,
    source="STM-7; Cap. 571Q, receipts",
    least=Decimal(1),
    most=Decimal(2),
)


def due_on(day: date, within: Parameter, *, now: datetime) -> date:
    """
    The last day on which what happened by the end of `day` may be told of.

    Saturdays, Sundays and holidays do not count (CSR-7). A day of storm that the calendar does not
    know counts, and so brings the deadline nearer.
    """
    return business_days_after(day, int(value_of(within, now=now)))


def business_days_after(day: date, count: int) -> date:
    """The `count`th business day after `day`."""
    while count:
        day += timedelta(days=1)
        count -= session(day) is not None
    return day
