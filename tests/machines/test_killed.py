"""SIGKILL in the middle of a sale: no order trades twice, and the books balance."""

import signal
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal

import pytest

from broker import env
from lending.liquidation.execute import work
from lending.margin.account import State
from lending.margin.sweep import sweep
from lending.trading.order import Order, OrderState
from lending.trading.venues.paper import PaperTrade, PaperVenue
from tests.factories import margin_account
from tests.lending.liquidation.stories import (
    DAY,
    MINUTE,
    MORNING,
    books_in_order,
    held,
    quote,
    sell_down,
    stored,
)
from tests.lending.liquidation.venues import ScriptedVenue
from tests.servers.address import database_url

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
WITHIN_S = 60
PAPER = PaperVenue()


def victim(point, now) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.machines.victim", point, now.isoformat()],
        cwd=env.BASE_DIR,
        env={**env.without("DATABASE_URL"), "DATABASE_URL": database_url()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def borrowers():
    """Two that are being sold down, in a market of 0.05 BTC a minute: slices over minutes."""
    accounts = [margin_account(owed="210000", pledged={"BTC": "1"}) for _ in range(2)]
    quote({"BTC": "500000"}, at=MORNING - DAY)
    sell_down(*accounts)
    quote({"BTC": "500000"}, at=MORNING, volume=Decimal(5))
    return accounts


def go_on(borrowers, *, since):
    """Run each minute until every sale has ended, and say which orders were sent by whom."""
    venue = ScriptedVenue()
    for minute in range(1, 12):
        now = since + minute * MINUTE
        quote({"BTC": "500000"}, at=now, volume=Decimal(5))
        work(now=now, venue=venue)
        books_in_order()
        if not any(stored(account).state == State.LIQUIDATING for account in borrowers):
            return venue
    raise AssertionError("the sales do not end")


# What the killed worker left behind: the state of its order and whether the venue traded it.
LEFT = {
    "planning": (None, False),
    "written": (OrderState.SENT, False),
    "traded": (OrderState.SENT, True),
    "settling": (OrderState.SENT, True),
    "settled": (OrderState.FILLED, True),
}


@pytest.mark.parametrize("point", LEFT)
def test_a_second_run_goes_on_where_the_killed_one_was(borrowers, point):
    process = victim(point, MORNING)
    _, errors = process.communicate(timeout=WITHIN_S)
    assert process.returncode == -signal.SIGKILL, errors
    state, traded = LEFT[point]
    assert list(Order.objects.values_list("state", flat=True)) == ([state] if state else [])
    assert PaperTrade.objects.exists() == traded
    if state != OrderState.FILLED:
        assert [held(account) for account in borrowers] == [{"BTC": 1}, {"BTC": 1}]
    left = list(Order.objects.values_list("client_order_id", flat=True))

    venue = go_on(borrowers, since=MORNING)

    assert not set(left) & set(venue.ids), "an order that was left is never sent again"
    assert len(set(venue.ids)) == len(venue.ids)
    for account in borrowers:
        assert stored(account).state == State.WARNED
        sold = sum(order.filled_units for order in account.orders.all())
        assert held(account)["BTC"] == 1 - sold
        assert Decimal("0.0648") < sold < Decimal("0.0649")
    assert sweep(now=MORNING + 12 * MINUTE).did_nothing


def test_killed_while_it_ends_the_sale(borrowers):
    """The account has moved and its call has not: neither has, and the next run ends both."""
    quote({"BTC": "700000"}, at=MORNING + MINUTE)
    process = victim("finishing", MORNING + MINUTE)
    process.communicate(timeout=WITHIN_S)
    assert process.returncode == -signal.SIGKILL
    assert {stored(account).state for account in borrowers} == {State.LIQUIDATING}

    assert work(now=MORNING + MINUTE, venue=PAPER).finished == 2

    books_in_order()
    assert not Order.objects.exists()


def test_an_order_of_a_living_worker_is_left_alone_and_of_a_dead_one_is_resolved(borrowers):
    process = victim("blocked", MORNING)
    try:
        assert process.stdout.readline() == "blocked\n", process.stderr.read()
        [order] = Order.objects.all()
        later = MORNING + timedelta(seconds=5)
        assert work(now=later, venue=PAPER).unanswered == 1
        order.refresh_from_db()
        assert order.state == OrderState.SENT, "it is on its way"
    finally:
        process.kill()
        process.communicate(timeout=WITHIN_S)

    go_on(borrowers, since=MORNING)

    order.refresh_from_db()
    assert order.state == OrderState.CANCELLED
    assert {stored(account).state for account in borrowers} == {State.WARNED}
