"""A forced sale sells to the target and no further, and survives whatever the venue does."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, localcontext

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.amounts import EXACT
from collateral.haircuts import Haircut
from collateral.prices.price import Price
from collateral.valuation.pools import pool_lines
from lending.ledger import entries
from lending.ledger.post import Event, post
from lending.liquidation.execute import work
from lending.liquidation.plan import worth_selling
from lending.loans.repay import repay
from lending.margin.account import State
from lending.margin.call import CallState, MarginCall
from lending.margin.readings import read
from lending.margin.sweep import sweep
from lending.trading.order import Order, OrderState
from lending.trading.venue import Fill, VenueError
from lending.trading.venues.paper import PaperTrade, PaperVenue
from tests.factories import give, house, margin_account, owe
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

CENT = Decimal("0.01")
PAPER = PaperVenue()


def sold_no_further(account, *, now):
    """
    The sale ended at the target, and with a lot less of what went last it would not have.

    Proceeds are rounded down and costs up to the cent, so two cents of it are left out.
    """
    account = stored(account)
    [reading] = read(now=now, account_ids=[account.pk])
    # A price that recovered may end a sale too, with nothing sold at this one.
    last = account.orders.filter(state=OrderState.FILLED, ended_at=now).order_by("pk").last()
    with localcontext(EXACT):
        target = account.terms.target
        assert reading.debt <= target * reading.margin_value
        if last is None:
            return
        price = Price.objects.latest_of_each(now=now).get(asset=last.asset)
        haircut = Haircut.objects.get(asset=last.asset).lending
        back = min(last.asset.lot, last.filled_units) * price.value
        net = back * (1 - PAPER.cost(last.asset_id, last.filled_units, now=now))
        owed = reading.debt - reading.cash + net + 2 * CENT
        lent = reading.margin_value - reading.cash + back * (1 - haircut)
        assert owed > target * lent


def is_emptied(account, *, now):
    lines = pool_lines([account.pool_id], now=now).get(account.pool_id, [])
    return not worth_selling(lines)


amounts = {
    "BTC": st.one_of(
        st.decimals("0.00000001", "0.00003", places=8), st.decimals("0.001", 20, places=8)
    ),
    "ETH": st.one_of(
        st.decimals("0.00000001", "0.0003", places=8), st.decimals("0.01", 300, places=8)
    ),
    "USD": st.decimals(1, 300_000, places=2),
    "0700": st.decimals(1, 20_000, places=0),
    "2800": st.decimals(1, 100_000, places=0),
}
pools = st.lists(st.sampled_from(sorted(amounts)), unique=True, min_size=1, max_size=3).flatmap(
    lambda codes: st.fixed_dictionaries({code: amounts[code] for code in codes})
)
CALM = {"BTC": "500000", "ETH": "20000", "USD": "7.8", "0700": "400", "2800": "20"}


def borrow_to(account, usage, *, now):
    """Owe `usage` x the margin value."""
    [reading] = read(now=now, account_ids=[account.pk])
    owe(account, (usage * reading.margin_value).quantize(CENT) + CENT)


def fallen(fall):
    return {code: Decimal(value) * fall for code, value in CALM.items()}


@pytest.mark.rule("SMF-40", "VAF-16")
class TestSaleOfAnyPool(TestCase):
    @classmethod
    def setUpTestData(cls):
        house()

    @settings(max_examples=35)
    @given(
        pool=pools,
        usage=st.decimals("1.02", "3", places=3),
        fall=st.one_of(st.just(Decimal(1)), st.decimals("0.2", "1.1", places=2)),
        cash=st.one_of(st.just(Decimal(0)), st.decimals("0.01", 100_000, places=2)),
    )
    # Found: an asset that brings little relief, sold a cent short, then a lot at a time for ever.
    @example(
        pool={"ETH": Decimal("0.00000287"), "USD": Decimal("2.80")},
        usage=Decimal("2.428"),
        fall=Decimal("0.75"),
        cash=Decimal("33.97"),
    )
    @example(
        pool={"ETH": Decimal("0.03220413"), "USD": Decimal("173238.60"), "0700": Decimal(335)},
        usage=Decimal("1.02"),
        fall=Decimal(1),
        cash=Decimal(0),
    )
    def test_reaches_the_target_or_sells_all_there_is(self, pool, usage, fall, cash):
        account = margin_account(pledged={code: str(units) for code, units in pool.items()})
        quote(CALM, at=MORNING - DAY)
        borrow_to(account, usage, now=MORNING - DAY)
        sell_down(account)
        if cash:
            legs = entries.received(cash)
            post(Event("cash", "receipt", "test", account.subledger_id, legs), now=MORNING)
        now = MORNING + MINUTE
        quote(fallen(fall), at=now)

        work(now=now, venue=PAPER)

        books_in_order()
        account = stored(account)
        event(account.state)
        if account.state == State.IN_DEFICIT:
            assert is_emptied(account, now=now)
            assert account.subledger.owed == account.subledger.accrued == 0
            assert account.subledger.deficit == account.deficits.get().amount > 0
        else:
            assert account.state in (State.HEALTHY, State.WARNED)
            sold_no_further(account, now=now)
        for code, units in pool.items():
            orders = account.orders.filter(asset__code=code, state=OrderState.FILLED)
            gone = sum(order.filled_units for order in orders)
            assert held(account).get(code, 0) == units - gone
        assert MarginCall.objects.get().state == CallState.CLOSED
        sweep(now=now)
        assert sweep(now=now).did_nothing
        assert work(now=now, venue=PAPER).filled == 0

    @settings(max_examples=20)
    @given(
        accounts=st.lists(
            st.tuples(pools, st.decimals("1.02", "2.5", places=3)), min_size=1, max_size=3
        ),
        thinness=st.sampled_from([1, 20, 400]),
        drifts=st.lists(st.decimals("0.9", "1.1", places=2), min_size=1, max_size=6),
    )
    def test_in_a_thin_market_it_goes_on_each_minute_within_the_depth(
        self, accounts, thinness, drifts
    ):
        quote(CALM, at=MORNING - DAY)
        books = []
        for pool, usage in accounts:
            account = margin_account(pledged={code: str(units) for code, units in pool.items()})
            borrow_to(account, usage, now=MORNING - DAY)
            books.append(account)
        sell_down(*books)
        # Of a minute's volume one hundredth can be had.
        volumes = {"BTC": 40, "ETH": 900, "USD": 10**6, "0700": 20_000, "2800": 500_000}
        volumes = {code: Decimal(units * 100) / thinness for code, units in volumes.items()}
        now, price = MORNING, Decimal(1)
        for drift in drifts:
            now, price = now + MINUTE, price * drift
            quote(fallen(price), at=now, volume=volumes, fresh=MINUTE)
            work(now=now, venue=PAPER)

            books_in_order()
            for code, volume in volumes.items():
                trades = PaperTrade.objects.filter(asset__code=code, traded_at=now)
                assert sum(trade.units for trade in trades) <= volume / 100
            for account in books:
                row = stored(account)
                if row.moves.last().moved_at != now:
                    continue
                if row.state in (State.HEALTHY, State.WARNED):
                    sold_no_further(account, now=now)
                if row.state == State.IN_DEFICIT:
                    # Then, and not ever after: dust that was left may be worth a dollar one day.
                    assert is_emptied(account, now=now)


@pytest.fixture
def borrower(db):
    """Owes 210,000 against one bitcoin at 500,000: 105% usage, and its call is due."""
    account = margin_account(owed="210000", pledged={"BTC": "1"})
    quote({"BTC": "500000"}, at=MORNING - DAY)
    sell_down(account)
    return account


class TestMarkets:
    def test_thin_depth_goes_on_in_the_next_minute(self, borrower):
        for minute in range(60):
            now = MORNING + minute * MINUTE
            quote({"BTC": "500000"}, at=now, volume=Decimal(5))  # 0.05 can be had: HKD 25,000.
            worked = work(now=now, venue=PAPER)
            if stored(borrower).state != State.LIQUIDATING:
                break
            assert worked.filled == 1
            assert work(now=now + timedelta(seconds=59), venue=PAPER).filled == 0
        first, second = borrower.orders.order_by("pk")
        assert first.filled_units == Decimal("0.05")
        assert second.planned_at == MORNING + MINUTE
        sold_no_further(borrower, now=now)
        books_in_order()

    def test_a_market_too_thin_for_a_slice_is_waited_for(self, borrower):
        quote({"BTC": "500000"}, at=MORNING, volume=Decimal("3.9"))  # HKD 19,500 can be had.

        assert work(now=MORNING, venue=PAPER).filled == 0
        assert not borrower.orders.exists()
        assert stored(borrower).state == State.LIQUIDATING

    def test_shares_wait_for_their_market(self, db):
        account = margin_account(owed="210000", pledged={"0700": "700"})
        quote({"0700": "400"}, at=MORNING - DAY)
        sell_down(account)
        lunch, weekend = MORNING + timedelta(hours=1), MORNING + timedelta(days=3)
        for shut in (lunch, lunch + timedelta(minutes=59), weekend):
            assert work(now=shut, venue=PAPER).filled == 0
            assert stored(account).state == State.LIQUIDATING

        opened = weekend + timedelta(days=2)
        work(now=opened, venue=PAPER)

        assert stored(account).state == State.WARNED
        [order] = account.orders.all()
        assert order.planned_at == opened
        assert order.filled_units % 100 == 0
        sold_no_further(account, now=opened)

    def test_while_shares_wait_what_trades_is_sold_as_far_as_it_helps(self, db):
        account = margin_account(owed="420000", pledged={"0700": "700", "BTC": "1"})
        quote({"0700": "400", "BTC": "500000"}, at=MORNING - DAY)
        sell_down(account)
        lunch = MORNING + timedelta(hours=1)

        work(now=lunch, venue=PAPER)

        assert {order.asset.code for order in account.orders.all()} == {"BTC"}
        sold_no_further(account, now=lunch)

    @pytest.mark.rule("VAF-11")
    def test_an_account_that_cannot_be_priced_waits(self, borrower):
        give(borrower, {"ETH": "1"})

        worked = work(now=MORNING, venue=PAPER)

        assert (worked.filled, worked.finished) == (0, 0)
        quote({"ETH": "20000"}, at=MORNING + MINUTE)
        assert work(now=MORNING + MINUTE, venue=PAPER).finished == 1


class TestCash:
    def test_the_clients_own_cash_meets_the_debt_before_anything_is_sold(self, borrower):
        legs = entries.received(Decimal(5_000))
        post(Event("cash", "receipt", "test", borrower.subledger_id, legs), now=MORNING)

        work(now=MORNING, venue=PAPER)

        paid = borrower.repayments.get()
        assert (paid.amount, paid.source, paid.principal) == (5_000, "cash", 5_000)
        assert stored(borrower).subledger.cash == 0
        sold_no_further(borrower, now=MORNING)
        books_in_order()

    def test_cash_alone_may_end_the_sale(self, borrower):
        legs = entries.received(Decimal(50_000))
        post(Event("cash", "receipt", "test", borrower.subledger_id, legs), now=MORNING)

        worked = work(now=MORNING, venue=PAPER)

        assert (worked.finished, worked.filled) == (1, 0)
        assert not borrower.orders.exists()
        assert stored(borrower).state == State.HEALTHY
        books_in_order()

    def test_more_cash_than_debt_stays_the_clients(self, borrower):
        legs = entries.received(Decimal("300000.55"))
        post(Event("cash", "receipt", "test", borrower.subledger_id, legs), now=MORNING)

        work(now=MORNING, venue=PAPER)

        books = stored(borrower).subledger
        assert (books.owed, books.cash) == (0, Decimal("90000.55"))

    def test_a_surplus_of_the_sale_stays_the_clients(self, db):
        """A lot of shares brings more than is owed: the rest is the client's money."""
        account = margin_account(owed="28300", pledged={"0700": "100"})
        quote({"0700": "400"}, at=MORNING - DAY)
        sell_down(account)

        work(now=MORNING, venue=PAPER)

        books = stored(account).subledger
        [order] = account.orders.all()
        assert books.owed == 0
        assert books.cash == order.gross - order.costs - 28_300 > 0
        assert stored(account).state == State.HEALTHY
        books_in_order()


