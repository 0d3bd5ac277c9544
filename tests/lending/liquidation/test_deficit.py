"""What a sale leaves uncovered is a deficit of its own, never hidden in the loan."""

from decimal import Decimal

import pytest
from django_fsm import TransitionNotAllowed

from collateral.custody.movements import units_reconciled
from lending.ledger.balances import ledger_balanced, receivables
from lending.ledger.chart import LedgerAccount
from lending.liquidation.deficit import Deficit, book_deficit
from lending.liquidation.execute import work
from lending.loans.accrue import Accrual, accrue
from lending.loans.repay import repay
from lending.margin.account import State
from lending.margin.call import CallState, MarginCall
from lending.margin.sweep import open_call, sweep
from lending.trading.venues.paper import PaperVenue
from tests.factories import LONG_AGO, margin_account
from tests.lending.liquidation.stories import DAY, MINUTE, MORNING, held, quote, sell_down, stored
from tests.proofs import refused

pytestmark = pytest.mark.django_db
PAPER = PaperVenue()
NOW = MORNING + MINUTE


@pytest.fixture
def sold_out():
    """Owed 210,000 against a bitcoin that fell to 100,000 during the sale."""
    account = margin_account(owed="210000", pledged={"BTC": "1"})
    quote({"BTC": "500000"}, at=MORNING - DAY)
    sell_down(account)
    quote({"BTC": "100000"}, at=NOW)
    work(now=NOW, venue=PAPER)
    return stored(account)


def test_everything_is_sold_and_the_rest_is_a_deficit(sold_out):
    [order] = sold_out.orders.all()
    deficit = Deficit.objects.get()

    assert held(sold_out) == {}
    assert sold_out.state == State.IN_DEFICIT
    assert sold_out.subledger.owed == sold_out.subledger.accrued == 0
    assert deficit.amount == sold_out.subledger.deficit == 210_000 - (order.gross - order.costs)
    assert (deficit.call, deficit.arose_at) == (MarginCall.objects.get(), NOW)
    assert MarginCall.objects.get().state == CallState.CLOSED
    assert open_call(sold_out) is None
    assert receivables() == 0
    assert ledger_balanced()
    assert units_reconciled()


def test_no_interest_runs_on_it_and_nobody_is_called_again(sold_out):
    later = NOW + 40 * DAY
    quote({"BTC": "1000"}, at=later)

    assert accrue(now=later).amount == 0
    assert sweep(now=later).did_nothing
    assert work(now=later, venue=PAPER).filled == 0


def test_a_later_payment_recovers_it(sold_out):
    owed = sold_out.subledger.deficit

    paid = repay(sold_out, owed - 1, key="recovered", now=NOW + DAY)
    assert paid.deficit == owed - 1
    assert stored(sold_out).subledger.deficit == 1

    paid = repay(sold_out, Decimal(10), key="the rest", now=NOW + DAY)
    assert (paid.deficit, paid.left_over) == (1, 9)
    assert stored(sold_out).subledger.cash == 9
    assert ledger_balanced()


def test_interest_accrued_is_part_of_it():
    account = margin_account(owed="210000", pledged={"BTC": "1"})
    quote({"BTC": "500000"}, at=MORNING - DAY)
    sell_down(account)
    accrue(now=MORNING)
    earned = stored(account).subledger.accrued
    assert earned > 0
    quote({"BTC": "100000"}, at=NOW)

    work(now=NOW, venue=PAPER)

    [order] = account.orders.all()
    lost = 210_000 + round(earned, 2) - (order.gross - order.costs)
    assert Deficit.objects.get().amount == lost


def test_the_journal_takes_it_out_of_each_kind_that_was_owed(sold_out):
    accounts = LedgerAccount.objects.filter(subledger=sold_out.subledger)
    balance = {a.kind: a.debits - a.credits for a in accounts}

    assert balance.pop("deficit") == Deficit.objects.get().amount
    assert set(balance.values()) == {0}


def test_less_than_a_cent_is_no_deficit():
    """Half a cent of interest on an empty pool: it rounds to nothing, and the sale is over."""
    account = margin_account(owed="210000", pledged={"BTC": "1"})
    quote({"BTC": "500000"}, at=MORNING - DAY)
    sell_down(account)
    work(now=MORNING, venue=PAPER)
    bare = margin_account()
    Accrual.objects.create(
        account=bare,
        on_date=LONG_AGO.date(),
        balance=Decimal(1),
        rate=Decimal("0.08"),
        amount=Decimal("0.0049999999"),
        accrued_at=LONG_AGO,
    )
    sweep(now=MORNING)
    sweep(now=NOW)
    assert stored(bare).state == State.LIQUIDATING

    worked = work(now=NOW, venue=PAPER)

    assert (worked.finished, worked.deficits) == (1, 0)
    assert stored(bare).state == State.HEALTHY
    assert stored(bare).subledger.accrued == 0
    assert not Deficit.objects.exists()


def test_half_a_cent_is_a_deficit_of_one():
    bare = margin_account(owed="0")
    Accrual.objects.create(
        account=bare,
        on_date=LONG_AGO.date(),
        balance=Decimal(1),
        rate=Decimal("0.08"),
        amount=Decimal("0.005"),
        accrued_at=LONG_AGO,
    )
    sweep(now=MORNING)
    sweep(now=NOW)

    assert work(now=NOW, venue=PAPER).deficits == 1
    assert Deficit.objects.get().amount == Decimal("0.01")
    assert ledger_balanced()


def test_only_of_an_account_that_is_being_sold_down():
    account = margin_account(owed="210000", pledged={"BTC": "1"})
    quote({"BTC": "500000"}, at=MORNING)
    sweep(now=MORNING)

    with pytest.raises(TransitionNotAllowed):
        book_deficit(account, open_call(account), now=MORNING)

    assert stored(account).subledger.owed == 210_000
    assert not Deficit.objects.exists()


def test_an_amount_of_nothing_is_refused(sold_out):
    call = MarginCall.objects.get()
    Deficit.objects.all().delete()

    with refused("deficit_amount_positive"):
        Deficit.objects.create(account=sold_out, call=call, amount=0, arose_at=NOW)
