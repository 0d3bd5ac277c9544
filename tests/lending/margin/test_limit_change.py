"""A credit limit changes with a reason, an assessment, a review date and two people, or not."""

from datetime import timedelta
from decimal import Decimal

import pytest

from lending.loans.draw import DrawRefused, draw
from lending.margin.account import MarginAccount, State
from lending.margin.limit_change import CreditLimitChange
from onboarding.approvals import Invalid, NotAllowed, Stale, approve, propose
from onboarding.clients import Client
from onboarding.lifecycle import move
from onboarding.users import Role
from tests.factories import NOON, manager_for, margin_account, price, staff
from tests.proofs import refused, sql

DAY = timedelta(days=1)
ABOVE = ["financial_situation"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return margin_account(credit_limit="1000000")


@pytest.fixture
def manager(account):
    return manager_for(account)


@pytest.fixture
def officer():
    return staff(Role.CREDIT_OFFICER)


def payload(of, limit="5000000", **fields):
    asked = {
        "account": of.number,
        "limit": limit,
        "reasons": ABOVE,
        "assessment": "Audited accounts of 2025: liquid net worth HKD 60m.",
        "basis": "credit assessment 12",
        "review_date": "2027-03-01",
    }
    return asked | fields


def asked(of, by, *, now=NOON, **fields):
    return propose("credit_limit", payload(of, **fields), by=by, reason="wish", now=now)


def limit_of(account):
    return MarginAccount.objects.get(pk=account.pk).credit_limit


@pytest.mark.rule("SMF-12")
@pytest.mark.rule("SMF-6")
def test_a_limit_rises_by_two_people_with_its_log(account, manager, officer):
    proposal = asked(account, manager)
    assert proposal.client == account.client
    assert proposal.difference[0][1:] == ["HKD 1,000,000.00", "HKD 5,000,000.00"]

    approve(proposal, by=officer, reason="agreed", now=NOON)

    change = CreditLimitChange.objects.get()
    assert limit_of(account) == 5_000_000
    assert (change.before, change.after, change.proposal) == (1_000_000, 5_000_000, proposal)
    assert (change.maker, change.checker) == (manager, officer)
    assert (change.reasons, str(change.review_date)) == (ABOVE, "2027-03-01")
    assert change.basis == "credit assessment 12"


@pytest.mark.rule("VAF-4")
def test_that_financing_is_available_raises_nobodys_limit(account, manager):
    with pytest.raises(Invalid, match="VAF-4"):
        asked(account, manager, reasons=["va_financing_available"])


@pytest.mark.rule("VAF-4")
@pytest.mark.parametrize(
    "reasons",
    [
        ["va_financing_available", "client_wish"],
        ["adverse_event"],
        ["va_financing_available", "va_financing_available"],
    ],
)
def test_nor_does_it_with_a_reason_that_argues_for_less(account, manager, reasons):
    with pytest.raises(Invalid):
        asked(account, manager, reasons=reasons)


@pytest.mark.rule("VAF-4")
def test_beside_a_reason_of_its_own_it_may_be_named(account, manager, officer):
    reasons = ["va_financing_available", "financial_situation"]
    approve(asked(account, manager, reasons=reasons), by=officer, reason="x", now=NOON)

    assert limit_of(account) == 5_000_000


@pytest.mark.rule("VAF-4")
@pytest.mark.rule("SMF-12")
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"reasons": ["va_financing_available"]}, "limit_change_more_has_a_reason"),
        ({"reasons": []}, "limit_change_more_has_a_reason"),
        ({"assessment": ""}, "limit_change_is_one_and_says_why"),
        ({"after": Decimal(1_000_000)}, "limit_change_is_one_and_says_why"),
        ({"review_date": NOON.date() + 367 * DAY}, "limit_change_reviewed_within_a_year"),
    ],
)
def test_the_database_holds_what_a_change_needs(account, manager, officer, fields, constraint):
    row = {
        "account": account,
        "before": Decimal(1_000_000),
        "after": Decimal(2_000_000),
        "reasons": ABOVE,
        "assessment": "x",
        "review_date": NOON.date() + DAY,
        "effective_at": NOON,
        "maker": manager,
        "checker": officer,
        "proposal": asked(account, manager),
    }
    with refused(constraint):
        CreditLimitChange.objects.bulk_create([CreditLimitChange(**(row | fields))])
    with refused("limit_change_maker_is_not_checker"):
        CreditLimitChange.objects.create(**(row | {"checker": manager}))


