"""The calendar of reviews: nothing that is due is left out, and what is late is said to be."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from broker.notices.announce import REVIEWERS
from broker.notices.notice import Notice
from broker.reports.archive import StoredReport
from broker.reports.credit_reviews import NAME, reviews
from broker.tasks import credit_reviews
from onboarding.credit.score import History
from onboarding.users import Role
from tests.factories import NOON, assess, house, margin_account, staff
from tests.lending.limits.groups import connect, limited

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
YEAR = 365 * DAY


def of_clients(now, **how):
    found = reviews(now=now, **how)
    return {each.client.pk: each for each in found if each.client}


@pytest.mark.rule("SMF-49")
@pytest.mark.rule("SMF-4")
@pytest.mark.rule("SMF-12")
def test_a_review_is_listed_two_months_ahead_and_stays_until_it_is_done():
    client = margin_account(assessed=False).client
    row = assess(client, now=NOON)
    assert row.review_date == (NOON + YEAR).date()

    def state(days):
        return getattr(of_clients(NOON + days * DAY).get(client.pk), "state", None)

    assert state(304) is None
    assert state(305) == "Due"
    assert state(365) == "Due"
    assert state(366) == "Overdue"
    assert state(395) == "Overdue"
    assert state(396) == "Overdue, advances stopped"
    assess(client, now=NOON + 396 * DAY)
    assert state(396) is None


@pytest.mark.rule("VAF-2")
def test_who_was_never_assessed_is_first():
    margin_account()
    bare = margin_account(assessed=False).client

    [first, *_] = reviews(now=NOON)

    assert (first.client, first.state, first.stops) == (bare, "Never assessed", True)


@pytest.mark.rule("SMF-4")
def test_a_weaker_grade_is_looked_at_sooner():
    client = margin_account(assessed=False).client
    row = assess(client, fiat="5000000", debts="1900000", history=History.LATE, score=3, now=NOON)

    assert (row.grade, (row.review_date - NOON.date()).days) == ("D", 90)


@pytest.mark.rule("SMF-49")
def test_limits_of_groups_terms_and_haircuts_are_in_it():
    one, two = margin_account(), margin_account()
    connect(one, two)
    limited(one, review_date="2026-06-01")
    limited(two, "2000000", now=NOON + DAY, review_date="2026-07-01")

    [group] = [each for each in reviews(now=NOON + 150 * DAY) if each.what == "Limit of a group"]
    assert (str(group.due), group.limit, group.days_late) == ("2026-07-01", 2_000_000, 31)
    kinds = {each.what for each in reviews(now=NOON + YEAR)}
    assert kinds == {"Credit and limit", "Limit of a group", "Margin terms", "Haircuts"}


def test_many_clients_cost_as_many_statements_as_few():
    def cost():
        with CaptureQueriesContext(connection) as captured:
            reviews(now=NOON)
        return len(captured)

    margin_account()
    few = cost()
    for _ in range(4):
        margin_account()
    assert cost() == few


@pytest.mark.rule("SMF-49")
def test_it_is_kept_once_a_day_in_both_formats_and_told_to_who_looks_again(time_machine):
    time_machine.move_to(NOON, tick=False)
    house()
    officer, watcher = staff(Role.CREDIT_OFFICER), staff(Role.MIC_RM)
    staff(Role.FINANCE)
    client = margin_account(assessed=False).client
    credit_reviews()
    credit_reviews()

    kept = {each.format: each for each in StoredReport.objects.filter(name=NAME)}
    assert sorted(kept) == ["csv", "xlsx"]
    [_, row] = csv.reader(io.StringIO(kept["csv"].content().decode()))
    assert row[1] == str(client)
    assert row[-1] == "Never assessed"
    told = Notice.objects.filter(report=kept["xlsx"])
    assert {each.recipient for each in told} == {officer, watcher}
    assert set(REVIEWERS) == {Role.CREDIT_OFFICER, Role.MIC_RM}
