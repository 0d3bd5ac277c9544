"""Units and money change hands in one transaction, or not at all."""

from decimal import Decimal

import pytest
from django_fsm import TransitionNotAllowed
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.custody.movements import Movement, units_reconciled
from lending.ledger import entries
from lending.ledger.balances import ledger_balanced, owed_by_kind
from lending.ledger.journal import Entry
from lending.ledger.post import Event, post
from lending.trading import settle as settling
from lending.trading.order import Order, OrderState, Side
from lending.trading.settle import NotWhatWasOrdered, settle
from lending.trading.venue import Fill
from tests.factories import NOON, margin_account
from tests.lending.trading.stories import sent, sold_down, totals, units_of
from tests.proofs import refused, together
from tests.strategies import money, whole_steps


def fill(order, units="0.5", gross="150000", costs="375") -> Fill:
    return Fill(order.client_order_id, Decimal(units), Decimal(gross), Decimal(costs), "ref")


def pay_in(account, amount):
    legs = entries.received(Decimal(amount))
    post(Event(f"cash-{account.pk}", "test", "", account.subledger_id, legs), now=NOON)


def everything(account) -> tuple:
    """All that a settlement changes."""
    return (
        list(Order.objects.order_by("pk").values_list("pk", "state", "filled_units", "gross")),
        list(Entry.objects.order_by("pk").values_list("key", flat=True)),
        list(Movement.objects.order_by("pk").values_list("key", flat=True)),
        list(account.pool.holdings.order_by("asset").values_list("asset__code", "units")),
        totals(account),
    )


# --- Laws ----------------------------------------------------------------------------------------


