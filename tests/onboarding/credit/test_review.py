"""Who was never assessed, or whose review is long past, is not lent to; and VA stay reasonable."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from onboarding.credit.review import credit_gate, net_worth_check
from tests.factories import NOON, assess, margin_account

DAY = timedelta(days=1)
TODAY = date(2026, 3, 4)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return margin_account(assessed=False).client


@pytest.mark.rule("VAF-2")
def test_who_was_never_assessed_is_not_lent_to(client):
    assert "have yet to assess" in credit_gate(client, on=TODAY)


@pytest.mark.rule("SMF-12")
@pytest.mark.rule("SMF-4")
def test_a_review_may_be_late_by_the_grace_and_no_longer(client):
    row = assess(client, now=NOON)
    assert row.review_date == TODAY + 365 * DAY

    assert credit_gate(client, on=TODAY) is None
    assert credit_gate(client, on=row.review_date) is None
    assert credit_gate(client, on=row.review_date + 30 * DAY) is None
    assert "overdue" in credit_gate(client, on=row.review_date + 31 * DAY)
    assess(client, now=NOON + 400 * DAY)
    assert credit_gate(client, on=TODAY + 400 * DAY) is None


@pytest.mark.rule("VAF-2")
def test_an_assessment_opens_nothing_before_it_was_made(client):
    assess(client, now=NOON)

    assert credit_gate(client, on=TODAY - DAY)


@pytest.mark.rule("JC-2")
@pytest.mark.rule("JC-12")
@pytest.mark.rule("PI-10")
def test_all_virtual_assets_together_are_at_most_the_ratio_of_net_worth(client):
    assess(client, fiat="10000000", now=NOON)

    assert net_worth_check(client, Decimal(5_000_000), on=TODAY) is None
    assert "net worth" in net_worth_check(client, Decimal("5000000.01"), on=TODAY)


@pytest.mark.rule("PI-13")
def test_who_is_exempt_by_status_is_not_asked(client):
    assert net_worth_check(client, Decimal(10**12), on=TODAY, is_exempt=True) is None


@pytest.mark.rule("JC-2")
def test_who_was_never_assessed_is_worth_nothing_to_us(client):
    assert net_worth_check(client, Decimal("0.01"), on=TODAY)
    assert net_worth_check(client, Decimal(0), on=TODAY) is None
