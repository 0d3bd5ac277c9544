"""Sales that stood still, sold twice or stopped other clients' sales, each as it was found."""

from dataclasses import replace
from decimal import Decimal

import pytest

from lending.liquidation.execute import work
from lending.margin.account import State
from lending.trading.order import OrderState
from lending.trading.venues.paper import PaperVenue
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
from tests.proofs import together

PAPER = PaperVenue()
CALM = {"BTC": "500000", "ETH": "20000"}


def being_sold(owed, pledged):
    account = margin_account(owed=owed, pledged=pledged)
    quote(CALM, at=MORNING - DAY)
    sell_down(account)
    return account


@pytest.mark.django_db
def test_what_is_worth_less_than_it_costs_to_write_down_holds_up_nothing():
    """A satoshi of the first asset would be the first slice, and trades for no cent."""
    account = being_sold("21000", {"BTC": "0.00000001", "ETH": "2.5"})

    assert work(now=MORNING, venue=PAPER).finished == 1

    assert {order.asset.code for order in account.orders.all()} == {"ETH"}
    assert held(account)["BTC"] == Decimal("0.00000001")


@pytest.mark.django_db
def test_a_venue_that_traded_something_else_stops_that_sale_alone(caplog):
    """Found at the venue with more units than were ordered: people must look at it."""
    other = margin_account(owed="206000", pledged={"BTC": "1"})
    borrower = being_sold("210000", {"BTC": "1"})

    class Liar(ScriptedVenue):
        def place(self, ticket, *, now):
            fill = super().place(ticket, now=now)
            return replace(fill, units=fill.units * 2) if len(self.placed) == 1 else fill

        def find(self, client_order_id):
            fill = super().find(client_order_id)
            return replace(fill, units=fill.units * 2)

    venue = Liar()
    assert work(now=MORNING, venue=venue).unanswered == 1

    assert "stands still" in caplog.text
    assert stored(other).state == State.WARNED
    assert stored(borrower).state == State.LIQUIDATING
    [order] = borrower.orders.all()
    assert order.state == OrderState.SENT
    work(now=MORNING + MINUTE, venue=venue)
    assert venue.ids.count(order.client_order_id) == 1
    assert held(borrower) == {"BTC": 1}


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_an_order_on_its_way_is_not_taken_for_one_that_never_came():
    """Another worker that asks the venue meanwhile would hear that it traded nothing."""
    account = being_sold("210000", {"BTC": "1"})
    meanwhile = []

    def another_worker(_):
        meanwhile.extend(together(lambda: work(now=MORNING, venue=PAPER)))

    venue = ScriptedVenue([another_worker])
    work(now=MORNING, venue=venue)

    assert meanwhile[0].unanswered == 1
    [order] = account.orders.all()
    assert order.state == OrderState.FILLED
    assert stored(account).state == State.WARNED
    books_in_order()
