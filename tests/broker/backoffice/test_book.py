"""The live book: who may look, in what order the accounts stand, and what a look costs."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from broker import jobs
from broker.backoffice.book import QUEUE_LENGTH, SALES_SHOWN
from lending.liquidation.execute import work
from lending.margin.account import MarginAccount, State
from lending.margin.sweep import sweep
from lending.trading.order import Order
from lending.trading.venues.paper import PaperVenue
from onboarding.rights import PERMISSIONS
from onboarding.users import Role
from tests.factories import NOON, client_user, margin_account, price, staff

pytestmark = pytest.mark.django_db

BOOK = "/staff/book/"
MAY_LOOK = {role for role, held in PERMISSIONS.items() if "broker.view_live_book" in held}


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def risk_officer(client):
    client.force_login(staff(Role.RISK_OFFICER))


def text_of(response) -> str:
    body = re.sub(r"<(head|title)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def numbers_in_queue(response) -> list[str]:
    return [row.account.number for row in response.context["queue"]]


def borrows(owed: str, **fields) -> MarginAccount:
    return margin_account(owed=owed, pledged={"BTC": "1"}, **fields)


def market(btc: str, *, at=NOON, volume=None):
    price("BTC", btc, at=at, volume=volume)
    sweep(now=at)


@pytest.mark.parametrize("role", Role)
def test_the_page_is_open_to_the_roles_that_hold_its_permission(client, role):
    user = client_user() if role == Role.CLIENT else staff(role)
    client.force_login(user)

    wanted = 404 if role == Role.CLIENT else 200 if role in MAY_LOOK else 403
    assert client.get(BOOK).status_code == wanted
    assert client.get(BOOK, headers={"HX-Request": "true"}).status_code == wanted


def test_relationship_managers_do_not_see_the_book_of_others():
    assert Role.RM not in MAY_LOOK


def test_who_is_refused_is_told_so_in_words(client):
    client.force_login(staff(Role.RM))

    assert "Your role in the house does not include this page." in text_of(client.get(BOOK))


def test_who_is_not_signed_in_is_asked_to(client):
    assert client.get(BOOK).url == "/login/?next=/staff/book/"
    part = client.get(BOOK, headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"] == "/login/"


def test_it_is_looked_at_and_nothing_else(client, risk_officer):
    assert client.post(BOOK).status_code == 405


def test_the_totals_are_those_of_the_readings(client, risk_officer):
    borrows("100000")
    borrows("190000")
    borrows("250000")
    margin_account(owed="500", pledged={"2800": "10"})
    market("500000")

    response = client.get(BOOK)

    totals = response.context["totals"]
    assert (totals.accounts, totals.unpriced) == (4, 1)
    assert totals.debt == Decimal("540500")
    assert totals.collateral == Decimal("1500000")
    assert totals.shortfall == Decimal("50000")
    assert response.context["open_calls"] == 1
    assert "Safe 1 Watch 1 Margin call 1 Not measured 1" in text_of(response)


def test_the_bar_over_the_book_has_no_gap_and_no_overlap(client, risk_officer):
    for owed in ("100000", "190000", "250000"):
        borrows(owed)
    market("500000")

    bar = client.get(BOOK).context["totals"].bar

    assert [share.colour for share in bar] == ["safe", "watch", "call"]
    assert [share.x for share in bar] == [0, 333, 666]
    assert bar[-1].x + bar[-1].width == 1000


def test_the_most_urgent_stands_first(client, risk_officer, clock):
    unpriced = margin_account(owed="700", pledged={"2800": "10"})
    safe = borrows("50000")
    thin = borrows("185000")
    later_call = borrows("210000")
    market("500000")
    clock.shift(timedelta(minutes=1))
    now = NOON + timedelta(minutes=1)
    call_now = borrows("300000")
    sold = borrows("400000")
    for at in (now, now + timedelta(seconds=30)):
        market("500000", at=at)
    clock.shift(timedelta(seconds=30))

    queue = numbers_in_queue(client.get(BOOK))

    assert queue == [
        account.number for account in (sold, call_now, later_call, unpriced, thin, safe)
    ]


def test_a_row_says_account_client_usage_zone_debt_collateral_shortfall_and_deadline(
    client, risk_officer
):
    account = borrows("210000")
    market("500000")

    shown = text_of(client.get(BOOK))

    assert (
        f"{account.number} {account.client.name} Margin call 105.00% 210,000 500,000 10,000"
        " 24 h 0 min Issued"
    ) in shown
    call = account.calls.get()
    # 210,000 less 0.95 x 200,000, and the same rounded up to the thousand.
    assert f"{call.number} {account.number} Issued 20,000 20,000 5 Mar 12:00 24 h 0 min" in shown


def test_a_call_for_the_credit_limit_says_so(client, risk_officer):
    borrows("150000", credit_limit="100000")
    market("500000")

    assert "Issued; credit limit binds" in text_of(client.get(BOOK))


def test_a_silent_asset_and_its_accounts_are_shown(client, risk_officer, clock):
    borrows("100000")
    market("500000")
    clock.shift(timedelta(minutes=3))

    shown = text_of(client.get(BOOK))

    assert "BTC 500,000.00 silent, 3 min ago" in shown
    assert "Unpriced accounts 1" in shown
    assert "Not measured — 100,000 —" in shown


def test_a_held_asset_that_never_had_a_price_is_shown(client, risk_officer):
    margin_account(owed="500", pledged={"0005": "400"})

    assert "0005 — no price yet" in text_of(client.get(BOOK))


def test_a_sale_is_shown_with_its_price_against_the_mark_and_its_costs(client, risk_officer, clock):
    account = borrows("260000")
    market("500000", volume=Decimal(1000))
    due = account.calls.get().cure_due_at
    clock.move_to(due, tick=False)
    market("500000", at=due, volume=Decimal(1000))
    work(now=due, venue=PaperVenue())
    order = Order.objects.get()

    response = client.get(BOOK)

    assert response.context["sales"] == [order]
    assert f"{order.filled_units:,.5f} BTC" in text_of(response)
    assert f"{order.price:,.2f} 500,000.00, {order.slippage * 100:.2f}% worse" in text_of(response)
    assert f"{order.costs:,.2f}" in text_of(response)
    assert MarginAccount.objects.get().state == State.WARNED


def test_jobs_show_when_they_ran_how_long_and_what_went_wrong(client, risk_officer, clock):
    jobs.started("lending.tasks.sweep_margins", NOON)
    jobs.ended("lending.tasks.sweep_margins", NOON + timedelta(milliseconds=120))
    jobs.started("broker.tasks.send_notices", NOON)
    jobs.ended("broker.tasks.send_notices", NOON, error="mail server refused")
    clock.shift(timedelta(seconds=7))

    shown = text_of(client.get(BOOK))

    assert "Sweep margins done 7 s ago 0.12 s" in shown
    assert "Send notices failed mail server refused 7 s ago 0.00 s" in shown


def test_an_empty_house_is_no_fault(client, risk_officer):
    shown = text_of(client.get(BOOK))

    for said in (
        "No asset is priced yet.",
        "There is no open account.",
        "No call is open.",
        "Nothing was sold yet.",
        "No job has run yet.",
    ):
        assert said in shown


def test_the_part_is_the_page_without_its_frame(client, risk_officer):
    part = client.get(BOOK, headers={"HX-Request": "true"})

    assert part.content.decode().startswith('<div id="book"')
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part.headers["Vary"]
    assert "no-store" in part.headers["Cache-Control"]


def test_the_book_keeps_the_strict_policy_under_the_staff_site(client, risk_officer):
    borrows("210000")
    market("500000")

    response = client.get(BOOK)

    assert "unsafe" not in response.headers["Content-Security-Policy"]
    body = response.content.decode()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style", body)
    assert all(" src=" in tag for tag in re.findall(r"<script\b[^>]*>", body))


def test_ten_times_the_accounts_cost_no_more_statements(client, risk_officer):
    def cost() -> int:
        market("500000")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(BOOK).status_code == 200
        return len(queries)

    for owed in ("100000", "185000", "210000"):
        borrows(owed)
    few = cost()
    for number in range(27):
        borrows(str(100000 + 5000 * number))
    many = cost()

    assert many == few
    assert many <= 20


def test_a_long_queue_says_how_many_are_behind(client, risk_officer):
    for _ in range(QUEUE_LENGTH + 3):
        margin_account()

    response = client.get(BOOK)

    assert len(response.context["queue"]) == QUEUE_LENGTH
    assert "3 more behind these" in text_of(response)
    assert len(response.context["sales"]) <= SALES_SHOWN
