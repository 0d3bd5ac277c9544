"""A repayment meets the debt in the agreed order, to the cent; the rest stays the client's."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis.extra.django import TestCase

from lending.ledger import entries
from lending.ledger.balances import ledger_balanced, owed_by_kind
from lending.ledger.chart import Subledger
from lending.ledger.entries import WATERFALL
from lending.ledger.journal import Entry
from lending.ledger.post import Event, post
from lending.liquidation.execute import work
from lending.loans.accrue import accrue
from lending.loans.interest import posted
from lending.loans.repay import KeyReused, Repayment, RepaymentRefused, Source, repay
from lending.margin.account import MarginAccount, State
from lending.margin.call import CallState, MarginCall
from lending.margin.readings import read
from lending.margin.sweep import sweep
from lending.trading.venues.paper import PaperVenue
from onboarding.lifecycle import move
from tests.factories import NOON, client_user, margin_account, owe, price
from tests.proofs import guards_down, refused, sql, together
from tests.strategies import cents, money, splits

CENT = Decimal("0.01")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CHARGES = {
    "costs": entries.costs_charged,
    "fees": entries.fee_charged,
    "principal": lambda amount: (*entries.advanced(amount), *entries.paid_away(amount)),
    "interest": entries.interest_posted,
    "overdue_interest": lambda amount: (
        *entries.interest_posted(amount),
        *entries.interest_overdue(amount),
    ),
}


@pytest.fixture
def borrower(db):
    """Owes 200,000 on one bitcoin: called below 500,000."""
    return margin_account(owed="200000", pledged={"BTC": "1"})


def pay(account, amount, *, key="k", now=NOON, **how) -> Repayment:
    return repay(account, Decimal(amount), key=key, now=now, **how)


def enter(account, legs, *, key, now=NOON):
    post(Event(key, "test", "test", account.subledger_id, legs), now=now)


def totals(account) -> tuple:
    subledger = Subledger.objects.get(pk=account.subledger_id)
    return subledger.owed, subledger.accrued, subledger.cash, subledger.deficit


def owed_of(account) -> dict:
    owed = owed_by_kind([account.subledger_id])[account.subledger_id]
    return {kind: amount for kind, amount in owed.items() if amount}


def parts(made: Repayment) -> dict:
    return {kind: getattr(made, kind) for kind in WATERFALL if getattr(made, kind)}


def refusal(account, amount, **how) -> str:
    before = Entry.objects.count()
    with pytest.raises(RepaymentRefused) as told:
        pay(account, amount, key="refused", **how)
    assert (Entry.objects.count(), Repayment.objects.filter(key="refused").count()) == (before, 0)
    return str(told.value)


# --- Laws ----------------------------------------------------------------------------------------


class InTheAgreedOrder(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.account = margin_account(now=NOON - 3 * DAY)

    def charge(self, owed, cash):
        for kind, amount in owed.items():
            enter(self.account, CHARGES[kind](amount), key=kind, now=NOON - 2 * DAY)
        if cash:
            enter(self.account, entries.received(cash), key="cash")
        accrue(now=NOON)
        interest = posted(totals(self.account)[1])
        return owed | {"interest": owed.get("interest", Decimal(0)) + interest}

    @settings(max_examples=60)
    @given(owed=splits(WATERFALL), cash=money, amount=cents)
    def test_every_cent_is_met_in_order_or_stays_the_clients(self, owed, cash, amount):
        due = self.charge(owed, cash)

        made = pay(self.account, amount)

        split = entries.waterfall(amount, due)
        assert parts(made) == split
        assert made.left_over == amount - sum(split.values())
        left = {kind: due[kind] - split.get(kind, 0) for kind in due}
        assert owed_of(self.account) == {kind: part for kind, part in left.items() if part}
        assert totals(self.account) == (sum(left.values()), 0, cash + made.left_over, 0)
        assert ledger_balanced()

    @settings(max_examples=40)
    @given(owed=splits(WATERFALL), cash=money, amount=cents)
    def test_from_cash_never_more_than_there_is(self, owed, cash, amount):
        due = self.charge(owed, cash)
        if amount > cash or not owed:
            with pytest.raises(RepaymentRefused):
                pay(self.account, amount, source=Source.CASH)
            return

        made = pay(self.account, amount, source=Source.CASH)

        met = sum(entries.waterfall(amount, due).values())
        assert sum(parts(made).values()) == met
        assert totals(self.account) == (sum(due.values()) - met, 0, cash - met, 0)

    @settings(max_examples=40)
    @given(owed=splits(WATERFALL))
    def test_a_debt_is_paid_off_to_the_cent(self, owed):
        debt = sum(self.charge(owed, 0).values())
        assume(debt > CENT)

        pay(self.account, debt - CENT)
        [reading] = read(now=NOON, account_ids=[self.account.pk])
        assert reading.debt == CENT
        pay(self.account, CENT, key="last")

        assert totals(self.account) == (0, 0, 0, 0)

    @settings(max_examples=40)
    @given(owed=splits(WATERFALL), first=cents, second=cents)
    def test_in_two_parts_is_the_same_as_at_once(self, owed, first, second):
        """Two ways that must agree."""
        due = self.charge(owed, 0)

        pay(self.account, first, key="a")
        pay(self.account, second, key="b")

        split = entries.waterfall(first + second, due)
        left = {kind: due[kind] - split.get(kind, 0) for kind in due}
        assert owed_of(self.account) == {kind: part for kind, part in left.items() if part}


# --- Examples ------------------------------------------------------------------------------------


def test_what_has_accrued_is_due_before_it_is_met(borrower):
    accrue(now=NOON)
    accrued = totals(borrower)[1]
    assert accrued > 0

    made = pay(borrower, "100000")

    assert made.interest == posted(accrued)
    assert made.principal == 100_000 - made.interest
    assert totals(borrower) == (200_000 + posted(accrued) - 100_000, 0, 0, 0)


def test_money_beyond_the_debt_stays_the_clients(borrower):
    made = pay(borrower, "200000.01")

    assert (made.principal, made.left_over) == (200_000, CENT)
    assert totals(borrower) == (0, 0, CENT, 0)


def test_money_paid_in_where_nothing_is_owed_is_the_clients(db):
    account = margin_account()

    assert pay(account, "1000").left_over == 1000
    assert totals(account) == (0, 0, 1000, 0)


def test_a_repayment_says_who_paid(borrower):
    user = client_user(borrower)

    made = pay(borrower, "1", by=user)

    assert (made.paid_by, made.paid_at, made.source) == (user, NOON, Source.CLIENT)


def test_a_repayment_is_never_edited(borrower):
    pay(borrower, "1")
    with refused("lending_repayment_append_only"):
        Repayment.objects.update(principal=0)
    with refused("lending_repayment_append_only"):
        sql("DELETE FROM lending_repayment")


def test_a_repayment_meets_no_more_than_it_is(borrower):
    with refused("repayment_meets_no_more_than_it_is"):
        Repayment.objects.create(
            account=borrower, key="k", source="client", amount=1, principal=2, paid_at=NOON
        )
    with refused("repayment_amount_positive"):
        Repayment.objects.create(account=borrower, key="k", source="client", amount=0, paid_at=NOON)


def test_interest_that_rounds_to_nothing_holds_up_nobody(db):
    """All is repaid after midnight, and before the day that is over has accrued."""
    midnight = NOON + timedelta(hours=12)
    account = margin_account(owed="0.01", now=NOON)
    pay(account, "10.01", now=midnight + MINUTE)
    accrue(now=midnight + 5 * MINUTE)
    assert 0 < totals(account)[1] < CENT / 2

    made = pay(account, "1", key="b", source=Source.CASH, now=midnight + 6 * MINUTE)

    assert (made.left_over, parts(made)) == (1, {})
    assert totals(account) == (0, 0, 10, 0)


# --- Calls ---------------------------------------------------------------------------------------


@pytest.fixture
def called(borrower):
    """Short by 4,000: owes 200,000 against 196,000."""
    price("BTC", "490000", at=NOON)
    sweep(now=NOON)
    assert MarginAccount.objects.get().state == State.CALLED
    return borrower


@pytest.mark.rule("SMF-41")
def test_a_payment_that_does_not_suffice_part_cures_the_call(called):
    user = client_user(called)

    pay(called, "13799.99", by=user)

    call = MarginCall.objects.get()
    assert call.state == CallState.PART_CURED
    last = call.moves.latest("pk")
    assert (last.step, last.reason, last.mover) == ("part_cure", "paid HKD 13,799.99", user)
    assert MarginAccount.objects.get().state == State.CALLED


@pytest.mark.rule("SMF-41")
def test_the_cent_that_was_missing_cures_it(called):
    """To 95% of 196,000: 186,200."""
    pay(called, "13799.99")
    pay(called, "0.01", key="the cent")

    assert MarginCall.objects.get().state == CallState.CURED
    assert MarginAccount.objects.get().state == State.WARNED


@pytest.mark.rule("SMF-41")
def test_an_acknowledged_call_is_part_cured_and_then_cured(called):
    move(MarginCall.objects.get(), MarginCall.acknowledge, reason="read", now=NOON)

    pay(called, "1")
    pay(called, "100000", key="2")

    steps = MarginCall.objects.get().moves.order_by("pk").values_list("step", flat=True)
    assert list(steps) == ["acknowledge", "part_cure", "cure"]
    assert MarginAccount.objects.get().state == State.HEALTHY


def test_a_payment_without_a_price_is_taken_and_moves_only_the_call(called):
    later = NOON + timedelta(hours=1)

    pay(called, "100000", now=later)

    assert totals(called)[0] == 100_000
    assert MarginAccount.objects.get().state == State.CALLED
    assert MarginCall.objects.get().state == CallState.PART_CURED


# --- A deficit -----------------------------------------------------------------------------------


@pytest.fixture
def in_deficit(borrower):
    for minute in (0, 1):
        price("BTC", "100000", at=NOON + minute * MINUTE, volume=Decimal(10_000))
        sweep(now=NOON + minute * MINUTE)
        work(now=NOON + minute * MINUTE, venue=PaperVenue())
    assert MarginAccount.objects.get().state == State.IN_DEFICIT
    return borrower


def test_a_deficit_is_recovered_and_no_more_than_it(in_deficit):
    deficit = totals(in_deficit)[3]
    assert deficit > 90_000

    first = pay(in_deficit, "50000")
    second = pay(in_deficit, deficit, key="2")

    assert (first.deficit, first.left_over) == (50_000, 0)
    assert (second.deficit, second.left_over) == (deficit - 50_000, 50_000)
    assert totals(in_deficit) == (0, 0, 50_000, 0)
    assert ledger_balanced()


def test_what_is_owed_beside_a_deficit_is_met_before_it(in_deficit):
    enter(in_deficit, entries.costs_charged(Decimal(60)), key="costs")

    made = pay(in_deficit, "100")

    assert (made.costs, made.deficit, made.left_over) == (60, 40, 0)


def test_a_deficit_is_recovered_from_cash_in_the_account(in_deficit):
    enter(in_deficit, entries.received(Decimal(1000)), key="cash")

    assert pay(in_deficit, "1000", source=Source.CASH).deficit == 1000
    assert totals(in_deficit)[2] == 0


# --- Refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["0", "-1", "0.001"])
@pytest.mark.parametrize("source", Source)
def test_no_amount(borrower, amount, source):
    told = refusal(borrower, amount, source=source)
    assert told == "Enter an amount above zero, in dollars and cents."


def test_more_than_the_cash_in_the_account(borrower):
    enter(borrower, entries.received(Decimal("1234.5")), key="cash")

    told = refusal(borrower, "1234.51", source=Source.CASH)
    assert told == "There is HKD 1,234.50 of cash in the account."


def test_nothing_is_owed(db):
    account = margin_account()
    enter(account, entries.received(Decimal(1)), key="cash")

    assert refusal(account, "1", source=Source.CASH) == "Nothing is owed on this account."


def test_a_closed_account(borrower):
    with guards_down():
        sql("UPDATE lending_marginaccount SET state = 'closed'")

    assert refusal(borrower, "1") == "This account is closed."


# --- Twice is once -------------------------------------------------------------------------------


def test_paying_twice_is_paying_once(borrower):
    made = pay(borrower, "1000")

    assert pay(borrower, "1000.00", now=NOON + MINUTE) == made
    assert totals(borrower)[0] == 199_000


def test_a_key_does_not_stand_for_another_repayment(borrower):
    pay(borrower, "1000")
    with pytest.raises(KeyReused):
        pay(borrower, "1000.01")
    with pytest.raises(KeyReused):
        pay(borrower, "1000", source=Source.CASH)
    with pytest.raises(KeyReused):
        pay(margin_account(owed="1000"), "1000")

    assert totals(borrower)[0] == 199_000


@pytest.fixture
def open_borrower(transactional_db):
    return margin_account(owed="1000")


def test_one_key_paid_by_many_at_once_counts_once(open_borrower):
    outcomes = together(*[lambda: pay(open_borrower, "400")] * 3)

    assert len({made.pk for made in outcomes}) == 1
    assert totals(open_borrower)[0] == 600


def test_many_payments_at_once_never_meet_more_than_is_owed(open_borrower):
    def give(key):
        return lambda: pay(open_borrower, "400", key=key)

    outcomes = together(*(give(key) for key in "abcd"))

    assert sorted(made.principal for made in outcomes) == [0, 200, 400, 400]
    assert totals(open_borrower) == (0, 0, 600, 0)
    assert ledger_balanced()


def test_cash_that_is_there_once_pays_once(open_borrower):
    enter(open_borrower, entries.received(Decimal(400)), key="cash")

    def spend(key):
        return lambda: pay(open_borrower, "400", key=key, source=Source.CASH)

    outcomes = together(spend("a"), spend("b"))

    assert sum(isinstance(each, RepaymentRefused) for each in outcomes) == 1
    assert totals(open_borrower) == (600, 0, 0, 0)


def test_a_payment_and_a_draw_of_another_account_do_not_wait_for_each_other(open_borrower):
    other = margin_account(owed="1000")

    outcomes = together(lambda: pay(open_borrower, "1"), lambda: pay(other, "1", key="other"))

    assert [made.principal for made in outcomes] == [1, 1]
    owe(other, "1")
