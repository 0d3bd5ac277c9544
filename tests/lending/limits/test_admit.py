"""An advance needs credit that is assessed and reviewed, and a reasonable part of net worth."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from lending.limits.admit import credit_gates
from lending.limits.exposure import is_exempt, va_exposure
from lending.limits.review_due import review_due
from lending.loans.draw import DrawRefused, draw
from lending.margin.account import MarginAccount
from lending.margin.limit_change import CreditLimitChange
from onboarding.approvals import approve, propose
from onboarding.clients import Kind
from onboarding.credit.profile import CreditAssessment
from onboarding.credit.score import History
from onboarding.users import Role
from tests.factories import NOON, assess, margin_account, price, staff
from tests.factories.investors import a_client, confirmed, qualified

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare():
    """A bitcoin at 700,000, and nobody has assessed its client."""
    account = margin_account(pledged={"BTC": "1"}, assessed=False)
    price("BTC", "700000", at=NOON)
    return account


def lend(account, amount="1000", *, now=NOON):
    return draw(account, Decimal(amount), key=f"{now}-{amount}", now=now)


@pytest.mark.rule("VAF-2")
def test_nothing_is_lent_before_the_client_was_assessed(bare):
    with pytest.raises(DrawRefused, match="have yet to assess"):
        lend(bare)
    assess(bare.client, now=NOON)
    assert lend(bare).pk


@pytest.mark.rule("SMF-12")
def test_nothing_is_lent_once_the_review_is_past_the_grace():
    """A weak grade is looked at again after ninety days, and thirty more are borne."""
    account = margin_account(pledged={"BTC": "1"}, credit_limit="100000", assessed=False)
    means = {"fiat": "5000000", "debts": "1900000", "history": History.LATE, "score": 3}
    row = assess(account.client, now=NOON, **means)
    last_day = NOON + 120 * DAY
    assert (row.grade, row.review_date + 30 * DAY) == ("D", last_day.date())
    price("BTC", "700000", at=last_day)
    price("BTC", "700000", at=last_day + DAY)

    lend(account, now=last_day)
    with pytest.raises(DrawRefused, match="overdue"):
        lend(account, now=last_day + DAY)


@pytest.mark.rule("JC-2")
@pytest.mark.rule("JC-12")
def test_what_would_be_too_much_of_net_worth_in_virtual_assets_is_not_lent():
    """The bitcoin is 700,000 of 1,500,000; half of that is reasonable, and 50,000 is left."""
    bare = margin_account(pledged={"BTC": "1"}, credit_limit="500000", assessed=False)
    price("BTC", "700000", at=NOON)
    assess(bare.client, fiat="1500000", now=NOON)

    with pytest.raises(DrawRefused, match="larger part of your verified net worth"):
        lend(bare, "50000.01")
    assert lend(bare, "50000").pk


@pytest.mark.rule("JC-3")
def test_a_limit_from_the_opening_that_could_not_be_borne_lends_nothing():
    """A bitcoin at 700,000 lends 112,000 at its worst; of 2,000,000 then 1,888,000 is missing."""
    account = margin_account(pledged={"BTC": "1"}, credit_limit="2000000", assessed=False)
    price("BTC", "700000", at=NOON)
    assess(account.client, fiat="1887999.99", other="9000000")
    with pytest.raises(DrawRefused, match="more than you could bear"):
        lend(account)

    assess(account.client, fiat="1888000", other="9000000", now=NOON)
    assert lend(account).pk


@pytest.mark.rule("PI-13")
@pytest.mark.rule("JC-2")
def test_an_institution_is_exempt_by_its_status_and_a_person_is_not():
    institution = confirmed(a_client(Kind.INSTITUTION)).client
    person = confirmed(a_client()).client

    assert is_exempt(institution, now=NOON)
    assert not is_exempt(person, now=NOON)


@pytest.mark.rule("PI-10")
@pytest.mark.rule("PI-13")
def test_a_firm_is_exempt_once_it_is_qualified_for_virtual_assets():
    firm = confirmed(a_client(Kind.CORPORATE)).client
    assert not is_exempt(firm, now=NOON)

    qualified(firm)

    assert is_exempt(firm, now=NOON)


@pytest.mark.rule("JC-12")
def test_exposure_is_all_virtual_assets_of_all_pools_and_nothing_else():
    account = margin_account(pledged={"BTC": "1", "ETH": "10", "0700": "100"})
    price("BTC", "700000", at=NOON)
    price("ETH", "25000", at=NOON)
    price("0700", "400", at=NOON)

    assert va_exposure(account.client_id, now=NOON) == 950_000
    assert va_exposure(account.client_id, now=NOON - DAY) == 0


def test_many_accounts_are_asked_in_as_many_statements_as_one(django_assert_num_queries):
    for count in (1, 4):
        accounts = [margin_account(assessed=False) for _ in range(count)]
        accounts = list(
            MarginAccount.objects.filter(pk__in=[a.pk for a in accounts]).select_related("client")
        )
        with django_assert_num_queries(3):
            assert set(credit_gates(accounts, NOON)) == {account.pk for account in accounts}


@pytest.mark.rule("SMF-4")
def test_a_limit_that_was_set_for_less_time_is_reviewed_sooner(bare):
    assess(bare.client, now=NOON)
    officer, checker = staff(Role.CREDIT_OFFICER), staff(Role.MIC_RM)
    proposal = propose(
        "credit_limit",
        {
            "account": bare.number,
            "limit": "1000001000",
            "reasons": ["financial_situation"],
            "assessment": "For a quarter.",
            "review_date": "2026-06-01",
        },
        by=officer,
        reason="x",
        now=NOON,
    )
    price("BTC", "700000", at=NOON + DAY)
    approve(proposal, by=checker, reason="x", now=NOON + DAY)
    late = NOON + 120 * DAY
    price("BTC", "700000", at=late)
    assert late.date() == date(2026, 7, 2)

    with pytest.raises(DrawRefused, match="overdue"):
        lend(bare, now=late)
    assess(bare.client, now=late)
    assert lend(bare, now=late).pk


@pytest.mark.rule("SMF-4")
@pytest.mark.rule("SMF-12")
def test_when_a_limit_is_looked_at_again():
    assessment = CreditAssessment(effective_at=NOON, review_date=date(2027, 3, 1))

    def due(days, review):
        change = CreditLimitChange(effective_at=NOON + days * DAY, review_date=review)
        return review_due(assessment, change)

    assert review_due(None, None) is None
    assert review_due(assessment, None) == date(2027, 3, 1)
    assert due(1, date(2026, 9, 1)) == date(2026, 9, 1)
    assert due(1, date(2027, 9, 1)) == date(2027, 3, 1)
    assert due(-1, date(2026, 9, 1)) == date(2027, 3, 1)
