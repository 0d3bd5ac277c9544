"""The main job as a story: prices fall, an account is called, cured or sold; the books balance."""

from datetime import timedelta
from decimal import Decimal

import pytest

from collateral.custody.movements import units_reconciled
from lending.ledger.balances import ledger_balanced
from lending.liquidation.execute import work
from lending.loans.repay import repay
from lending.margin.account import MarginAccount, State
from lending.margin.call import CallState, MarginCall
from lending.margin.sweep import sweep
from lending.trading.venues.paper import PaperVenue
from tests.factories import NOON, margin_account, price

pytestmark = pytest.mark.django_db
VENUE = PaperVenue()


@pytest.fixture
def borrower():
    """Owes 200,000 against one bitcoin: called below 500,000 less a minimum transfer amount."""
    return margin_account(owed="200000", pledged={"BTC": "1"})


def tick(account, btc, *, at):
    price("BTC", btc, at=at, volume=Decimal(1000))
    sweep(now=at)
    work(now=at, venue=VENUE)
    return MarginAccount.objects.get(pk=account.pk).state


def minutes(count):
    return NOON + timedelta(minutes=count)


@pytest.mark.rule("SMF-41", "VAF-10")
def test_call_is_raised_once_and_lifted_when_the_market_recovers(borrower):
    assert tick(borrower, "700000", at=NOON) == State.HEALTHY
    assert tick(borrower, "550000", at=minutes(1)) == State.WARNED
    assert tick(borrower, "490000", at=minutes(2)) == State.CALLED
    assert tick(borrower, "489000", at=minutes(3)) == State.CALLED

    [call] = borrower.calls.all()
    assert call.cure_due_at == minutes(2) + timedelta(hours=24)
    assert call.shortfall == 200_000 - 490_000 * Decimal("0.4")
    assert call.binding == "collateral"

    assert tick(borrower, "510000", at=minutes(4)) == State.CALLED
    assert tick(borrower, "700000", at=minutes(5)) == State.HEALTHY
    assert MarginCall.objects.get().state == CallState.CURED
    assert [m.step for m in borrower.moves.order_by("pk")] == ["warn", "call", "cure"]


def test_call_cured_by_repayment_in_two_parts(borrower):
    tick(borrower, "490000", at=NOON)
    repay(borrower, Decimal("1000"), key="first", now=minutes(1))
    assert MarginCall.objects.get().state == CallState.PART_CURED

    repay(borrower, Decimal("13000"), key="second", now=minutes(1))
    assert MarginCall.objects.get().state == CallState.CURED
    assert MarginAccount.objects.get().state == State.WARNED
    assert ledger_balanced()


def test_call_not_cured_in_time_is_sold_to_the_target_and_no_further(borrower):
    assert tick(borrower, "490000", at=NOON) == State.CALLED
    late = NOON + timedelta(hours=24)
    assert tick(borrower, "490000", at=late) == State.WARNED

    account = MarginAccount.objects.get()
    held = account.pool.holdings.get().units
    owed = account.subledger.owed
    assert owed <= Decimal("0.95") * held * 490_000 * Decimal("0.4")
    one_lot = Decimal("0.00001")
    given_back = held + one_lot
    assert owed + one_lot * 490_000 > Decimal("0.95") * given_back * 490_000 * Decimal("0.4")
    assert MarginCall.objects.get().state == CallState.CLOSED
    assert ledger_balanced()
    assert units_reconciled()


def test_a_wick_sells_nobody_and_a_second_reading_past_the_line_does(borrower):
    assert tick(borrower, "700000", at=NOON) == State.HEALTHY
    hard = "300000"  # The line is at 200,000 / 0.65 = 307,692.
    assert tick(borrower, hard, at=minutes(1)) == State.CALLED
    assert tick(borrower, "700000", at=minutes(2)) == State.HEALTHY
    assert tick(borrower, hard, at=minutes(3)) == State.CALLED
    state = tick(borrower, hard, at=minutes(4))
    assert state in (State.WARNED, State.LIQUIDATING)
    assert borrower.orders.count() >= 1
    assert ledger_balanced()
    assert units_reconciled()


def test_gap_through_everything_leaves_a_deficit_and_balanced_books(borrower):
    tick(borrower, "150000", at=NOON)
    assert tick(borrower, "150000", at=minutes(1)) == State.IN_DEFICIT
    account = MarginAccount.objects.get()
    assert account.subledger.owed == 0
    assert account.subledger.deficit > 0
    assert ledger_balanced()
    assert units_reconciled()


def test_silent_feed_moves_nobody(borrower):
    price("BTC", "100000", at=NOON)
    swept = sweep(now=NOON + timedelta(hours=1))
    assert swept.did_nothing
