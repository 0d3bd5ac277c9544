"""The margin book ties to the ledger and to the units, or it does not appear."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from broker.reports import margin_book as module
from broker.reports.export import to_csv
from broker.reports.margin_book import DoesNotTie, margin_book, sheet_of
from lending.ledger.balances import receivables
from lending.ledger.chart import Subledger
from lending.loans.accrue import accrue
from lending.loans.repay import repay
from lending.margin.account import MarginAccount
from lending.margin.sweep import sweep
from onboarding.clients import Service
from tests.factories import LONG_AGO, NOON, manager_for, margin_account, price
from tests.proofs import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def book():
    """Thin, called, good, without a debt, and without a price."""
    accounts = {
        "thin": margin_account(owed="180000", pledged={"BTC": "1"}),
        "called": margin_account(owed="250000", pledged={"BTC": "1"}),
        "good": margin_account(owed="50000", pledged={"BTC": "1"}),
        "empty": margin_account(),
        "unpriced": margin_account(owed="50000", pledged={"ETH": "10"}),
    }
    price("BTC", "500000", at=NOON)
    sweep(now=NOON)
    return accounts


def unguarded(statement, *values):
    """What nobody could do with the triggers in force."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_unpriced_first_then_the_thinnest_cover_then_who_owes_nothing(book):
    numbers = [line.account.number for line in margin_book(as_of=NOON).lines]

    order = ("unpriced", "called", "thin", "good", "empty")
    assert numbers == [book[name].number for name in order]


def test_equal_cover_goes_by_number():
    accounts = [margin_account(owed="100000", pledged={"BTC": "1"}) for _ in range(3)]
    price("BTC", "500000", at=NOON)

    lines = margin_book(as_of=NOON).lines
    assert [line.account for line in lines] == accounts


def test_the_sum_is_the_ledgers_with_interest_to_the_last_place(book):
    accrue(now=NOON)

    made = margin_book(as_of=NOON)

    assert made.debt == sum(line.reading.debt for line in made.lines)
    assert made.debt > receivables() == 530_000
    assert made.debt.as_tuple().exponent == -10


def test_a_debt_that_the_ledger_does_not_know_stops_it(book):
    unguarded("UPDATE lending_subledger SET owed = owed + 0.01 WHERE owed > 0")

    with pytest.raises(DoesNotTie, match=r"the accounts owe 530000\.04.*, the ledger says 530000"):
        margin_book(as_of=NOON)


def test_totals_astray_that_cancel_out_stop_it_too(book):
    ids = Subledger.objects.filter(owed__gt=0).order_by("pk").values_list("pk", flat=True)
    for change, pk in zip((1, -1), ids, strict=False):
        unguarded("UPDATE lending_subledger SET owed = owed + %s WHERE id = %s", change, pk)

    with pytest.raises(DoesNotTie, match="the ledger does not balance"):
        margin_book(as_of=NOON)


def test_units_that_nobody_moved_stop_it(book):
    unguarded("UPDATE collateral_holding SET units = units + 1")

    with pytest.raises(DoesNotTie, match="the units held are not what was moved"):
        margin_book(as_of=NOON)


def test_a_line_says_who_serves_and_how_long_the_call_is_open(book):
    manager = manager_for(book["called"])
    later = NOON + timedelta(days=2)
    price("BTC", "500000", at=later)

    line = next(x for x in margin_book(as_of=later).lines if x.account == book["called"])

    assert line.manager == str(manager)
    assert line.call.state == "issued"
    assert line.days_outstanding == 2


@pytest.mark.rule("SMF-42")
def test_days_outstanding_are_days_of_hong_kong(book):
    # Issued at noon; eight in the evening UTC is the next day in Hong Kong.
    evening = NOON.replace(hour=16, minute=30)
    days = {line.days_outstanding for line in margin_book(as_of=evening).lines}

    assert days == {1, None}


def test_only_the_manager_of_that_day_is_named(book):
    manager_for(book["good"])
    Service.objects.update(until_date=LONG_AGO.date() + timedelta(days=1))

    assert {line.manager for line in margin_book(as_of=NOON).lines} == {""}


def test_a_closed_account_is_no_line(book):
    close = "UPDATE lending_marginaccount SET state = 'closed' WHERE id = %s"
    unguarded(close, book["empty"].pk)

    assert len(margin_book(as_of=NOON).lines) == MarginAccount.objects.count() - 1


def test_it_takes_as_many_queries_for_many_accounts(book, django_assert_max_num_queries):
    for _ in range(20):
        margin_account(owed="50000", pledged={"BTC": "1"})

    with django_assert_max_num_queries(20):
        assert len(margin_book(as_of=NOON).lines) == 25


def test_the_sheet_rounds_what_is_owed_up_and_what_is_had_down(book):
    accrue(now=NOON)
    rows = to_csv(sheet_of(margin_book(as_of=NOON))).decode().split("\r\n")

    titles, unpriced, called, *_ = (row.split(",") for row in rows)
    said = dict(zip(titles, called, strict=True))
    assert said["Account"] == book["called"].number
    owed = Subledger.objects.get(account=book["called"])
    assert Decimal(said["Debt HKD"]) - (owed.owed + owed.accrued) > 0
    assert said["Margin value HKD"] == "200000.00"
    assert said["Band"] == "call"
    assert said["Deadline"] == "2026-03-05 12:00"
    assert dict(zip(titles, unpriced, strict=True))["Band"] == "not measured"
    assert dict(zip(titles, unpriced, strict=True))["Usage"] == ""


@pytest.mark.django_db(transaction=True)
def test_a_repayment_between_two_of_its_queries_does_not_part_it_from_the_ledger(monkeypatch):
    account = margin_account(owed="200000", pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON)

    def pay_and_look():
        together(lambda: repay(account, Decimal(50_000), key="between", now=NOON))
        return receivables()

    monkeypatch.setattr(module, "receivables", pay_and_look)

    assert margin_book(as_of=NOON).debt == 200_000
    assert receivables() == 150_000
