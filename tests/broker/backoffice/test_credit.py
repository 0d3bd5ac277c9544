"""The credit page, the form of an assessment, and the limit that its grade proposes."""

import html
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from lending.margin.limit_change import CreditLimitChange
from onboarding.approvals import Proposal, approve
from onboarding.credit.factors import FACTORS, SMF
from onboarding.credit.profile import CreditAssessment
from onboarding.users import Role
from tests.broker.backoffice.desk import shown
from tests.factories import NOON, assess, manager_for, margin_account, owe, price, staff
from tests.lending.limits.groups import connect, limited

pytestmark = pytest.mark.django_db

NEW = "/staff/approvals/new/"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def account():
    account = margin_account(credit_limit="1000000", pledged={"BTC": "2"}, assessed=False)
    price("BTC", "700000", at=NOON)
    return account


@pytest.fixture
def manager(account):
    return manager_for(account)


@pytest.fixture
def officer(client):
    user = staff(Role.CREDIT_OFFICER)
    client.force_login(user)
    return user


def page_of(account) -> str:
    return f"/staff/credit/{account.client.number}/"


def words_of(page: str) -> str:
    page = re.sub(r"<(head|title|nav)\b.*?</\1>", " ", page, flags=re.S)
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def filled(account, verifier, **fields) -> dict:
    """The form of an assessment as an officer fills it in: money at a bank, bitcoin, a mortgage."""
    line = {
        "evidence_reference": "folder 7",
        "evidence_date": "2026-02-27",
        "verified_by": verifier.username,
    }
    lines = {
        1: {
            "asset_class": "fiat",
            "described": "Deposits",
            "value": "20000000",
            "liquid": "yes",
            "evidence_type": "bank_statement",
        },
        2: {
            "asset_class": "virtual",
            "described": "Bitcoin pledged with us",
            "value": "1400000",
            "liquid": "no",
            "evidence_type": "custodian_statement",
        },
    }
    asked = {
        "client": account.client.number,
        "assessed_date": "2026-03-04",
        "debt_1_described": "Mortgage",
        "debt_1_amount": "3000000",
        "debt_1_within_a_year": "no",
        "source_of_wealth": "Sale of a company",
        "source_of_funds": "Bank account",
        "payment_history": "clean",
        "payment_argument": "Reference of the bank",
        "house_conditions": "All within limits",
        "reason": "yearly review",
    }
    for place, each in lines.items():
        asked |= {f"line_{place}_{name}": value for name, value in (line | each).items()}
    for name in FACTORS:
        asked |= {f"{name}_score": "2", f"{name}_argument": "argued", f"{name}_evidence": "file"}
    return asked | fields


