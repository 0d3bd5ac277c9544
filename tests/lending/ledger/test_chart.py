"""The chart: each kind of account in its book, and bounds that nobody's money can cross."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from lending.ledger import entries
from lending.ledger.chart import (
    BORROWERS,
    CLIENT_BOOK,
    HOUSE_WIDE,
    RECEIVABLES,
    Book,
    Kind,
    LedgerAccount,
    Subledger,
    book_of,
    open_subledgers,
)
from lending.ledger.journal import Posting
from lending.ledger.post import Event, post
from tests.factories import NOON
from tests.proofs import guards_down, refused, sql

FOLLOW = "totals_follow_the_journal"

pytestmark = pytest.mark.django_db


@pytest.fixture
def borrower():
    """Owes 100 of principal and has 40 of cash."""
    [subledger] = open_subledgers(1)
    enter(subledger, entries.advanced(Decimal(100)), key="draw")
    enter(subledger, entries.paid_away(Decimal(60)), key="out")
    subledger.refresh_from_db()
    return subledger


def enter(subledger, legs, *, key):
    return post(Event(key, "test", "test", subledger.pk, legs), now=NOON)


def test_every_kind_is_a_borrowers_or_the_houses():
    assert {*BORROWERS, *HOUSE_WIDE} == set(Kind)
    assert not {*BORROWERS} & {*HOUSE_WIDE}


@pytest.mark.rule("CMR-1")
def test_client_money_has_a_book_of_its_own():
    assert {kind for kind in Kind if book_of(kind) == Book.CLIENT} == set(CLIENT_BOOK)
    assert not {*CLIENT_BOOK} & {*RECEIVABLES}


def test_a_borrower_has_one_account_of_each_kind_at_nothing():
    first, second = open_subledgers(2)

    for subledger in (first, second):
        kinds = subledger.accounts.values_list("kind", "book", "debits", "credits")
        assert {(kind, book_of(kind), 0, 0) for kind in BORROWERS} == set(kinds)
        assert (subledger.owed, subledger.cash, subledger.deficit, subledger.accrued) == (0,) * 4


@pytest.mark.parametrize("kind", BORROWERS)
def test_a_second_account_of_a_kind_is_refused(borrower, kind):
    with refused("ledger_one_account_of_a_kind"):
        LedgerAccount.objects.create(kind=kind, book=book_of(kind), subledger=borrower)


@pytest.mark.parametrize("kind", HOUSE_WIDE)
def test_the_house_has_one_account_of_a_kind_and_currency(borrower, kind):
    LedgerAccount.objects.get_or_create(kind=kind, book=book_of(kind), currency="HKD")
    with refused("ledger_one_house_account_of_a_kind"):
        LedgerAccount.objects.create(kind=kind, book=book_of(kind))


@pytest.mark.rule("CMR-1")
@pytest.mark.parametrize("kind", Kind)
def test_an_account_stands_in_the_book_of_its_kind(borrower, kind):
    other = Book.HOUSE if book_of(kind) == Book.CLIENT else Book.CLIENT
    with refused("ledger_book_follows_kind"):
        LedgerAccount.objects.create(
            kind=kind, book=other, currency="USD", subledger=borrower if kind in BORROWERS else None
        )


@pytest.mark.parametrize("kind", BORROWERS)
def test_a_borrowers_account_has_a_borrower(kind):
    with refused("ledger_borrower_accounts_have_a_borrower"):
        LedgerAccount.objects.create(kind=kind, book=book_of(kind))


@pytest.mark.parametrize("kind", HOUSE_WIDE)
def test_an_account_of_the_house_has_none(borrower, kind):
    with refused("ledger_borrower_accounts_have_a_borrower"):
        LedgerAccount.objects.create(kind=kind, book=book_of(kind), subledger=borrower)


# --- Bounds --------------------------------------------------------------------------------------


def refusal(subledger, legs) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        enter(subledger, legs, key="beyond")
    return caught.value.__cause__.diag.constraint_name


@pytest.mark.parametrize("kind", RECEIVABLES)
def test_nobody_repays_more_than_is_owed(borrower, kind):
    enter(borrower, entries.received(Decimal(1000)), key="in")
    owed = Decimal(100) if kind == Kind.PRINCIPAL else Decimal(0)

    too_much = {kind: owed + Decimal("0.01")}

    assert refusal(borrower, entries.repaid(too_much)) == "ledger_receivable_not_negative"


def test_nobody_recovers_more_than_the_deficit(borrower):
    assert refusal(borrower, entries.recovered(Decimal("0.01"))) == "ledger_receivable_not_negative"


def test_nobodys_money_is_spent_twice(borrower):
    enter(borrower, entries.paid_away(Decimal(40)), key="all")

    legs = entries.paid_away(Decimal("0.01"))

    assert refusal(borrower, legs) == "ledger_client_cash_not_negative"


def test_one_clients_money_does_not_pay_for_another(borrower):
    [other] = open_subledgers(1)

    assert refusal(other, entries.paid_away(Decimal(1))) == "ledger_client_cash_not_negative"


@pytest.mark.parametrize(
    ("total", "law"),
    [
        ("owed", "subledger_owed_not_negative"),
        ("cash", "subledger_cash_not_negative"),
        ("accrued", "subledger_accrued_not_negative"),
    ],
)
def test_no_total_is_below_nothing(borrower, total, law):
    with guards_down(), refused(law):
        sql(f"UPDATE lending_subledger SET {total} = -0.01")  # noqa: S608


# --- Totals --------------------------------------------------------------------------------------


def test_totals_are_what_was_posted(borrower):
    assert (borrower.owed, borrower.cash) == (100, 40)
    principal = borrower.accounts.get(kind=Kind.PRINCIPAL)
    cash = borrower.accounts.get(kind=Kind.CLIENT_CASH)
    assert (principal.debits, principal.credits) == (100, 0)
    assert (cash.debits, cash.credits) == (60, 100)


@pytest.mark.parametrize("total", ["owed", "cash", "deficit", "accrued"])
def test_a_borrowers_totals_are_not_edited(borrower, total):
    with refused(FOLLOW):
        Subledger.objects.filter(pk=borrower.pk).update(**{total: 1})
    with refused(FOLLOW):
        sql(f"UPDATE lending_subledger SET {total} = {total} + 1")  # noqa: S608


@pytest.mark.parametrize("total", ["debits", "credits"])
def test_an_accounts_totals_are_not_edited(borrower, total):
    with refused(FOLLOW):
        borrower.accounts.update(**{total: 1})
    with refused(FOLLOW):
        sql(f"UPDATE lending_ledgeraccount SET {total} = {total} + 1")  # noqa: S608


@pytest.mark.parametrize("total", ["owed", "cash", "deficit", "accrued"])
def test_no_borrower_is_born_with_a_total(total):
    with refused(FOLLOW):
        Subledger.objects.create(**{total: 1})


@pytest.mark.parametrize("total", ["debits", "credits"])
def test_no_account_is_born_with_a_total(borrower, total):
    with refused(FOLLOW):
        LedgerAccount.objects.create(
            kind=Kind.HOUSE_BANK, book=Book.HOUSE, currency="EUR", **{total: 1}
        )


@pytest.mark.rule("CMR-1")
def test_a_posting_never_has_its_ends_in_two_books(borrower):
    cash = borrower.accounts.get(kind=Kind.CLIENT_CASH)
    principal = borrower.accounts.get(kind=Kind.PRINCIPAL)
    entry = enter(borrower, entries.received(Decimal(1)), key="in")
    for debit, credit in ((cash, principal), (principal, cash)):
        with refused("posting_in_one_book"):
            Posting.objects.create(
                entry=entry, debit=debit, credit=credit, amount=1, booked_at=NOON
            )


def test_a_posting_never_has_its_ends_in_two_currencies(borrower):
    dollars = LedgerAccount.objects.create(kind=Kind.HOUSE_BANK, book=Book.HOUSE, currency="USD")
    principal = borrower.accounts.get(kind=Kind.PRINCIPAL)
    entry = enter(borrower, entries.received(Decimal(1)), key="in")
    with refused("posting_in_one_book"):
        Posting.objects.create(
            entry=entry, debit=principal, credit=dollars, amount=1, booked_at=NOON
        )