class TestOrderOfAccounts:
    def test_past_the_hard_line_first_then_the_larger_shortfall_then_by_number(self, db):
        quote({"BTC": "500000"}, at=MORNING - DAY)
        owed = {"little": "206000", "much": "240000", "hard": "330000", "as little": "206000"}
        accounts = {
            name: margin_account(owed=amount, pledged={"BTC": "1"}) for name, amount in owed.items()
        }
        sell_down(*accounts.values())
        names = {account.pk: name for name, account in accounts.items()}
        quote({"BTC": "500000"}, at=MORNING, volume=Decimal(100_000))

        work(now=MORNING, venue=PAPER)

        firsts = [
            names[order.account_id]
            for order in Order.objects.order_by("pk")
            if order.client_order_id.endswith("-001")
        ]
        assert firsts == ["hard", "much", "little", "as little"]

    def test_who_comes_first_takes_the_depth(self, db):
        quote({"BTC": "500000"}, at=MORNING - DAY)
        small = margin_account(owed="206000", pledged={"BTC": "1"})
        large = margin_account(owed="240000", pledged={"BTC": "1"})
        sell_down(small, large)
        quote({"BTC": "500000"}, at=MORNING, volume=Decimal(10))

        work(now=MORNING, venue=PAPER)

        assert [order.account_id for order in Order.objects.all()] == [large.pk]

    def test_only_the_named_accounts_are_worked_on(self, db):
        quote({"BTC": "500000"}, at=MORNING - DAY)
        one, other = (margin_account(owed="210000", pledged={"BTC": "1"}) for _ in range(2))
        sell_down(one, other)

        work(now=MORNING, venue=PAPER, account_ids=[other.pk])

        assert not one.orders.exists()
        assert other.orders.exists()

    def test_nobody_is_sold_who_is_not_being_sold_down(self, db):
        account = margin_account(owed="210000", pledged={"BTC": "1"})
        quote({"BTC": "500000"}, at=MORNING)
        sweep(now=MORNING)

        assert work(now=MORNING, venue=PAPER) == type(work(now=MORNING, venue=PAPER))()
        assert stored(account).state == State.CALLED