def proposed(client, command: str, fields: dict):
    """The form, what it would change, and then the proposal."""
    first = client.post(f"{NEW}{command}/", fields).content.decode()
    assert "What would change" in first, words_of(first)
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', first)
    carried = [(name, html.unescape(value)) for name, value in hidden]
    answer = client.post(
        f"{NEW}{command}/",
        urlencode([*carried, ("confirmed", "yes")]),
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 302, words_of(answer.content.decode())
    return Proposal.objects.latest("pk")


@pytest.mark.rule("VAF-5")
@pytest.mark.rule("SMF-11")
def test_from_the_form_to_the_grade_and_from_the_grade_to_a_limit(client, account, manager):
    client.force_login(manager)
    assert "Nobody has assessed this client" in shown(client, page_of(account))

    proposal = proposed(client, "credit_assessment", filled(account, manager))
    officer = staff(Role.CREDIT_OFFICER)
    client.force_login(officer)
    client.post(f"/staff/approvals/{proposal.pk}/", {"decision": "approve", "reason": "seen"})
    row = CreditAssessment.objects.get()
    assert (row.grade, row.net_worth, row.proposed_limit) == ("B", 17_560_000, 5_260_000)

    page = shown(client, page_of(account))
    words = words_of(page)
    assert "17,560,000.00" in words
    for characteristic, points, most, why in row.card:
        assert f"{characteristic} {points} of {most} {why}" in words
    assert "Bitcoin pledged with us 1,400,000.00 60% 560,000.00 no" in words

    [address] = re.findall(r'href="(/staff/approvals/new/credit_limit/\?[^"]*)"', page)
    form = client.get(address.replace("&amp;", "&")).context["form"]
    asked = {name: form[name].value() for name in ("account", "limit", "review_date", "basis")}
    assert asked["limit"] == "5260000.00"
    asked |= {"reasons": ["financial_situation"], "assessment": "As graded.", "reason": "grade B"}
    limit = proposed(client, "credit_limit", asked)
    approve(limit, by=staff(Role.CREDIT_OFFICER), reason="agreed", now=NOON)
    change = CreditLimitChange.objects.get()
    assert (change.after, change.grade, change.credit_assessment) == (5_260_000, "B", row)
    assert "5,260,000.00 B 5,036,000.00" in words_of(shown(client, page_of(account)))


@pytest.mark.rule("VAF-5")
def test_what_is_missing_is_said_on_the_form_with_all_that_was_typed(client, account, officer):
    fields = filled(account, officer, va_c_argument="")
    answer = client.post(f"{NEW}credit_assessment/", fields | {"confirmed": "yes"})

    words = words_of(answer.content.decode())
    assert "Concentration in the digital-asset sector, shares of it included: the argument" in words
    assert 'value="20000000"' in answer.content.decode()
    assert not Proposal.objects.filter(command="credit_assessment").exists()


def test_an_empty_form_of_an_assessment_says_what_it_needs(client, officer):
    answer = client.post(f"{NEW}credit_assessment/", {"confirmed": "yes"})

    assert answer.status_code == 200
    assert "This field is required" in answer.content.decode()


def test_the_client_is_filled_in_from_the_page(client, account, officer):
    form = client.get(f"{NEW}credit_assessment/?client={account.client.number}").context["form"]

    assert form["client"].value() == account.client.number


@pytest.mark.rule("JC-3")
def test_the_worst_case_is_opened_to_its_inputs(client, account, officer):
    assess(account.client, fiat="500000", other="90000000")

    words = words_of(shown(client, page_of(account)))

    assert "Would be missing, HKD 776,000.00" in words
    assert "Short by HKD 276,000.00" in words
    assert "BTC 1,400,000.00 60% 560,000.00 60% 224,000.00" in words


@pytest.mark.rule("SMF-12")
def test_a_review_that_is_overdue_stands_out(client, account, officer, clock):
    assess(account.client)
    later = NOON + 400 * DAY
    clock.move_to(later, tick=False)
    price("BTC", "700000", at=later)
    client.force_login(officer)

    assert "Overdue by 37 days" in words_of(shown(client, page_of(account)))
    assert "overdue by 37 days" in words_of(
        shown(client, f"/staff/clients/{account.client.number}/")
    )


@pytest.mark.rule("SMF-6")
def test_a_group_is_shown_with_its_room_and_not_to_who_serves_one_member(
    client, account, manager, officer
):
    other = margin_account(pledged={"BTC": "1"})
    connect(account, other)
    limited(account, "300000")
    owe(other, "123456")
    assess(account.client)

    words = words_of(shown(client, page_of(account)))
    assert "Owed together, HKD 123,456.00 Left, HKD 176,544.00" in words
    assert other.client.number in words

    client.force_login(manager)
    words = words_of(shown(client, page_of(account)))
    assert "not yours to see" in words
    assert "the group binds" in words
    for secret in ("123,456", "176,544", other.client.number):
        assert secret not in words


def test_a_manager_finds_own_clients_alone(client, account, manager):
    client.force_login(manager)

    assert client.get(page_of(account)).status_code == 200
    assert client.get(page_of(margin_account())).status_code == 404
    assert client.get("/staff/credit/nobody/").status_code == 404


def test_what_was_typed_is_shown_as_text(client, account, officer):
    fields = filled(account, officer, smf_a_argument="<script>alert(1)</script>")
    proposal = proposed(client, "credit_assessment", fields)
    approve(proposal, by=staff(Role.CREDIT_OFFICER), reason="x", now=NOON)

    page = shown(client, page_of(account))
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_only_the_five_are_asked_where_no_virtual_asset_is_counted(client, account, officer):
    fields = filled(account, officer)
    for name in [*fields]:
        if name.startswith(("line_2_", "va_")):
            del fields[name]
    proposal = proposed(client, "credit_assessment", fields)

    assert sorted(proposal.payload["factors"]) == sorted(SMF)


@pytest.mark.rule("SMF-6")
def test_the_limit_of_a_group_is_proposed_by_its_form(client, account, officer):
    connect(account, margin_account())
    fields = {
        "client": account.client.number,
        "amount": "500000",
        "assessment": "One risk.",
        "review_date": "2026-12-01",
        "reason": "connected",
    }
    proposal = proposed(client, "group_limit", fields)

    assert proposal.approvers == [Role.MIC_RM]


# --- The calendar --------------------------------------------------------------------------------


@pytest.mark.rule("SMF-49")
@pytest.mark.rule("SMF-12")
def test_the_calendar_shows_what_is_due_and_overdue_and_a_manager_the_own(
    client, account, manager, officer, clock
):
    other = margin_account()
    assess(account.client)
    clock.move_to(NOON + 360 * DAY, tick=False)
    client.force_login(officer)

    words = words_of(shown(client, "/staff/reviews/"))
    assert account.client.number in words
    assert other.client.number in words
    assert "House terms" in words
    client.force_login(manager)
    words = words_of(shown(client, "/staff/reviews/"))
    assert account.client.number in words
    assert other.client.number not in words
    assert "House terms" not in words