@pytest.mark.rule("CMR-1")
class UnitsAndMoneyGoTheirWays(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.seller, cls.buyer = sold_down(), margin_account(pledged={"BTC": "1"})

    @settings(max_examples=50)
    @given(
        units=whole_steps("0.00000001", most=10**8),
        part=st.integers(1, 100),
        gross=st.decimals(min_value="0.01", max_value=10**6, places=2),
        cost_share=st.integers(0, 100),
    )
    def test_a_sale(self, units, part, gross, cost_share):
        """The pool loses what traded; the proceeds less costs meet the debt, the rest is cash."""
        account = self.seller
        order = sent(account, units)
        traded = max(units * part // 100, Decimal("0.00000001"))
        costs = round(gross * cost_share / 100, 2)

        order = settle(order, fill(order, traded, gross, costs), now=NOON)

        net = gross - costs
        assert order.state == OrderState.FILLED
        assert (order.filled_units, order.gross, order.costs) == (traded, gross, costs)
        assert units_of(account) == 1 - traded
        assert totals(account) == (max(0, 200_000 - net), max(0, net - 200_000))
        assert ledger_balanced()
        assert units_reconciled()

    @settings(max_examples=50)
    @given(
        cash=money,
        units=whole_steps("0.00000001", most=10**8),
        gross=st.decimals(min_value="0.01", max_value=10**6, places=2),
        cost_share=st.integers(0, 100),
    )
    def test_a_purchase(self, cash, units, gross, cost_share):
        """The pool gains what traded, and the cash pays for all of it, or nothing happens."""
        account = self.buyer
        if cash:
            pay_in(account, cash)
        order = sent(account, units, side=Side.BUY)
        costs = round(gross * cost_share / 100, 2)

        if gross + costs > cash:
            with refused("ledger_client_cash_not_negative"):
                settle(order, fill(order, units, gross, costs), now=NOON)
            assert (units_of(account), totals(account)) == (1, (0, cash))
        else:
            settle(order, fill(order, units, gross, costs), now=NOON)
            assert (units_of(account), totals(account)) == (1 + units, (0, cash - gross - costs))
        assert ledger_balanced()
        assert units_reconciled()


# --- Examples ------------------------------------------------------------------------------------


@pytest.fixture
def account(db):
    """Owes 200,000 on one bitcoin, and is being sold."""
    return sold_down()


@pytest.mark.rule("VAF-16")
def test_a_sale_leaves_the_pool_for_the_venue_under_its_order(account):
    order = settle(sent(account), fill(sent_order()), now=NOON)

    movement = Movement.objects.get(key=f"order:{order.client_order_id}")
    assert (movement.from_place, movement.from_pool) == ("pool", account.pool)
    assert (movement.to_place, movement.units) == ("venue", Decimal("0.5"))
    assert order.call == account.calls.get()


def sent_order() -> Order:
    return Order.objects.latest("pk")


def test_proceeds_meet_the_debt_in_the_agreed_order(account):
    for number, legs in enumerate(
        (entries.costs_charged(Decimal(100)), entries.interest_posted(Decimal(50)))
    ):
        post(Event(f"owed-{number}", "t", "", account.subledger_id, legs), now=NOON)
    order = sent(account)

    settle(order, fill(order, gross="150000", costs="375"), now=NOON)

    owed = owed_by_kind([account.subledger_id])[account.subledger_id]
    assert {kind: amount for kind, amount in owed.items() if amount} == {
        "principal": 200_000 - (149_625 - 150)
    }


def test_a_surplus_stays_the_clients(account):
    order = sent(account)

    settle(order, fill(order, gross="250000", costs="0"), now=NOON)

    assert totals(account) == (0, 50_000)


def test_what_did_not_trade_stays_in_the_pool(account):
    order = sent(account)

    settle(order, fill(order, "0.1", "30000", "75"), now=NOON)

    assert units_of(account) == Decimal("0.9")
    assert Order.objects.get(pk=order.pk).units == Decimal("0.5")


# --- What was not ordered ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "what",
    [
        {"units": "0.50000001"},
        {"units": "0"},
        {"units": "-0.5"},
        {"costs": "150000.01"},
        {"costs": "-0.01"},
        {"gross": "-1", "costs": "-1"},
        {"gross": "0", "costs": "0"},
    ],
)
def test_what_was_not_ordered_is_not_settled(account, what):
    order = sent(account)
    before = everything(account)

    with pytest.raises(NotWhatWasOrdered):
        settle(order, fill(order, **what), now=NOON)

    assert everything(account) == before


def test_the_trade_of_another_order_is_not_settled(account):
    order = sent(account)
    other = Fill("another", Decimal("0.5"), Decimal(150_000), Decimal(0), "ref")

    with pytest.raises(NotWhatWasOrdered):
        settle(order, other, now=NOON)


# --- All or nothing ------------------------------------------------------------------------------


class Killed(BaseException):
    """No handler catches it."""


@pytest.mark.parametrize("where", ["move", "record", "meet_debt"])
def test_a_sale_that_is_killed_in_the_middle_did_not_happen(account, monkeypatch, where):
    order = sent(account)
    before = everything(account)
    act = getattr(settling, where)

    def and_die(*arguments, **named):
        act(*arguments, **named)
        raise Killed

    monkeypatch.setattr(settling, where, and_die)
    with pytest.raises(Killed):
        settle(order, fill(order), now=NOON)
    assert everything(account) == before

    monkeypatch.undo()
    settle(order, fill(order), now=NOON)
    assert totals(account) == (200_000 - 149_625, 0)
    assert ledger_balanced()
    assert units_reconciled()


@pytest.mark.parametrize("where", ["move", "record", "post"])
def test_a_purchase_that_is_killed_in_the_middle_did_not_happen(db, monkeypatch, where):
    account = margin_account(pledged={"BTC": "1"})
    pay_in(account, "150375")
    order = sent(account, side=Side.BUY)
    before = everything(account)
    act = getattr(settling, where)

    def and_die(*arguments, **named):
        act(*arguments, **named)
        raise Killed

    monkeypatch.setattr(settling, where, and_die)
    with pytest.raises(Killed):
        settle(order, fill(order), now=NOON)
    assert everything(account) == before

    monkeypatch.undo()
    settle(order, fill(order), now=NOON)
    assert (units_of(account), totals(account)) == (Decimal("1.5"), (0, 0))


def test_more_than_the_pool_holds_is_not_sold(account):
    order = sent(account, "1.5")
    with refused("holding_units_not_negative"):
        settle(order, fill(order, "1.5"), now=NOON)

    assert Order.objects.get(pk=order.pk).state == OrderState.SENT


# --- Once ----------------------------------------------------------------------------------------


def test_settling_twice_changes_nothing(account):
    order = sent(account)
    settle(order, fill(order), now=NOON)
    before = everything(account)

    with pytest.raises(TransitionNotAllowed):
        settle(order, fill(order), now=NOON)

    assert everything(account) == before


@pytest.mark.django_db(transaction=True)
def test_of_many_who_settle_one_does():
    account = sold_down()
    order = sent(account)

    outcomes = together(*[lambda: settle(order, fill(order), now=NOON)] * 3)

    assert sum(isinstance(each, TransitionNotAllowed) for each in outcomes) == 2
    assert units_of(account) == Decimal("0.5")
    assert totals(account) == (200_000 - 149_625, 0)
    assert ledger_balanced()
