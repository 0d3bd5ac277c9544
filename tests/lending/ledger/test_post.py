"""Entering events: once, whole, in balance, and in any number at once."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.db.models import Q
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lending.ledger import entries
from lending.ledger.balances import ledger_balanced
from lending.ledger.chart import Kind, LedgerAccount, Subledger, open_subledgers
from lending.ledger.journal import Entry, Posting
from lending.ledger.post import Event, KeyReused, NothingToPost, post, post_many, reverse
from tests.factories import NOON
from tests.proofs import refused, together
from tests.strategies import cents

LATER = datetime(2026, 4, 1, tzinfo=UTC)


def event(subledger, legs, *, key="k", **fields) -> Event:
    return Event(key, "test", "test", subledger.pk, tuple(legs), **fields)


@pytest.fixture
def borrower(db):
    [subledger] = open_subledgers(1)
    return subledger


def totals(subledger) -> tuple:
    subledger.refresh_from_db()
    return subledger.owed, subledger.cash, subledger.deficit


# --- Laws ----------------------------------------------------------------------------------------

# What may come at a borrower, in any order: a name, and an amount in cents.
NAMES = (
    "advanced",
    "received",
    "paid_away",
    "costs",
    "fee",
    "interest",
    "overdue",
    "repay",
    "lose",
)
HAPPENINGS = st.lists(st.tuples(st.integers(0, 1), st.sampled_from(NAMES), cents), max_size=10)


# What is refused where it goes beyond what there is, and by which law.
BEYOND = {
    "paid_away": (entries.paid_away, "ledger_client_cash_not_negative"),
    "overdue": (entries.interest_overdue, "ledger_receivable_not_negative"),
}


class Shadow:
    """What a borrower owes and has, told by plain arithmetic beside the books."""

    def __init__(self):
        self.owed = {}
        self.cash = Decimal(0)
        self.deficit = Decimal(0)

    def after(self, name: str, amount: Decimal) -> tuple | None:
        """The legs of the event, brought to account here; None where it cannot be."""
        if name in ("received", "advanced"):
            self.cash += amount
        charges = {"advanced": "principal", "costs": "costs", "fee": "fees", "interest": "interest"}
        if name in charges:
            self._owe(charges[name], amount)
        if name == "paid_away":
            if amount > self.cash:
                return None
            self.cash -= amount
        if name == "overdue":
            if amount > self.owed.get("interest", 0):
                return None
            self._owe("interest", -amount)
            self._owe("overdue_interest", amount)
        if name == "repay":
            split = entries.waterfall(min(amount, self.cash), self.owed)
            for kind, part in split.items():
                self._owe(kind, -part)
                self.cash -= part
            return entries.repaid(split)
        if name == "lose":
            legs = entries.left_uncovered(self.owed)
            self.deficit += sum(self.owed.values())
            self.owed = {}
            return legs
        return {
            "advanced": entries.advanced,
            "received": entries.received,
            "paid_away": entries.paid_away,
            "costs": entries.costs_charged,
            "fee": entries.fee_charged,
            "interest": entries.interest_posted,
            "overdue": entries.interest_overdue,
        }[name](amount)

    def _owe(self, kind: str, amount: Decimal) -> None:
        self.owed[kind] = self.owed.get(kind, Decimal(0)) + amount

    @property
    def totals(self) -> tuple:
        return sum(self.owed.values()), self.cash, self.deficit


class WhateverHappensTheBooksBalance(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.borrowers = open_subledgers(2)

    @settings(max_examples=60)
    @given(HAPPENINGS)
    def test_totals_follow_and_bounds_hold(self, happenings):
        shadows = [Shadow(), Shadow()]
        for number, (who, name, amount) in enumerate(happenings):
            legs = shadows[who].after(name, amount)
            key = f"e{number}"
            if legs is None:
                legs, law = BEYOND[name]
                with refused(law):
                    post(event(self.borrowers[who], legs(amount), key=key), now=NOON)
            elif legs:
                post(event(self.borrowers[who], legs, key=key), now=NOON)

        assert [totals(each) for each in self.borrowers] == [each.totals for each in shadows]
        assert ledger_balanced()

    @settings(max_examples=40)
    @given(HAPPENINGS)
    def test_many_at_once_are_the_same_as_one_by_one(self, happenings):
        """Two implementations that must agree."""
        shadow, events = Shadow(), []
        for number, (_, name, amount) in enumerate(happenings):
            legs = shadow.after(name, amount)
            if legs:
                events.append((f"e{number}", legs))
        singly, at_once = self.borrowers

        for key, legs in events:
            post(event(singly, legs, key=f"1-{key}"), now=NOON)
        batch = [event(at_once, legs, key=f"2-{key}") for key, legs in events]
        posted = post_many(batch, now=NOON)

        assert [entry.key for entry in posted] == [each.key for each in batch]
        assert totals(singly) == totals(at_once) == shadow.totals
        assert journal_of(singly) == journal_of(at_once)
        assert accounts_of(singly) == accounts_of(at_once)
        assert [e.pk for e in post_many(reversed(batch), now=LATER)] == [
            e.pk for e in reversed(posted)
        ]
        assert ledger_balanced()

    @settings(max_examples=40)
    @given(HAPPENINGS)
    def test_what_is_reversed_back_to_front_never_was(self, happenings):
        borrower, shadow = self.borrowers[0], Shadow()
        posted = []
        for number, (_, name, amount) in enumerate(happenings):
            legs = shadow.after(name, amount)
            if legs:
                posted.append(post(event(borrower, legs, key=f"e{number}"), now=NOON))

        for entry in reversed(posted):
            reverse(entry, reason="test", now=LATER)

        assert totals(borrower) == (0, 0, 0)
        assert all(debits == credits for _, debits, credits in accounts_of(borrower))
        assert ledger_balanced()


def journal_of(subledger) -> list[tuple]:
    return list(
        Posting.objects.filter(entry__key__regex=r"^[12]-")
        .filter(_touches(subledger))
        .order_by("pk")
        .values_list("debit__kind", "credit__kind", "amount", "booked_at", "entry__value_date")
    )


def _touches(subledger):
    house = Q(debit__subledger=None) & Q(credit__subledger=None)
    return Q(debit__subledger=subledger) | Q(credit__subledger=subledger) | house


def accounts_of(subledger) -> list[tuple]:
    return list(subledger.accounts.order_by("kind").values_list("kind", "debits", "credits"))


# --- Twice is once -------------------------------------------------------------------------------


def test_an_event_is_entered_once(borrower):
    asked = event(borrower, entries.received(Decimal(100)))
    first = post(asked, now=NOON)

    assert post(asked, now=LATER) == first
    assert totals(borrower) == (0, 100, 0)
    assert Entry.objects.get().booked_at == NOON


@pytest.mark.parametrize(
    "legs",
    [
        entries.received(Decimal("100.01")),
        entries.paid_away(Decimal(100)),
        (*entries.received(Decimal(100)), *entries.received(Decimal(1))),
    ],
)
def test_a_key_does_not_stand_for_other_postings(borrower, legs):
    post(event(borrower, entries.received(Decimal(100))), now=NOON)
    with pytest.raises(KeyReused):
        post(event(borrower, legs), now=NOON)

    assert totals(borrower) == (0, 100, 0)


def test_a_key_does_not_stand_for_another_borrower(borrower):
    [other] = open_subledgers(1)
    post(event(borrower, entries.received(Decimal(100))), now=NOON)
    with pytest.raises(KeyReused):
        post(event(other, entries.received(Decimal(100))), now=NOON)


def test_a_key_stands_once_in_a_batch(borrower):
    asked = event(borrower, entries.received(Decimal(100)))
    with pytest.raises(KeyReused, match="twice in one batch"):
        post_many([asked, asked], now=NOON)


def test_an_event_of_nothing_is_no_event(borrower):
    with pytest.raises(NothingToPost):
        post(event(borrower, entries.received(Decimal(0))), now=NOON)


def test_a_batch_is_entered_whole_or_not_at_all(borrower):
    batch = [
        event(borrower, entries.received(Decimal(100)), key="a"),
        event(borrower, entries.paid_away(Decimal("100.01")), key="b"),
    ]
    with refused("ledger_client_cash_not_negative"):
        post_many(batch, now=NOON)

    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_many_events_take_as_many_statements_as_one(django_assert_num_queries):
    borrowers = open_subledgers(30)
    post(event(borrowers[0], entries.received(Decimal(1)), key="first"), now=NOON)
    batch = [event(each, entries.received(Decimal(1)), key=f"{each.pk}") for each in borrowers]

    # Savepoint and release, the lock, both kinds of accounts, known entries, entries, postings.
    with django_assert_num_queries(8):
        post_many(batch, now=NOON)


# --- When ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC), date(2026, 3, 4)),
        (datetime(2026, 3, 4, 16, tzinfo=UTC), date(2026, 3, 5)),
    ],
)
def test_an_entry_counts_from_its_day_in_hong_kong(borrower, now, day):
    assert post(event(borrower, entries.received(Decimal(1))), now=now).value_date == day


def test_an_entry_may_count_from_another_day(borrower):
    asked = event(borrower, entries.received(Decimal(1)), value_date=date(2026, 3, 1))

    assert post(asked, now=NOON).value_date == date(2026, 3, 1)


# --- Reversal ------------------------------------------------------------------------------------


def test_a_reversal_is_the_mirror_image(borrower):
    entry = post(event(borrower, entries.advanced(Decimal(100))), now=NOON)

    mirror = reverse(entry, reason="wrong client", now=LATER)

    assert totals(borrower) == (0, 0, 0)
    assert (mirror.reverses, mirror.narrative, mirror.kind) == (entry, "wrong client", "reversal")
    assert mirror.value_date == date(2026, 4, 1)
    ends = mirror.postings.order_by("-pk").values_list("credit", "debit", "amount")
    assert list(ends) == list(
        entry.postings.order_by("pk").values_list("debit", "credit", "amount")
    )


def test_reversing_twice_is_reversing_once(borrower):
    entry = post(event(borrower, entries.received(Decimal(100))), now=NOON)

    assert reverse(entry, reason="x", now=NOON) == reverse(entry, reason="y", now=LATER)
    assert totals(borrower) == (0, 0, 0)


def test_an_entry_with_the_longest_key_can_be_reversed(borrower):
    entry = post(event(borrower, entries.received(Decimal(100)), key="k" * 100), now=NOON)

    assert reverse(entry, reason="x", now=NOON).reverses == entry


def test_what_was_spent_is_not_reversed(borrower):
    entry = post(event(borrower, entries.received(Decimal(100)), key="in"), now=NOON)
    post(event(borrower, entries.paid_away(Decimal(1)), key="out"), now=NOON)

    with refused("ledger_client_cash_not_negative"):
        reverse(entry, reason="bounced", now=NOON)

    assert not hasattr(Entry.objects.get(key="in"), "reversed_by")
    assert totals(borrower) == (0, 99, 0)


def test_a_loan_that_was_repaid_is_not_reversed(borrower):
    entry = post(event(borrower, entries.advanced(Decimal(100)), key="draw"), now=NOON)
    post(event(borrower, entries.repaid({"principal": Decimal(1)}), key="back"), now=NOON)
    post(event(borrower, entries.received(Decimal(1)), key="more"), now=NOON)

    with refused("ledger_receivable_not_negative"):
        reverse(entry, reason="x", now=NOON)


def test_a_reversal_can_itself_be_reversed(borrower):
    entry = post(event(borrower, entries.received(Decimal(100))), now=NOON)

    reverse(reverse(entry, reason="x", now=NOON), reason="after all", now=NOON)

    assert totals(borrower) == (0, 100, 0)
    assert ledger_balanced()


# --- Many posters --------------------------------------------------------------------------------


@pytest.fixture
def crowd(transactional_db):
    """Twelve borrowers with 1,000 of cash each."""
    borrowers = open_subledgers(12)
    post_many(
        [event(b, entries.received(Decimal(1000)), key=f"open-{b.pk}") for b in borrowers], now=NOON
    )
    return borrowers


def batch(borrowers, name):
    legs = entries.advanced(Decimal(10))
    return [event(each, legs, key=f"{name}-{each.pk}") for each in borrowers]


def test_posters_of_the_same_borrowers_never_wait_in_a_ring(crowd):
    backwards = list(reversed(crowd))

    outcomes = together(
        lambda: post_many(batch(crowd, "a"), now=NOON),
        lambda: post_many(batch(backwards, "b"), now=NOON),
        lambda: post_many(batch(crowd[6:] + crowd[:6], "c"), now=NOON),
        lambda: post_many(batch(backwards, "d"), now=NOON),
    )

    assert [len(each) for each in outcomes] == [12] * 4
    assert {totals(each) for each in crowd} == {(40, 1040, 0)}
    assert ledger_balanced()


def test_the_same_batch_by_many_at_once_is_entered_once(crowd):
    outcomes = together(*[lambda: post_many(batch(crowd, "same"), now=NOON)] * 3)

    assert len({tuple(entry.pk for entry in each) for each in outcomes}) == 1
    assert {totals(each) for each in crowd} == {(10, 1010, 0)}


def test_money_that_is_there_once_is_spent_once(crowd):
    borrower = crowd[0]

    def spend(number):
        legs = entries.paid_away(Decimal(1000))
        return lambda: post(event(borrower, legs, key=f"spend-{number}"), now=NOON)

    outcomes = together(*(spend(number) for number in range(4)))

    refusals = [each for each in outcomes if isinstance(each, IntegrityError)]
    assert len(refusals) == 3
    assert totals(borrower) == (0, 0, 0)
    assert ledger_balanced()


def test_many_reverse_the_same_entry_once(crowd):
    entry = Entry.objects.get(key=f"open-{crowd[0].pk}")

    outcomes = together(*[lambda: reverse(entry, reason="x", now=NOON)] * 4)

    assert len({each.pk for each in outcomes}) == 1
    assert totals(crowd[0]) == (0, 0, 0)


def test_a_poster_and_one_who_reverses_never_wait_in_a_ring(crowd):
    """Both take the borrower's totals first and its accounts after."""
    borrower = crowd[0]
    entries_to_undo = [
        post(event(borrower, entries.advanced(Decimal(1)), key=f"undo-{n}"), now=NOON)
        for n in range(40)
    ]

    def undo():
        return [reverse(entry, reason="x", now=NOON) for entry in entries_to_undo]

    def go_on():
        legs = entries.advanced(Decimal(1))
        return [post(event(borrower, legs, key=f"on-{n}"), now=NOON) for n in range(40)]

    outcomes = together(undo, go_on)

    assert [len(each) for each in outcomes] == [40, 40]
    assert totals(borrower) == (40, 1040, 0)
    assert ledger_balanced()


def test_the_houses_accounts_are_opened_once_by_many(transactional_db):
    borrowers = open_subledgers(4)

    def lend(borrower):
        asked = event(borrower, entries.advanced(Decimal(1)), key=f"{borrower.pk}")
        return lambda: post(asked, now=NOON)

    outcomes = together(*(lend(each) for each in borrowers))

    assert all(isinstance(each, Entry) for each in outcomes)
    assert LedgerAccount.objects.filter(subledger=None).count() == 4
    assert Subledger.objects.filter(owed=1, cash=1).count() == 4
    assert Kind.HOUSE_BANK in LedgerAccount.objects.values_list("kind", flat=True)
