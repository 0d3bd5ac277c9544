"""Rows of accounts with their readings: one statement for a page, and how a reading is said."""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from unfold.decorators import display
from unfold.views import ChangeList

from collateral.admin.figures import had, numeral, owed, usage
from lending.margin.account import MarginAccount, State
from lending.margin.bands import Band
from lending.margin.ratios import margin_usage
from lending.margin.readings import Reading, read
from onboarding.admin.look_only import NONE, LookOnly, state, zone

UNPRICED = "unpriced"

ACCOUNT_TONES = {
    State.HEALTHY: "success",
    State.WARNED: "warning",
    State.CALLED: "danger",
    State.LIQUIDATING: "danger",
    State.IN_DEFICIT: "danger",
    State.CLOSED: "default",
}
ACCOUNT_WORDS = dict(State.choices)
BANDS = {
    Band.COVERED: ("Covered", "success"),
    Band.WARN: ("Thin", "warning"),
    Band.HELD: ("Not cured yet", "warning"),
    Band.CALL: ("Short", "danger"),
    Band.ACCELERATED: ("Near the hard line", "danger"),
    Band.LAPSED: ("Deadline passed", "danger"),
    Band.OVERDUE: ("Overdue", "danger"),
    Band.HARD: ("Past the hard line", "danger"),
    UNPRICED: ("Unpriced", "info"),
}

account_state = state("state", "State", ACCOUNT_TONES)


class OfAccount(LookOnly):
    """Rows that belong to a margin account; who sees the account sees them."""

    account_path = "account"

    def of_own_clients(self, rows, manager, *, now: datetime):
        seen = MarginAccount.objects.visible_to(manager, now=now).values("pk")
        return rows.filter(**{f"{self.account_path}__in": seen})


class MeasuredList(ChangeList):
    """A list whose rows carry the `reading` of their account as it stands when the page is made."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = measured(
            self.result_list, self.model_admin.account_id_of, now=timezone.now()
        )


def measured(rows: Iterable, account_id_of: Callable, *, now: datetime) -> list:
    """`rows`, each with the `reading` of its account; None where the account is closed."""
    rows = list(rows)
    readings = {
        reading.account_id: reading
        for reading in read(now=now, account_ids=[account_id_of(row) for row in rows])
    }
    for row in rows:
        row.reading = readings.get(account_id_of(row))
    return rows


def usage_of(reading: Reading | None) -> Decimal | None:
    return reading and margin_usage(reading.debt, reading.margin_value)


@display(description="Now")
def band_now(row):
    return NONE if row.reading is None else zone(*BANDS[row.reading.band or UNPRICED])


@display(description="Usage")
def num_usage(row):
    used = usage_of(row.reading)
    return NONE if used is None else numeral(usage(used))


@display(description="Debt, HKD")
def num_debt(row):
    return NONE if row.reading is None else numeral(owed(row.reading.debt))


@display(description="Margin value, HKD")
def num_margin_value(row):
    if row.reading is None or row.reading.margin_value is None:
        return NONE
    return numeral(had(row.reading.margin_value))
