"""The journal: two ends, an amount, and nothing is ever rubbed out."""

from decimal import Decimal

import pytest

from lending.ledger import entries
from lending.ledger.chart import open_subledgers
from lending.ledger.journal import Entry, Posting
from lending.ledger.post import Event, post, reverse
from tests.factories import NOON
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def posting():
    """A client paid in 100."""
    [subledger] = open_subledgers(1)
    legs = entries.received(Decimal(100))
    return post(Event("in", "test", "test", subledger.pk, legs), now=NOON).postings.get()


@pytest.mark.parametrize("amount", [0, -1])
def test_a_posting_moves_something(posting, amount):
    with refused("posting_amount_positive"):
        Posting.objects.create(
            entry=posting.entry,
            debit=posting.debit,
            credit=posting.credit,
            amount=amount,
            booked_at=NOON,
        )


def test_a_posting_has_two_ends(posting):
    with refused("posting_has_two_ends"):
        Posting.objects.create(
            entry=posting.entry, debit=posting.debit, credit=posting.debit, amount=1, booked_at=NOON
        )


def test_a_key_names_one_entry(posting):
    with refused("lending_entry_key_key"):
        Entry.objects.create(key="in", kind="x", narrative="", booked_at=NOON, value_date=NOON)


def test_an_entry_is_reversed_once(posting):
    reverse(posting.entry, reason="wrong client", now=NOON)
    with refused("lending_entry_reverses_id_key"):
        Entry.objects.create(
            key="again",
            kind="reversal",
            narrative="",
            booked_at=NOON,
            value_date=NOON,
            reverses=posting.entry,
        )


@pytest.mark.parametrize("edit", ["amount = 1", "debit_id = credit_id", "booked_at = now()"])
def test_a_posting_is_never_edited(posting, edit):
    with refused("lending_posting_append_only"):
        sql(f"UPDATE lending_posting SET {edit}")  # noqa: S608


@pytest.mark.parametrize("edit", ["key = 'x'", "value_date = '1999-01-01'", "narrative = 'x'"])
def test_an_entry_is_never_edited(posting, edit):
    with refused("lending_entry_append_only"):
        sql(f"UPDATE lending_entry SET {edit}")  # noqa: S608


def test_nothing_is_ever_deleted(posting):
    with refused("lending_posting_append_only"):
        Posting.objects.all().delete()
    with refused("lending_entry_append_only"):
        sql("DELETE FROM lending_entry")
