"""A client reads what was kept for her, on a desk and on a phone."""

import pytest

from broker.reports.document_make import make_documents
from tests.broker.reports.stories import everything_happened
from tests.broker.reports.test_documents import LATER
from tests.browser.conftest import overflow_of
from tests.factories import client_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def account(time_machine):
    account = everything_happened()
    time_machine.move_to(LATER, tick=True)
    make_documents(now=LATER, tell=lambda made: None)
    return account


def test_she_opens_her_statement_and_looks_up_what_happened(visit, account):
    page = visit(client_user(account))
    page.get_by_role("link", name="Statements").click()
    page.get_by_role("heading", name="March 2026").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name=f"Monthly statement {account.number}-M-202603 as PDF").click()
    assert download.value.suggested_filename == f"{account.number}-M-202603.pdf"

    page.get_by_label("From").fill("2026-03-03")
    page.get_by_label("To, this day included").fill("2026-03-04")
    with page.expect_download() as download:
        page.get_by_role("button", name="As CSV").click()
    assert download.value.suggested_filename.endswith("-20260303-20260304.csv")

    page.get_by_role("link", name="Activity").click()
    page.get_by_label("Kind").select_option("Repayments")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_text("Payment received").wait_for()
    assert page.get_by_text("Pledged").count() == 0
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == f"{account.number}-activity.csv"


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_page_fits_its_window(visit, account, size, scheme):
    page = visit(client_user(account), color_scheme=scheme)
    if size == "phone":
        page.set_viewport_size(PHONE)
    for name in ("documents", "activity"):
        page.goto(f"/accounts/{account.number}/{name}/")
        page.wait_for_load_state("networkidle")
        assert overflow_of(page) <= 0
