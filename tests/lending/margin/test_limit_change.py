"""A credit limit changes with a reason, an assessment, a review date and two people, or not."""

from datetime import timedelta
from decimal import Decimal

import pytest

from collateral.custody.pool import Pool
from lending.ledger.chart import open_subledgers
from lending.loans.draw import DrawRefused, draw
from lending.margin.account import MarginAccount, State
from lending.margin.limit_change import CreditLimitChange
from onboarding.approvals import Invalid, NotAllowed, Stale, approve, propose
from onboarding.clients import Client
from onboarding.credit.score import History
from onboarding.lifecycle import move
from onboarding.users import Role
from tests.factories import NOON, assess, give, manager_for, margin_account, price, staff
from tests.proofs import refused, sql

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ABOVE = ["financial_situation"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    account = margin_account(credit_limit="1000000", pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON)
    return account


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
    assessment = account.client.credit_assessments.get()
    assert (change.credit_assessment, change.grade) == (assessment, assessment.grade)


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
        ({"credit_assessment": None}, "limit_change_more_rests_on_an_assessment"),
        ({"grade": ""}, "limit_change_more_rests_on_an_assessment"),
        ({"worst_case": None}, "limit_change_more_rests_on_an_assessment"),
        ({"stressed_shortfall": Decimal("1.01")}, "limit_change_more_is_affordable"),
        ({"stressed_shortfall": None}, "limit_change_more_is_affordable"),
        ({"liquid_net_worth": None}, "limit_change_more_is_affordable"),
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
        "credit_assessment": account.client.credit_assessments.get(),
        "grade": "A",
        "stressed_shortfall": Decimal(1),
        "liquid_net_worth": Decimal(1),
        "worst_case": {},
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


# --- What a higher limit rests on ----------------------------------------------------------------


@pytest.mark.rule("VAF-2")
def test_without_a_current_assessment_no_limit_rises(officer):
    bare = margin_account(credit_limit="1000000", pledged={"BTC": "1"}, assessed=False)
    price("BTC", "700000", at=NOON)
    with pytest.raises(Invalid, match="no current credit assessment"):
        asked(bare, officer)

    row = assess(bare.client, now=NOON)
    assert asked(bare, officer).pk
    past_review = NOON + (row.review_date - NOON.date()) + DAY
    price("BTC", "700000", at=past_review)
    with pytest.raises(Invalid, match="no current credit assessment"):
        asked(bare, officer, now=past_review, review_date="2027-06-01")


@pytest.mark.rule("VAF-2")
def test_nor_without_collateral_or_a_price_for_it(officer):
    empty = margin_account(credit_limit="1000000")
    with pytest.raises(Invalid, match="Nothing is pledged"):
        asked(empty, officer)
    unpriced = margin_account(credit_limit="1000000", pledged={"ETH": "1"})
    with pytest.raises(Invalid, match="no fresh price"):
        asked(unpriced, officer)


@pytest.mark.rule("JC-3")
def test_what_the_client_could_not_bear_at_its_worst_is_refused(officer):
    """Two bitcoin at 700,000 fall by 60% and lend 224,000; the rest of the limit is missing."""
    account = margin_account(credit_limit="1000000", pledged={"BTC": "2"}, assessed=False)
    price("BTC", "700000", at=NOON)
    assess(account.client, fiat="3000000", other="40000000")

    borne = asked(account, officer, limit="3224000")
    with pytest.raises(Invalid, match=r"HKD 3,000,000\.01 would be missing.*HKD 0\.01 short"):
        asked(account, officer, limit="3224000.01")
    approve(borne, by=staff(Role.CREDIT_OFFICER), reason="x", now=NOON)

    change = CreditLimitChange.objects.get()
    assert (change.stressed_shortfall, change.liquid_net_worth) == (3_000_000, 3_000_000)
    [kept] = change.worst_case["accounts"]
    assert kept["positions"] == [
        {
            "code": "BTC",
            "market_value": "1400000",
            "shock": "0.6",
            "stressed_value": "560000",
            "lending_haircut": "0.6",
            "stressed_margin_value": "224000",
        }
    ]
    assert (kept["drawn"], kept["shortfall"]) == ("3224000", "3000000")


@pytest.mark.rule("JC-3")
def test_what_was_borne_when_proposed_and_is_not_when_approved_is_refused(officer):
    account = margin_account(credit_limit="1000000", pledged={"BTC": "2"}, assessed=False)
    price("BTC", "700000", at=NOON)
    assess(account.client, fiat="3000000", other="40000000")
    proposal = asked(account, officer, limit="3224000")
    price("BTC", "690000", at=NOON + MINUTE)

    with pytest.raises(Invalid, match="JC-3"):
        approve(proposal, by=staff(Role.CREDIT_OFFICER), reason="x", now=NOON + MINUTE)

    assert limit_of(account) == 1_000_000


@pytest.mark.rule("JC-3")
def test_every_account_of_the_client_counts_in_the_worst_case(officer):
    account = margin_account(credit_limit="1000000", pledged={"BTC": "2"}, assessed=False)
    [subledger] = open_subledgers(1)
    other = MarginAccount.objects.create(
        number="MA2",
        client=account.client,
        relation=account.relation,
        pool=Pool.objects.create(client=account.client),
        subledger=subledger,
        terms=account.terms,
        credit_limit=Decimal(2_000_000),
        spread=Decimal("0.03"),
        opened_at=NOON,
    )
    give(other, {"BTC": "1"})
    price("BTC", "700000", at=NOON)
    assess(account.client, fiat="3000000", other="40000000")

    with pytest.raises(Invalid, match="JC-3"):
        asked(account, officer, limit="3224000")
    assert asked(account, officer, limit="1336000").pk  # 1,112,000 and 1,888,000 are 3,000,000.


@pytest.mark.rule("JC-3")
def test_a_cut_needs_no_worst_case(officer):
    account = margin_account(credit_limit="90000000", assessed=False)

    approve(
        asked(account, officer, limit="1", reasons=["adverse_event"]),
        by=staff(Role.CREDIT_OFFICER),
        reason="x",
        now=NOON,
    )

    change = CreditLimitChange.objects.get()
    assert (change.credit_assessment, change.worst_case, change.grade) == (None, None, "")


def test_on_an_e_nothing_is_lent(officer):
    account = margin_account(credit_limit="1000000", pledged={"BTC": "1"}, assessed=False)
    price("BTC", "700000", at=NOON)
    assess(account.client, fiat="90000000", history=History.DEFAULTED)
    with pytest.raises(Invalid, match="graded E"):
        asked(account, officer)


@pytest.mark.rule("SMF-12")
@pytest.mark.rule("SMF-6")
def test_more_than_the_grade_proposes_is_the_higher_hands(manager, account):
    assess(account.client, fiat="30000000", now=NOON)
    proposed = account.client.credit_assessments.latest("pk").proposed_limit
    within = asked(account, manager, limit=str(proposed))
    beyond = asked(account, manager, limit=str(proposed + 1))

    assert within.approvers == [Role.CREDIT_OFFICER]
    assert beyond.approvers == [Role.MIC_RM]
