"""The status and the test as a client sees them on a phone, and the staff pages at both sizes."""

import pytest

from onboarding.clients import Kind
from onboarding.investors.exemptions import knowledge_gate
from onboarding.investors.knowledge import Attempt
from onboarding.investors.questions import Question, found_questions
from onboarding.payloads import today
from onboarding.users import Role
from tests.browser.conftest import overflow_of
from tests.factories import NOON, client_user, margin_account, staff
from tests.factories.investors import a_client, confirmed, manager_of, qualified, tied

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def account(time_machine):
    time_machine.move_to(NOON, tick=True)
    account = margin_account(pledged={"BTC": "1"}, professional=False)
    found_questions(maker=staff(Role.COMPLIANCE), checker=staff(Role.COMPLIANCE), now=NOON)
    account.client.services.create(manager=staff(Role.RM), from_date=today(NOON))
    confirmed(account.client)
    return account


def test_a_client_takes_the_test_on_a_phone(visit, account):
    page = visit(client_user(account), java_script_enabled=False)
    page.set_viewport_size(PHONE)
    page.goto(f"/investor/{account.client.number}/")
    assert overflow_of(page) <= 0
    page.get_by_role("link", name="To the test").click()
    page.get_by_role("button", name="Begin the test").click()
    assert overflow_of(page) <= 0
    paper = Attempt.objects.get()
    for pk, question in Question.objects.in_bulk(paper.questions).items():
        page.locator(f"input[name='question-{pk}'][value='{question.right}']").check()
    page.get_by_role("button", name="Hand in").click()

    assert page.get_by_text("10 of 10 were right").is_visible()
    assert overflow_of(page) <= 0
    assert knowledge_gate(account.client, on=today(NOON)) is None


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_each_staff_page_fits_its_window(visit, account, size):
    firm = confirmed(a_client(Kind.CORPORATE, manager=manager_of(account.client))).client
    qualified(firm)
    tied(account.client, "guarantor", to=firm)
    page = visit(manager_of(account.client))
    if size == "phone":
        page.set_viewport_size(PHONE)
    pages = ["/staff/investors/", "/staff/groups/"]
    for client in (account.client, firm):
        pages += [f"/staff/investors/{client.number}/", f"/staff/investors/{client.number}/assess/"]
    for address in pages:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert overflow_of(page) <= 0, address
