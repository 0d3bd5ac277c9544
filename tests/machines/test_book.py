"""Whatever clients, markets and time do, in whatever order, the book keeps its promises."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from collateral.assets import Asset
from collateral.custody.movements import units_reconciled
from collateral.custody.pool import Holding
from collateral.valuation.pools import pool_lines
from lending.ledger.balances import ledger_balanced, receivables
from lending.ledger.chart import Subledger
from lending.liquidation.execute import work
from lending.loans.accrue import accrue
from lending.loans.draw import DrawRefused, draw
from lending.loans.repay import repay
from lending.margin.account import MarginAccount, State
from lending.margin.bands import Band
from lending.margin.call import RUNNING, CallState, MarginCall
from lending.margin.pledge import pledge
from lending.margin.readings import read
from lending.margin.sweep import sweep
from lending.trading.buy import buy
from lending.trading.order import Order, OrderState, Side
from lending.trading.venues.paper import PaperTrade, PaperVenue
from onboarding.lifecycle import move
from tests.factories import NOON, house, margin_account
from tests.lending.liquidation.stories import quote

VENUE = PaperVenue()
OPENING = NOON - timedelta(hours=2)
FRESH = timedelta(seconds=90)
START = {"BTC": Decimal(500_000), "ETH": Decimal(20_000), "0700": Decimal(400)}
LEAST = Decimal("0.01")

# What a state of an account says of its open call.
CALL_STATES = {
    State.CALLED: {*RUNNING, CallState.OVERDUE},
    State.LIQUIDATING: {CallState.LIQUIDATING},
}
# Only what one of these bands has asked for is ever sold.
SELLING_BANDS = {Band.OVERDUE, Band.HARD}

amounts = st.decimals("0.01", 300_000, places=2)
few = st.decimals("0.01", 20_000, places=2)
numbers = st.integers(0, 2)
# Falls of up to 60% in one tick, and some recoveries.
falls = st.sampled_from([Decimal(f) / 100 for f in (40, 60, 75, 85, 90, 93, 96, 98, 101, 110, 140)])


class Book(RuleBasedStateMachine):
    """Three borrowers, three assets, a paper venue and a clock."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now = OPENING
        self.prices = dict(START)
        self.keys = count(1)
        self.asked_for = set()  # Accounts of which a reading asked that they be sold.

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    # --- What happens ----------------------------------------------------------------------------

    @initialize(owed=st.tuples(*[st.sampled_from([0, 50, 80, 90, 95, 99])] * 3))
    def open_accounts(self, owed):
        """Of 200,000, 280,000 and 258,000 of margin value, some share is owed already."""
        pools = (
            ({"BTC": "1"}, 2_000),
            ({"0700": "500", "ETH": "17.5"}, 2_800),
            ({"BTC": "0.33333333", "ETH": "8", "0700": "456"}, 2_584),
        )
        self.accounts = [
            margin_account(owed=str(share * a_percent), pledged=pool, credit_limit="260000")
            for share, (pool, a_percent) in zip(owed, pools, strict=True)
        ]
        self.tell()

    @rule(fall=falls, share=st.sampled_from([Decimal("0.9"), Decimal(1), Decimal("1.05")]))
    def market_moves(self, fall, share):
        self.sweep()
        self.now += timedelta(seconds=15)
        moved = {"BTC": fall, "ETH": fall, "0700": share}
        for code, by in moved.items():
            self.prices[code] = max(LEAST, round(self.prices[code] * by, 2))
        self.tell()

    @rule(fall=st.sampled_from([Decimal(f) / 100 for f in (35, 50, 60, 70, 80)]))
    def market_crashes(self, fall):
        """And stays there: the second reading past the hard line sells."""
        self.market_moves(fall, Decimal("0.9"))
        self.time_passes(timedelta(seconds=20), is_worked=True)

    @rule(silent=st.sampled_from(list(START)))
    def a_feed_falls_silent(self, silent):
        self.now += FRESH + timedelta(seconds=1)
        self.tell(silent=silent)

    @rule(
        wait=st.sampled_from([timedelta(seconds=20), timedelta(hours=4), timedelta(hours=24)]),
        is_worked=st.sampled_from([True, True, False]),
    )
    def time_passes(self, wait, *, is_worked):
        self.sweep()
        self.now += wait
        self.tell()
        if is_worked:
            self.sales_go_on()

    @rule(number=numbers, amount=amounts)
    def client_draws(self, number, amount):
        account = self.settled(number)
        try:
            draw(account, amount, key=self.key(), now=self.now)
        except DrawRefused:
            return
        [reading] = read(now=self.now, account_ids=[account.pk])
        lent_on = reading.margin_value - reading.cash
        assert reading.debt <= Decimal("0.85") * lent_on
        assert reading.debt <= account.credit_limit
        assert reading.state == State.HEALTHY

    @rule(number=numbers, amount=few, code=st.sampled_from(["BTC", "ETH"]))
    def client_buys(self, number, amount, code):
        account = self.settled(number)
        try:
            order = buy(
                account,
                Asset.objects.get(code=code),
                amount,
                venue=VENUE,
                key=self.key(),
                now=self.now,
            )
        except DrawRefused:
            return
        assert order.state == OrderState.FILLED
        assert order.gross + order.costs <= amount

    @rule(number=numbers, amount=few)
    def client_repays(self, number, amount):
        repay(self.settled(number), amount, key=self.key(), now=self.now)

    @rule(
        number=numbers,
        code=st.sampled_from(["BTC", "ETH"]),
        units=st.decimals("0.00000001", "0.05", places=8),
    )
    def client_pledges(self, number, code, units):
        asset = Asset.objects.get(code=code)
        pledge(self.settled(number), asset, units, key=self.key(), now=self.now)

    @precondition(lambda self: MarginCall.objects.filter(state=CallState.ISSUED).exists())
    @rule()
    def client_acknowledges(self):
        call = MarginCall.objects.filter(state=CallState.ISSUED).first()
        move(call, MarginCall.acknowledge, reason="read", now=self.now)

    @rule()
    def interest_accrues(self):
        accrue(now=self.now)

    @rule()
    def sales_go_on(self):
        self.sweep()
        work(now=self.now, venue=VENUE)
        for reading in read(now=self.now):
            if reading.state == State.LIQUIDATING and reading.is_priced:
                lines = pool_lines([reading.pool_id], now=self.now)[reading.pool_id]
                assert {"0700"} & {line.code for line in lines}, "only a shut market is waited for"

    # --- How -------------------------------------------------------------------------------------

    def key(self):
        return f"machine-{next(self.keys)}"

    def tell(self, *, silent=None):
        told = {code: value for code, value in self.prices.items() if code != silent}
        quote(told, at=self.now, fresh=FRESH)

    def settled(self, number):
        """The account once all that is due is done, so that the act's own review begins no sale."""
        self.sweep()
        account = self.accounts[number]
        account.refresh_from_db()
        return account

    def sweep(self):
        asked = {r.account_id for r in read(now=self.now) if r.band in SELLING_BANDS}
        self.asked_for |= asked
        before = set(self.in_state(State.LIQUIDATING))
        sweep(now=self.now)
        assert set(self.in_state(State.LIQUIDATING)) - before <= asked
        assert sweep(now=self.now).did_nothing

    @staticmethod
    def in_state(state):
        return MarginAccount.objects.filter(state=state).values_list("pk", flat=True)

    # --- What holds ------------------------------------------------------------------------------

    @invariant()
    def books_balance_and_units_reconcile(self):
        assert ledger_balanced()
        assert units_reconciled()
        assert receivables() == sum(Subledger.objects.values_list("owed", flat=True))
        assert not Holding.objects.filter(units__lt=0).exists()

    @invariant()
    def in_call_and_only_then_there_is_one_open_call(self):
        for account in MarginAccount.objects.all():
            states = {call.state for call in account.calls.filter(ended_at=None)}
            assert len(states) == (account.state in CALL_STATES), account.state
            assert states <= CALL_STATES.get(account.state, set()), account.state

    @invariant()
    def nobody_is_sold_whose_reading_never_asked(self):
        sold = Order.objects.filter(side=Side.SELL).values_list("account_id", flat=True)
        assert set(sold) | set(self.in_state(State.LIQUIDATING)) <= self.asked_for

    @invariant()
    def what_the_venue_traded_is_what_our_orders_say(self):
        traded = dict(PaperTrade.objects.values_list("client_order_id", "units"))
        filled = Order.objects.filter(state=OrderState.FILLED)
        assert dict(filled.values_list("client_order_id", "filled_units")) == traded

    @invariant()
    def a_deficit_is_what_is_left_when_nothing_is(self):
        for account in MarginAccount.objects.filter(deficits__isnull=False).distinct():
            assert account.state == State.IN_DEFICIT
            assert account.subledger.owed == 0

    @invariant()
    def a_sweep_does_all_there_is_to_do(self):
        self.sweep()


@pytest.mark.servers
@pytest.mark.django_db
@pytest.mark.rule("SMF-41", "SMF-42", "VAF-16")
def test_the_book_keeps_its_promises():
    house()
    run_state_machine_as_test(Book, settings=settings(max_examples=20, stateful_step_count=14))
