"""A purchase is paid for before it goes out, settles whole, and happens once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.amounts import CENT, round_up
from collateral.assets import Asset
from collateral.custody.movements import Movement, units_reconciled
from collateral.custody.places import PlaceLicence
from lending.ledger.balances import ledger_balanced
from lending.loans.draw import Draw, DrawRefused, KeyReused, Purpose, draw
from lending.margin.account import MarginAccount, State
from lending.margin.readings import read
from lending.margin.relation import MarginRelation
from lending.margin.sweep import sweep
from lending.trading.buy import SLIPPAGE_CAP, buy
from lending.trading.order import Order, OrderState
from lending.trading.venue import Ticket, VenueError
from lending.trading.venues.paper import PaperTrade, PaperVenue
from onboarding.lifecycle import move
from tests.factories import NOON, client_user, house, margin_account, owe, price
from tests.lending.trading.fake import FakeVenue
from tests.lending.trading.stories import totals, units_of
from tests.proofs import together

PAPER = PaperVenue()
LATER = NOON + timedelta(minutes=1)


def asset(code="BTC") -> Asset:
    return Asset.objects.get(code=code)


def purchase(
    account, amount="100000", *, code="BTC", venue=PAPER, key="k", now=NOON, **how
) -> Order:
    return buy(account, asset(code), Decimal(amount), venue=venue, key=key, now=now, **how)


@pytest.fixture
def borrower(db):
    """Owes nothing on one bitcoin at 700,000: may draw 238,000."""
    account = margin_account(pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON)
    return account


def refusal(account, amount="100000", **how) -> str:
    before = (Draw.objects.count(), Order.objects.count(), totals(account))
    with pytest.raises(DrawRefused) as told, transaction.atomic():
        purchase(account, amount, key="refused", **how)
    assert (Draw.objects.count(), Order.objects.count(), totals(account)) == before
    return str(told.value)


@pytest.mark.rule("JC-7")
def test_nothing_is_bought_that_no_licensed_place_could_take_in(borrower):
    """Nor on the last two days of a licence: a silent venue may only then say what it bought."""
    row = PlaceLicence.objects.get(place__code="PLATFORM")
    row.pk, row.effective_at, row.expires_on = None, NOON, NOON.date() + timedelta(days=2)
    row.save()
    assert purchase(borrower, "10000").state == OrderState.FILLED
    row.pk, row.expires_on = None, NOON.date() + timedelta(days=1)
    row.save()
    assert "into custody" in refusal(borrower)


# --- Laws ----------------------------------------------------------------------------------------


class Greedy(FakeVenue):
    """Trades at the very limit, and rounds up its value and its costs, as it may."""

    fee = Decimal("0.0025")

    def cost(self, asset_id, units, *, now):
        return self.fee

    def fill(self, ticket: Ticket):
        self.price = ticket.limit_price
        fill = super().fill(ticket)
        gross = round_up(ticket.units * ticket.limit_price, CENT)
        costs = round_up(gross * self.fee, CENT)
        return type(fill)(fill.client_order_id, fill.units, gross, costs, fill.ref)


@pytest.mark.rule("VAF-27")
class WhatWasDrawnAlwaysPays(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.account = margin_account(pledged={"BTC": "1000"})
        cls.assets = house().assets

    @settings(max_examples=80)
    @given(
        amount=st.decimals(min_value="0.01", max_value=10**6, places=2),
        mark=st.decimals(min_value=10_000, max_value=10**6, places=2),
        volume=st.none() | st.decimals(min_value=1, max_value=10**6, places=8),
        is_greedy=st.booleans(),
        code=st.sampled_from(["BTC", "ETH"]),
    )
    def test_units_come_money_goes_and_the_rest_is_cash(
        self, amount, mark, volume, is_greedy, code
    ):
        price("BTC", mark, at=NOON, volume=volume)
        price("ETH", mark / 20, at=NOON, volume=volume)
        venue = Greedy() if is_greedy else PAPER
        lot = self.assets[code].lot
        worst = (mark if code == "BTC" else mark / 20) * (1 + SLIPPAGE_CAP)
        before = units_of(self.account) if code == "BTC" else 0
        try:
            with transaction.atomic():
                order = purchase(self.account, amount, code=code, venue=venue)
        except DrawRefused:
            assert amount < lot * worst * Decimal("1.01") + 2 * CENT
            return

        assert order.ended_at == NOON
        spent = order.gross + order.costs
        assert totals(self.account) == (amount, amount - spent)
        held = self.account.pool.holdings.filter(asset=order.asset).first()
        assert (held.units if held else 0) - before == order.filled_units
        assert order.filled_units % lot == 0
        assert order.gross <= order.filled_units * order.limit_price + CENT
        if is_greedy:
            # One lot more would not have been paid for.
            assert order.filled_units == order.units
            assert amount - spent < lot * worst * Decimal("1.0026") + 3 * CENT
        assert ledger_balanced()
        assert units_reconciled()


# --- A purchase ----------------------------------------------------------------------------------


@pytest.mark.rule("VAF-27")
def test_the_money_is_there_before_the_venue_hears_of_the_order(borrower):
    class Watching(FakeVenue):
        def place(self, ticket, *, now):
            self.seen = totals(borrower), Order.objects.get().state
            return super().place(ticket, now=now)

    venue = Watching()
    purchase(borrower, venue=venue)

    assert venue.seen == ((100_000, 100_000), OrderState.SENT)


@pytest.mark.rule("VAF-27", "VAF-16")
def test_a_purchase_settles_units_and_money(borrower):
    user = client_user(borrower)

    order = purchase(borrower, by=user)

    assert order.state == OrderState.FILLED
    assert order.draw == Draw.objects.get()
    assert (order.draw.purpose, order.draw.asset, order.draw.drawn_by) == ("buy", asset(), user)
    # 100,000 less two cents over 700,000 x 1.01 x (1 + half a spread and the fee).
    assert order.units == order.filled_units == Decimal("0.14101")
    assert (order.gross, order.costs) == (Decimal("98756.36"), Decimal("246.90"))
    assert units_of(borrower) == 1 + order.filled_units
    assert totals(borrower) == (100_000, 100_000 - order.gross - order.costs)
    assert Movement.objects.get(from_place="venue").to_pool == borrower.pool


@pytest.mark.rule("VAF-28")
def test_what_is_bought_lends_once_it_is_settled(borrower):
    venue = FakeVenue(says="trades unheard")
    purchase(borrower, venue=venue)

    [before] = read(now=NOON, account_ids=[borrower.pk])
    purchase(borrower, venue=venue, now=LATER - timedelta(seconds=1))
    [after] = read(now=NOON, account_ids=[borrower.pk])

    assert before.margin_value == 280_000 + 100_000
    order = Order.objects.get()
    assert after.margin_value == (1 + order.filled_units) * 280_000 + (100_000 - order.gross)


def test_the_limit_is_a_hundredth_above_the_mark(borrower):
    order = purchase(borrower, venue=FakeVenue())

    assert (order.mark, order.limit_price) == (700_000, 707_000)


def test_what_was_not_spent_stays_the_clients_cash(borrower):
    order = purchase(borrower, venue=FakeVenue(says="nothing"))

    assert order.state == OrderState.CANCELLED
    assert (totals(borrower), units_of(borrower)) == ((100_000, 100_000), 1)
    assert ledger_balanced()


# --- Refusals ------------------------------------------------------------------------------------


@pytest.mark.rule("SMF-41")
def test_the_binding_limit_is_named(borrower):
    assert refusal(borrower, "238000.01") == (
        "You may draw at most HKD 238,000.00: your collateral binds."
    )


@pytest.mark.rule("VAF-7")
@pytest.mark.parametrize("code", ["0700", "USD"])
def test_only_bitcoin_and_ether_are_bought(borrower, code):
    assert refusal(borrower, code=code) == f"{code} cannot be bought with this facility."


@pytest.mark.rule("VAF-7")
def test_an_asset_no_longer_accepted_is_not_bought(borrower):
    Asset.objects.filter(code="BTC").update(marginable=False)

    assert refusal(borrower) == "BTC cannot be bought with this facility."


@pytest.mark.rule("VAF-3")
def test_nothing_is_bought_while_the_securities_relation_is_suspended(borrower):
    move(borrower.relation, MarginRelation.suspend, reason="test", now=NOON)

    assert "not active" in refusal(borrower)


@pytest.mark.rule("VAF-17")
def test_nothing_is_bought_while_a_call_is_open(borrower):
    owe(borrower, "200000")
    price("BTC", "490000", at=LATER)
    sweep(now=LATER)
    assert MarginAccount.objects.get().state == State.CALLED

    assert refusal(borrower, now=LATER) == "Advances are stopped while a margin call is open."


def test_nothing_is_bought_without_a_fresh_price(borrower):
    assert refusal(borrower, code="ETH") == "ETH has no fresh price, so it cannot be bought now."
    stale = NOON + timedelta(hours=1)
    assert refusal(borrower, now=stale) == "BTC has no fresh price, so it cannot be bought now."


@pytest.mark.parametrize("amount", ["0.01", "7.08"])
def test_less_than_the_smallest_lot_is_not_drawn_for(borrower, amount):
    assert refusal(borrower, amount) == (f"HKD {amount} buys less than the smallest lot of BTC.")


def test_one_purchase_at_a_time(borrower):
    purchase(borrower, "1000", venue=FakeVenue(says="unheard"))

    assert refusal(borrower) == ("An order of yours is still at the venue. Try again in a moment.")


# --- Twice is once -------------------------------------------------------------------------------


@pytest.mark.parametrize("now", [NOON, LATER])
def test_asking_twice_buys_once(borrower, now):
    first = purchase(borrower)

    again = purchase(borrower, now=now)

    assert (again.pk, again.state) == (first.pk, OrderState.FILLED)
    assert (Draw.objects.count(), PaperTrade.objects.count()) == (1, 1)
    assert totals(borrower)[0] == 100_000


@pytest.mark.parametrize("other", [{"amount": "100000.01"}, {"code": "ETH"}, {"amount": "1"}])
def test_a_key_does_not_stand_for_another_purchase(borrower, other):
    price("ETH", "20000", at=NOON)
    purchase(borrower)
    with pytest.raises(KeyReused):
        purchase(borrower, **other)

    assert totals(borrower)[0] == 100_000


def test_a_key_does_not_stand_for_another_clients_purchase(borrower):
    purchase(borrower)
    with pytest.raises(KeyReused):
        purchase(margin_account(pledged={"BTC": "1"}))


def test_a_key_of_a_draw_does_not_stand_for_a_purchase(borrower):
    draw(borrower, Decimal(100_000), purpose=Purpose.PURCHASING_CASH, key="k", now=NOON)
    with pytest.raises(KeyReused), transaction.atomic():
        purchase(borrower)

    assert not Order.objects.exists()


def test_long_keys_that_begin_alike_are_two(borrower):
    first = purchase(borrower, "1000", key="the same beginning of forty letters and " + "a" * 40)
    second = purchase(borrower, "1000", key="the same beginning of forty letters and " + "b" * 40)

    assert first.pk != second.pk
    assert PaperTrade.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_key_asked_by_many_at_once_buys_once():
    borrower = margin_account(pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON)

    outcomes = together(*[lambda: purchase(borrower)] * 3)

    assert all(isinstance(each, (Order, VenueError)) for each in outcomes)
    assert purchase(borrower).state == OrderState.FILLED
    assert (Draw.objects.count(), Order.objects.count(), PaperTrade.objects.count()) == (1, 1, 1)
    assert totals(borrower)[0] == 100_000
    assert ledger_balanced()
    assert units_reconciled()


# --- A venue that fails --------------------------------------------------------------------------


@pytest.mark.rule("VAF-27")
def test_a_lost_answer_is_asked_after_and_the_order_is_not_sent_again(borrower):
    venue = FakeVenue(says="trades unheard")
    assert purchase(borrower, venue=venue).state == OrderState.UNKNOWN
    assert totals(borrower) == (100_000, 100_000)

    order = purchase(borrower, venue=venue, now=LATER)

    assert (order.state, len(venue.tickets), len(venue.asked)) == (OrderState.FILLED, 1, 1)
    assert units_of(borrower) == 1 + order.filled_units
    assert totals(borrower) == (100_000, 100_000 - order.gross)


def test_a_lost_order_is_cancelled_and_the_money_stays(borrower):
    venue = FakeVenue(says="unheard")
    purchase(borrower, venue=venue)

    order = purchase(borrower, venue=venue, now=LATER)

    assert (order.state, len(venue.tickets)) == (OrderState.CANCELLED, 1)
    assert (totals(borrower), units_of(borrower)) == ((100_000, 100_000), 1)


def test_an_order_that_nobody_could_ask_after_stays_in_doubt(borrower):
    venue = FakeVenue(says="trades unheard", is_silent=True)
    purchase(borrower, venue=venue)
    with pytest.raises(VenueError):
        purchase(borrower, venue=venue, now=LATER)
    assert Order.objects.get().state == OrderState.UNKNOWN

    venue.is_silent = False
    assert purchase(borrower, venue=venue, now=LATER).state == OrderState.FILLED


def test_a_venue_that_refuses_leaves_the_money_and_no_order(borrower):
    order = purchase(borrower, venue=FakeVenue(says="refuses"))

    assert order.state == OrderState.CANCELLED
    assert totals(borrower) == (100_000, 100_000)
    assert purchase(borrower, "1000", key="again").state == OrderState.FILLED


@pytest.mark.parametrize("says", ["dies", "trades and dies"])
def test_a_killed_purchase_is_carried_on_by_the_next_asking(borrower, says):
    venue = FakeVenue(says=says)
    with pytest.raises(KeyboardInterrupt):
        purchase(borrower, venue=venue)
    assert Order.objects.get().state == OrderState.SENT

    order = purchase(borrower, venue=venue, now=LATER)

    traded = says == "trades and dies"
    assert order.state == (OrderState.FILLED if traded else OrderState.CANCELLED)
    assert len(venue.tickets) == 1
    assert units_of(borrower) == 1 + order.filled_units
    assert ledger_balanced()