class TestBetweenSlices:
    """A market of 0.05 BTC a minute, told again within it, so that there is a slice to come."""

    def slices(self, borrower, act, *, minutes=1):
        venue = ScriptedVenue([act])
        for minute in range(minutes):
            now = MORNING + minute * MINUTE
            if not Price.objects.filter(observed_at=now).exists():
                quote({"BTC": "500000"}, at=now, volume=Decimal(5))
            work(now=now, venue=venue)
        return venue

    def test_a_price_that_recovers_ends_the_sale(self, borrower):
        def recover(_):
            quote({"BTC": "600000"}, at=MORNING + MINUTE, volume=Decimal(5))

        venue = self.slices(borrower, recover, minutes=2)

        assert len(venue.placed) == 1
        assert stored(borrower).state == State.HEALTHY
        assert MarginCall.objects.get().state == CallState.CLOSED
        books_in_order()

    def test_a_price_that_moves_within_the_run_ends_it_before_the_next_slice(self, borrower):
        """The venue trades the first slice in part; before the second the market has recovered."""
        quote({"BTC": "500000"}, at=MORNING, volume=Decimal(5))
        later = MORNING + timedelta(microseconds=1)
        venue = ScriptedVenue(paper=replace(PAPER, depth_share=Decimal("0.02")))
        first = PAPER.depth

        class Thinner(ScriptedVenue):
            def depth(self, asset_id, *, market, now):
                shown = first(asset_id, market=market, now=now)
                return Decimal("0.05") if shown is None else max(shown, Decimal("0.05"))

        def recover(_):
            repay(borrower, Decimal(60_000), key="in time", now=MORNING)

        venue = Thinner([recover], paper=replace(PAPER, depth_share=Decimal("0.02")))
        work(now=later, venue=venue)

        assert len(venue.placed) == 1, "the debt was tested again before the second slice"
        assert stored(borrower).state == State.HEALTHY
        books_in_order()

    def test_a_price_that_falls_makes_the_next_slice_larger(self, borrower):
        def fall(_):
            quote({"BTC": "450000"}, at=MORNING + MINUTE, volume=Decimal(10**6))

        venue = self.slices(borrower, fall, minutes=2)

        first, second = venue.placed
        assert first.units == Decimal("0.05")
        assert second.limit_price < first.limit_price
        sold_no_further(borrower, now=MORNING + MINUTE)
        assert stored(borrower).subledger.owed < Decimal(160_000)

    def test_the_limit_price_is_half_a_percent_below_the_mark_and_one_and_a_half_past_the_line(
        self, borrower
    ):
        venue = ScriptedVenue()
        work(now=MORNING, venue=venue)
        assert [ticket.limit_price for ticket in venue.placed] == [500_000 * Decimal("0.995")]

        hard = margin_account(owed="330000", pledged={"BTC": "1"})
        sell_down(hard, at=MORNING + 2 * DAY)
        work(now=MORNING + 2 * DAY, venue=venue)
        assert venue.placed[-1].limit_price == 500_000 * Decimal("0.985")

    def test_a_venue_worse_than_the_limit_trades_nothing_and_the_sale_goes_on_later(self, borrower):
        dear = ScriptedVenue(paper=replace(PAPER, half_spread=Decimal("0.006")))

        assert work(now=MORNING, venue=dear).filled == 0

        [order] = borrower.orders.all()
        assert order.state == OrderState.CANCELLED
        assert work(now=MORNING + MINUTE, venue=PAPER).finished == 1
        books_in_order()


