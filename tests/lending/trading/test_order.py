"""An order: one at a time, asked for once, and what it asked for never changes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django_fsm import TransitionNotAllowed

from lending.trading.order import AT_VENUE, Order, OrderState, Side
from onboarding.lifecycle import move
from tests.factories import NOON, margin_account
from tests.lending.trading.stories import asked, planned, sold_down
from tests.proofs import refused

pytestmark = pytest.mark.django_db

FILL = {"units": Decimal("0.5"), "gross": Decimal(150_000), "costs": Decimal(10), "ref": "r"}
STEPS = {"send": {}, "doubt": {}, "fill": FILL, "cancel": {}}
# The way to each state, and the steps that may follow.
WAYS = {
    OrderState.PLANNED: ([], {"send", "cancel"}),
    OrderState.SENT: (["send"], {"doubt", "fill", "cancel"}),
    OrderState.UNKNOWN: (["send", "doubt"], {"fill", "cancel"}),
    OrderState.FILLED: (["send", "fill"], set()),
    OrderState.CANCELLED: (["cancel"], set()),
}


@pytest.fixture
def account():
    return sold_down()


def take(order, name):
    return move(order, getattr(Order, name), reason="test", now=NOON, **STEPS[name])


@pytest.mark.parametrize("state", OrderState)
def test_the_machine_goes_only_its_ways(account, state):
    way, allowed = WAYS[state]
    order = planned(account)
    for name in way:
        order = take(order, name)
    assert order.state == state
    assert (order.ended_at is None) == (state in AT_VENUE)

    for name in STEPS:
        if name in allowed:
            with transaction.atomic():
                take(order, name)
                transaction.set_rollback(True)
        else:
            with pytest.raises(TransitionNotAllowed):
                take(order, name)


def test_an_order_that_ended_never_lives_again(account):
    """Nothing leads out of filled and cancelled, so no order is sent twice."""
    for state in (OrderState.FILLED, OrderState.CANCELLED):
        assert WAYS[state][1] == set()


def test_a_fill_is_written_with_its_step(account):
    order = take(take(planned(account), "send"), "fill")

    assert (order.filled_units, order.gross, order.costs) == (Decimal("0.5"), 150_000, 10)
    assert (order.venue_order_id, order.ended_at) == ("r", NOON)
    steps = order.moves.order_by("pk").values_list("step", "source", "target")
    assert list(steps) == [("send", "planned", "sent"), ("fill", "sent", "filled")]


@pytest.mark.parametrize("way", [[], ["send"], ["send", "doubt"]])
def test_an_account_has_one_order_at_a_time(account, way):
    order = planned(account)
    for name in way:
        order = take(order, name)
    with refused("order_one_at_a_time"):
        planned(account, number=2)


@pytest.mark.parametrize("way", [["cancel"], ["send", "fill"]])
def test_the_next_order_waits_for_the_last_to_end(account, way):
    order = planned(account)
    for name in way:
        order = take(order, name)

    assert planned(account, number=2).state == OrderState.PLANNED


def test_another_account_does_not_wait(account):
    planned(account)
    planned(margin_account(), side=Side.BUY)


def test_an_id_is_used_once_for_ever(account):
    take(planned(account), "cancel")
    with refused("lending_order_client_order_id_key"):
        planned(account)


def test_an_order_asks_for_something(account):
    with refused("order_units_positive"):
        planned(account, "0")


def test_an_order_fills_no_more_than_it_asked(account):
    order = take(planned(account, "0.49999999"), "send")
    with refused("order_fills_no_more_than_it_asked"):
        take(order, "fill")


@pytest.mark.rule("VAF-16")
def test_an_order_for_a_call_is_a_sale(account):
    call = account.calls.get()
    with refused("order_for_a_call_is_a_sale"):
        planned(account, side=Side.BUY, call=call)


@pytest.mark.parametrize(
    "edit",
    [
        {"units": 1},
        {"side": "buy"},
        {"limit_price": 1},
        {"mark": 1},
        {"client_order_id": "other"},
        {"asset_id": 1},
        {"account_id": 1},
        {"call_id": None},
        {"planned_at": NOON + timedelta(seconds=1)},
    ],
)
def test_what_was_asked_for_never_changes(account, edit):
    order = planned(account)
    with refused("lending_order_append_only"):
        Order.objects.filter(pk=order.pk).update(**edit)


def test_an_order_is_never_deleted(account):
    order = planned(account)
    with refused("lending_order_append_only"):
        Order.objects.filter(pk=order.pk).delete()


def test_an_order_is_open_until_it_ends(account):
    order = planned(account)
    with refused("order_open_until_it_ends"):
        Order.objects.filter(pk=order.pk).update(ended_at=NOON)


@pytest.mark.parametrize(
    ("side", "gross", "slippage"),
    [(Side.SELL, "148500", "0.01"), (Side.SELL, "151500", "-0.01"), (Side.BUY, "151500", "0.01")],
)
def test_slippage_is_how_much_worse_than_the_mark_it_traded(account, side, gross, slippage):
    order = Order(**asked(account, side=side), filled_units=Decimal("0.5"), gross=Decimal(gross))

    assert order.price == Decimal(gross) * 2
    assert order.slippage == Decimal(slippage)


def test_an_order_that_did_not_trade_has_no_price(account):
    order = Order(**asked(account))

    assert (order.price, order.slippage) == (None, None)
