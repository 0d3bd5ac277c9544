"""Two people change a haircut and a client's limit in a browser, at a desk and on a telephone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from collateral.haircuts import Haircut
from lending.margin.account import MarginAccount
from onboarding.approvals import Proposal, State
from onboarding.users import Role
from tests.browser.conftest import overflow_of
from tests.factories import give, house, manager_for, margin_account, price, staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def _a_house():
    house(now=timezone.now() - timedelta(days=30))


def test_a_haircut_is_proposed_by_one_and_approved_by_another(visit):
    page = visit(staff(Role.RISK_OFFICER))
    page.goto("/staff/approvals/")
    page.get_by_role("link", name="Propose", exact=True).click()
    page.locator(".hb-choices a", has_text="Haircut").first.click()
    page.get_by_label("Asset").select_option("BTC")
    page.get_by_label("Lending haircut, %").fill("65")
    page.get_by_label("Liquidation haircut, %").fill("40")
    page.get_by_label("Why").fill("Depth at the venues halved.")
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_role("row", name="BTC: Lending haircut")).to_contain_text("60%65%")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_label("Lending haircut, %")).to_have_value("65")
    page.get_by_role("button", name="See what would change").click()
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_text("It is yours: somebody else decides it")).to_be_visible()

    page = visit(staff(Role.COMPLIANCE))
    page.goto("/staff/approvals/")
    page.locator(".hb-inbox a").first.click()
    page.get_by_label("Reason").fill("Agreed with the figures.")
    page.get_by_role("button", name="Approve and apply").click()

    expect(page.get_by_text("was approved and applied")).to_be_visible()
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    assert str(Haircut.objects.latest("pk").lending) == "0.650000"


def test_a_limit_is_raised_on_a_telephone(visit):
    account = margin_account(credit_limit="1000000", now=timezone.now() - timedelta(days=9))
    give(account, {"BTC": "30"}, now=timezone.now() - timedelta(days=9))
    price("BTC", "700000", at=timezone.now(), fresh=timedelta(hours=1))
    page = visit(manager_for(account))
    page.set_viewport_size(PHONE)
    page.goto(f"/staff/approvals/new/credit_limit/?account={account.number}")
    page.get_by_label("New limit, HKD").fill("5000000")
    page.get_by_label("VA financing available").check()
    page.get_by_label("Written risk assessment").fill("None.")
    page.get_by_label("Why").fill("The client asked.")
    assert overflow_of(page) == 0
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_role("alert")).to_contain_text("does not raise anybody's limit")
    page.get_by_label("Financial situation, with objective proof").check()
    page.get_by_label("Written risk assessment").fill("Audited accounts of 2025.")
    page.get_by_role("button", name="See what would change").click()
    assert overflow_of(page) == 0
    page.get_by_role("button", name="Propose").click()
    assert overflow_of(page) == 0

    page = visit(staff(Role.CREDIT_OFFICER))
    page.set_viewport_size(PHONE)
    page.goto("/staff/approvals/?all=1")
    assert overflow_of(page) == 0
    page.get_by_role("button", name="See the chosen together").click()
    row = page.get_by_role("row", name=f"{account}: credit limit")
    expect(row).to_contain_text("HKD 5,000,000.00")
    assert overflow_of(page) == 0
    page.get_by_label("Reason, kept with each of them").fill("Agreed.")
    page.get_by_role("button", name="Approve and apply 1").click()
    expect(page.get_by_text("1 approved and applied")).to_be_visible()

    assert Proposal.objects.latest("pk").state == State.APPROVED
    assert MarginAccount.objects.get(pk=account.pk).credit_limit == 5_000_000