class TestVenueFails:
    def test_a_failure_for_certain_cancels_the_order_and_the_next_has_its_own_id(self, borrower):
        venue = ScriptedVenue(["fail"])

        work(now=MORNING, venue=venue)
        assert [order.state for order in borrower.orders.all()] == [OrderState.CANCELLED]

        work(now=MORNING + MINUTE, venue=venue)
        number = MarginCall.objects.get().number
        assert venue.ids == [f"{number}-001", f"{number}-002"]
        assert stored(borrower).state == State.WARNED
        books_in_order()

    @pytest.mark.parametrize(("act", "traded"), [("lose", False), ("trade_and_lose", True)])
    def test_an_unknown_outcome_is_asked_for_and_never_sent_again(self, borrower, act, traded):
        venue = ScriptedVenue([act], is_silent=True)

        worked = work(now=MORNING, venue=venue)
        assert (worked.filled, worked.unanswered) == (0, 1)
        [order] = borrower.orders.all()
        assert order.state == OrderState.UNKNOWN

        for minute in range(1, 4):
            assert work(now=MORNING + minute * MINUTE, venue=venue).unanswered == 1
        assert venue.ids == [order.client_order_id], "silent: nothing more is sent"

        venue.is_silent = False
        work(now=MORNING + 5 * MINUTE, venue=venue)
        order.refresh_from_db()
        assert order.state == (OrderState.FILLED if traded else OrderState.CANCELLED)
        assert len(set(venue.ids)) == len(venue.ids) == (1 if traded else 2)
        assert stored(borrower).state == State.WARNED
        books_in_order()
        sold_no_further(borrower, now=MORNING + 5 * MINUTE)

    def test_while_one_account_is_unanswered_the_others_go_on(self, borrower):
        other = margin_account(owed="206000", pledged={"BTC": "1"})
        sell_down(other, at=MORNING)
        venue = ScriptedVenue(["lose"])

        work(now=MORNING, venue=venue)

        assert stored(borrower).state == State.LIQUIDATING
        assert stored(other).state == State.WARNED

    def test_a_venue_without_a_word_on_its_depth_is_waited_for(self, borrower, caplog):
        class Mute(ScriptedVenue):
            def depth(self, asset_id, *, market, now):
                raise VenueError("no answer", retry=True)

        assert work(now=MORNING, venue=Mute()).filled == 0
        assert "does not say its depth in BTC" in caplog.text

    @pytest.mark.parametrize("traded", [False, True])
    def test_an_order_left_open_by_a_killed_worker_is_resolved(self, borrower, traded):
        class Killed(BaseException):
            """Nothing of ours catches it, as nothing catches SIGKILL."""

        def die(ticket):
            if traded:
                PAPER.place(ticket, now=MORNING)
            raise Killed

        venue = ScriptedVenue([die])
        with pytest.raises(Killed):
            work(now=MORNING, venue=venue)
        [order] = borrower.orders.all()
        assert order.state == OrderState.SENT

        work(now=MORNING + MINUTE, venue=venue)

        order.refresh_from_db()
        assert order.state == (OrderState.FILLED if traded else OrderState.CANCELLED)
        assert venue.ids.count(order.client_order_id) == 1
        assert stored(borrower).state == State.WARNED
        books_in_order()

    def test_a_fill_of_less_than_was_asked_goes_on_with_the_rest(self, borrower):
        class Halver(ScriptedVenue):
            def place(self, ticket, *, now):
                if len(self.placed) == 0:
                    ticket = replace(ticket, units=round(ticket.units / 2, 5))
                return super().place(ticket, now=now)

        venue = Halver()
        work(now=MORNING, venue=venue)

        assert len(venue.placed) == 2
        assert isinstance(PAPER.find(venue.ids[0]), Fill)
        sold_no_further(borrower, now=MORNING)
        books_in_order()


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_four_workers_sell_each_account_once(self):
        accounts = [margin_account(owed="210000", pledged={"BTC": "1"}) for _ in range(6)]
        quote({"BTC": "500000"}, at=MORNING - DAY)
        sell_down(*accounts)

        answers = together(*[lambda: work(now=MORNING, venue=PAPER)] * 4)

        assert not [answer for answer in answers if isinstance(answer, BaseException)]
        work(now=MORNING, venue=PAPER)
        for account in accounts:
            assert account.orders.filter(state=OrderState.FILLED).count() == 1
            assert stored(account).state == State.WARNED
            sold_no_further(account, now=MORNING)
        books_in_order()
