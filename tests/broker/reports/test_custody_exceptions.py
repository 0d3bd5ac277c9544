"""The report of open exceptions: everything that is open, its owner and its age; once a day."""

from datetime import date, timedelta

import pytest

from broker.reports.archive import StoredReport
from broker.reports.custody_exceptions import custody_exceptions, last_close
from broker.reports.morning import morning_exceptions
from collateral.actions.calendar import load_calendar
from onboarding.users import Role
from tests.factories import NOON, house, margin_account, staff
from tests.factories.custody import a_difference, an_authority, place

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def lines(now=NOON) -> list[tuple]:
    return [(row[0], row[1], row[2], row[-1]) for row in custody_exceptions(now=now).rows]


def test_where_nothing_is_open_it_is_empty():
    house()
    assert lines() == []


@pytest.mark.rule("CSR-4", "JC-7")
def test_each_open_exception_is_a_line_with_its_age_the_oldest_first():
    account = margin_account(pledged={"0700": "100"})
    number = account.client.number
    a_difference(account)
    place("LAPSED", kind="platform", number="X", expires_on=date(2026, 3, 6))
    place("ENDS", kind="platform", number="Y", expires_on=date(2026, 4, 8))
    calendar = b"asset,ex_date\n0005,2026-03-08\n0939,2026-03-16\n0388,2026-04-01\n"
    load_calendar(calendar, by=staff(Role.OPERATIONS), now=NOON)
    an_authority(account, ends=date(2026, 3, 7))
    now = NOON + 6 * DAY  # 10 March, a Tuesday.

    found = lines(now)

    assert found == [
        ("Difference to a statement", "STATED", f"0005 {number}", 6),
        ("Licence has run out", "LAPSED", "X", 3),
        ("Ex-date without its action", "", "0005", 2),
        ("Standing authority is over", "", number, 2),
        ("Statement is missing", "CCASS", "", 0),
        ("Licence ends", "ENDS", "Y", None),
        ("Ex-date without its action", "", "0939", None),
    ]


def test_the_last_close_is_of_a_trading_day():
    assert f"{last_close(NOON):%a %H:%M}" == "Tue 16:00"
    monday = NOON + 5 * DAY
    assert f"{last_close(monday):%a %H:%M}" == "Fri 16:00"


def test_it_is_kept_once_a_day_in_every_format():
    house()
    told = []
    for _ in range(2):
        morning_exceptions(now=NOON, tell=told.append)
    morning_exceptions(now=NOON + DAY, tell=told.append)

    assert len(told) == 2
    names = StoredReport.objects.values_list("name", "format", "as_of_date")
    assert sorted(names) == [
        ("custody-exceptions", kind, day)
        for kind in ("csv", "xlsx")
        for day in (date(2026, 3, 4), date(2026, 3, 5))
    ]