def by_update(account):
    MarginAccount.objects.filter(pk=account.pk).update(credit_limit=9)


def by_save(account):
    account.credit_limit = Decimal(9)
    account.save()


def by_sql(account):
    sql("UPDATE lending_marginaccount SET credit_limit = 9 WHERE id = %s", account.pk)


@pytest.mark.rule("SMF-12")
@pytest.mark.parametrize("write", [by_update, by_save, by_sql])
def test_no_door_changes_a_limit_without_its_approved_row(account, write):
    with refused("margin_account_limit_changes_by_approval"):
        write(account)


def test_a_change_is_never_edited(account, manager, officer):
    approve(asked(account, manager), by=officer, reason="x", now=NOON)
    with refused("lending_creditlimitchange_append_only"):
        CreditLimitChange.objects.update(after=1)


@pytest.mark.rule("VAF-18")
@pytest.mark.rule("SMF-12")
def test_above_the_size_the_mic_of_risk_management_decides(account, manager, officer):
    proposal = asked(account, manager, limit="20000000.01")
    for role in (Role.CREDIT_OFFICER, Role.RISK_OFFICER, Role.RESPONSIBLE_OFFICER, Role.MIC_OMO):
        with pytest.raises(NotAllowed):
            approve(proposal, by=staff(role), reason="x", now=NOON)

    approve(proposal, by=staff(Role.MIC_RM), reason="x", now=NOON)

    assert limit_of(account) == Decimal("20000000.01")


def test_a_cut_waits_for_no_higher_hand(manager, officer):
    account = margin_account(credit_limit="90000000")
    proposal = asked(account, officer, limit="50000000", reasons=["client_wish"])

    approve(proposal, by=staff(Role.CREDIT_OFFICER), reason="x", now=NOON)

    assert limit_of(account) == 50_000_000


@pytest.mark.rule("SMF-12")
@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"review_date": "2027-03-06"}, "within a year"),
        ({"review_date": "2026-03-04"}, "after today"),
        ({"review_date": ""}, "missing"),
        ({"assessment": " "}, "missing"),
        ({"reasons": []}, "reasons from the list"),
        ({"reasons": "financial_situation"}, "reasons from the list"),
        ({"reasons": ["because"]}, "reasons from the list"),
        ({"limit": "1000000"}, "already"),
        ({"limit": "-1"}, "between"),
        ({"limit": "1e30"}, "between"),
        ({"account": "MA999"}, "no account"),
    ],
)
def test_what_cannot_be_is_refused_when_proposed(account, officer, fields, why):
    with pytest.raises(Invalid, match=why):
        asked(account, officer, **fields)


def test_a_suspended_clients_limit_may_fall_and_not_rise(account, officer):
    move(account.client, Client.suspend, reason="x", now=NOON)
    with pytest.raises(Invalid, match="suspended"):
        asked(account, officer)
    asked(account, officer, limit="1", reasons=["adverse_event"])


def test_a_manager_proposes_no_strangers_limit(account, manager):
    with pytest.raises(NotAllowed):
        asked(margin_account(), manager)


def test_of_two_changes_the_second_is_stale(account, manager, officer):
    first, second = asked(account, manager), asked(account, manager, limit="6000000")
    approve(first, by=officer, reason="x", now=NOON)
    with pytest.raises(Stale, match="was HKD 1,000,000.00 when proposed and is HKD 5,000,000.00"):
        approve(second, by=officer, reason="x", now=NOON)


@pytest.mark.rule("SMF-6")
@pytest.mark.rule("SMF-12")
def test_a_lower_limit_binds_at_once(manager, officer):
    account = margin_account(credit_limit="1000000", owed="300000", pledged={"BTC": "2"})
    price("BTC", "1000000", at=NOON)
    cut = asked(account, officer, limit="100000", reasons=["adverse_event"])

    approve(cut, by=staff(Role.CREDIT_OFFICER), reason="x", now=NOON)

    account.refresh_from_db()
    assert account.state == State.CALLED
    with pytest.raises(DrawRefused):
        draw(account, Decimal(1), key="k", now=NOON)
