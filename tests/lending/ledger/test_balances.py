"""What the books say is what the journal adds up to, and they say so when it does not."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lending.ledger import entries
from lending.ledger.balances import ledger_balanced, owed_by_kind, receivables, trial_balance
from lending.ledger.chart import BORROWERS, RECEIVABLES, LedgerAccount, open_subledgers
from lending.ledger.entries import WATERFALL
from lending.ledger.post import Event, post
from tests.factories import NOON
from tests.proofs import guards_down, sql
from tests.strategies import splits


def charge(subledger, owed, *, key):
    """Let `subledger` owe so much of each kind."""
    legs = {
        "costs": entries.costs_charged,
        "fees": entries.fee_charged,
        "principal": entries.advanced,
        "interest": entries.interest_posted,
        "overdue_interest": lambda amount: (
            *entries.interest_posted(amount),
            *entries.interest_overdue(amount),
        ),
    }
    for kind, amount in owed.items():
        post(Event(f"{key}-{kind}", "t", "t", subledger.pk, legs[kind](amount)), now=NOON)


@pytest.fixture
def borrower(db):
    """Owes 100 of principal, which is still cash in the account, and 7 of interest."""
    [subledger] = open_subledgers(1)
    charge(subledger, {"principal": Decimal(100), "interest": Decimal(7)}, key="b")
    return subledger


class TheJournalAndTheTotalsAgree(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.borrowers = open_subledgers(3)

    @settings(max_examples=40)
    @given(st.lists(splits(WATERFALL), min_size=3, max_size=3))
    def test_by_kind_by_borrower_and_in_all(self, owed):
        for subledger, split in zip(self.borrowers, owed, strict=True):
            charge(subledger, split, key=subledger.pk)

        kinds = owed_by_kind([each.pk for each in self.borrowers])
        for subledger, split in zip(self.borrowers, owed, strict=True):
            assert kinds[subledger.pk] == dict.fromkeys(RECEIVABLES, Decimal(0)) | split
        assert receivables() == sum(sum(split.values()) for split in owed)
        kept = {
            kind: (
                sum(a.debits for a in LedgerAccount.objects.filter(kind=kind)),
                sum(a.credits for a in LedgerAccount.objects.filter(kind=kind)),
            )
            for kind in BORROWERS
        }
        for line in trial_balance():
            if line.kind in BORROWERS:
                assert (line.debits, line.credits) == kept[line.kind]
        assert ledger_balanced()


def test_the_trial_balance_says_each_book_by_itself(borrower):
    lines = {(line.book, line.kind): line.balance for line in trial_balance()}

    assert lines == {
        ("client", "client_bank"): 100,
        ("client", "client_cash"): -100,
        ("house", "principal"): 100,
        ("house", "house_bank"): -100,
        ("house", "interest"): 7,
        ("house", "interest_income"): -7,
    }


@pytest.mark.django_db
def test_empty_books_balance():
    assert ledger_balanced()
    assert trial_balance() == []
    assert receivables() == 0
    assert owed_by_kind([]) == {}


@pytest.mark.parametrize(
    "break_it",
    [
        "UPDATE lending_ledgeraccount SET debits = debits + 0.01 WHERE kind = 'principal'",
        "UPDATE lending_ledgeraccount SET credits = credits + 0.01 WHERE kind = 'client_cash'",
        "UPDATE lending_subledger SET owed = owed + 0.01",
        "UPDATE lending_subledger SET cash = cash - 0.01",
        "UPDATE lending_subledger SET deficit = 0.01",
        "UPDATE lending_posting SET amount = amount + 0.01",
        "DELETE FROM lending_posting WHERE amount = 7",
        # A posting that takes from one book and gives to the other.
        "UPDATE lending_posting SET credit_id = (SELECT id FROM lending_ledgeraccount"
        " WHERE kind = 'client_bank') WHERE amount = 7",
    ],
)
def test_books_that_were_tampered_with_do_not_balance(borrower, break_it):
    assert ledger_balanced()

    with guards_down():
        sql(break_it)

    assert not ledger_balanced()


def test_a_borrower_nobody_posted_for_has_totals_of_nothing(borrower):
    open_subledgers(1)
    assert ledger_balanced()

    with guards_down():
        sql("UPDATE lending_subledger SET owed = 1 WHERE owed = 0")

    assert not ledger_balanced()
