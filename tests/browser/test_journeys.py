"""What a client and a risk officer do in a browser, from signing in to seeing it done."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from lending.margin.account import MarginAccount
from lending.margin.sweep import sweep
from onboarding.users import Role
from tests.browser.conftest import overflow_of
from tests.factories import client_user, manager_for, margin_account, price, staff

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
LONG = timedelta(hours=1)


def priced(btc: str) -> None:
    """An agreed price as of now; the clock of a browser cannot be stopped."""
    price("BTC", btc, at=timezone.now(), fresh=LONG)
    price("ETH", "24000", at=timezone.now(), fresh=LONG)


@pytest.fixture
def account():
    """Owes 200,000 against one bitcoin at 700,000: usage is 71.43%."""
    account = margin_account(owed="200000", pledged={"BTC": "1"})
    priced("700000")
    return account


@pytest.fixture
def called():
    """Owes 200,000 against one bitcoin at 490,000: in call, with a manager to ring."""
    account = margin_account(owed="200000", pledged={"BTC": "1"})
    manager_for(account, staff(Role.RM, first_name="Mei", last_name="Lam", telephone="2345 6789"))
    priced("490000")
    sweep(now=timezone.now())
    return MarginAccount.objects.get(pk=account.pk)


def test_a_client_signs_in_repays_and_sees_usage_fall(visit, account):
    page = visit(client_user(account))
    expect(page.get_by_role("heading", name="Where you stand")).to_be_visible()
    expect(page.get_by_role("img", name="Margin usage 71.43%")).to_be_visible()

    page.get_by_role("link", name="Repay").first.click()
    page.get_by_role("textbox", name="Amount").fill("100,000")
    expect(page.locator("#usage-after")).to_have_text("35.72%")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Repay HKD 100,000.00").click()

    expect(page.get_by_role("status")).to_have_text("HKD 100,000.00 is recorded as paid.")
    expect(page.get_by_role("img", name="Margin usage 35.72%")).to_be_visible()
    assert MarginAccount.objects.get().subledger.owed == Decimal("100000")


def test_a_client_in_call_sees_the_clock_run_reads_the_call_and_cures_it(visit, called):
    page = visit(client_user(called))
    clock = page.get_by_role("timer")
    expect(clock).to_have_text(re.compile(r"23:59:\d\d"))
    first = clock.inner_text()
    expect(clock).not_to_have_text(first)

    page.get_by_role("button", name="I have read this call").click()
    expect(page.get_by_role("status")).to_contain_text("You acknowledged MC")

    page.locator("#to-cure").click()
    expect(page.get_by_role("textbox", name="Amount")).to_have_value("13,800.00")
    expect(page.get_by_text("This cures your margin call.")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Repay HKD 13,800.00").click()

    expect(page.get_by_role("status")).to_contain_text("Your margin call is cured.")
    expect(page.get_by_role("timer")).to_have_count(0)


def test_a_client_draws_and_buys(visit, account):
    page = visit(client_user(account))
    page.get_by_role("link", name="Draw").first.click()
    page.get_by_text("The most, 85% usage").click()
    page.get_by_text("Buy BTC now").click()
    expect(page.locator("#usage-after")).to_contain_text("at most")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Draw HKD 38,000.00").click()

    expect(page.get_by_role("status")).to_contain_text("Bought 0.05")


def test_a_refusal_keeps_what_was_entered(visit, account):
    page = visit(client_user(account))
    page.goto(f"/accounts/{account.number}/draw/")
    page.get_by_role("textbox", name="Amount").fill("38000.01")
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("alert")).to_have_text(
        "You may draw at most HKD 38,000.00: your collateral binds."
    )
    expect(page.get_by_role("textbox", name="Amount")).to_have_value("38000.01")


def test_the_account_refreshes_itself_and_keeps_open_what_was_opened(visit, called):
    page = visit(client_user(called))
    page.get_by_text("How was this worked out?").click()
    expect(page.get_by_text("Your credit limit", exact=True)).to_be_visible()

    priced("495000")
    page.evaluate("htmx.ajax('GET', location.pathname, {target: '#standing', swap: 'outerHTML'})")

    expect(page.locator("#ticker")).to_contain_text("495,000.00")
    expect(page.get_by_role("img", name="Margin usage 101.02%")).to_be_visible()
    expect(page.get_by_text("Your credit limit", exact=True)).to_be_visible()


def test_the_live_book_refreshes_itself(visit, account):
    page = visit(staff(Role.RISK_OFFICER))
    expect(page.get_by_role("heading", name="Live book")).to_be_visible()
    expect(page.locator(".strip")).to_contain_text("700,000.00")
    row = page.locator(".queue tbody tr")
    expect(row).to_contain_text("71.43%")

    priced("490000")
    sweep(now=timezone.now())

    expect(row).to_contain_text("Margin call", timeout=8_000)
    expect(row).to_contain_text("102.05%")
    expect(page.locator(".strip")).to_contain_text("490,000.00")


def test_figures_that_cannot_be_refreshed_say_so_until_they_are(visit, account):
    page = visit(staff(Role.RISK_OFFICER), may_complain=True)
    said = page.get_by_text("not refreshed since")
    expect(said).to_be_hidden()

    page.route("**/staff/book/", lambda route: route.abort())
    expect(said).to_be_visible(timeout=8_000)

    page.unroute("**/staff/book/")
    expect(said).to_be_hidden(timeout=8_000)


def test_nothing_overflows(visit, called):
    rich = margin_account(
        owed="91234567.89", pledged={"BTC": "1234.23456789", "ETH": "54321.1", "2800": "300000"}
    )
    home = f"/accounts/{called.number}/"
    client, officer = visit(client_user(called)), visit(staff(Role.RISK_OFFICER))
    addresses = [
        *((client, at) for at in (home, f"{home}repay/?amount=13,800.00", f"{home}draw/")),
        (visit(client_user(rich)), f"/accounts/{rich.number}/"),
        (officer, "/staff/book/"),
        (visit(), "/login/"),
    ]

    for page, at in addresses:
        page.goto(at)
        for width, height in ((1440, 900), (1024, 768), (768, 1024), (390, 844), (360, 640)):
            page.set_viewport_size({"width": width, "height": height})
            assert overflow_of(page) <= 0, (at, width)


def test_dark_and_light_follow_the_reader(visit):
    def ground(scheme: str) -> str:
        page = visit(color_scheme=scheme)
        page.goto("/login/")
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert ground("light") == "rgb(244, 247, 248)"
    assert ground("dark") == "rgb(13, 22, 29)"


def test_everything_can_be_reached_by_keyboard(visit, called):
    page = visit(client_user(called))
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent.trim()"))

    assert {"To the content", "Repay", "Draw", "Sign out", "I have read this call"} <= reached
