"""Interest of the whole book in one statement says what the arithmetic says, whenever it is run."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lending.ledger import entries
from lending.ledger.balances import ledger_balanced, owed_by_kind
from lending.ledger.chart import Kind, Subledger
from lending.ledger.post import Event, post, post_many
from lending.loans.accrue import Accrual, InterestPosting, accrue, post_interest
from lending.loans.interest import (
    ACT_360,
    ACT_365_FIXED,
    accrued,
    effective_annual_rate,
    posted,
)
from lending.loans.rates import CEILING, BenchmarkRate, NoBenchmark
from lending.loans.repay import repay
from lending.margin.account import MarginAccount
from lending.margin.readings import read
from tests.factories import house, margin_account, owe, staff
from tests.proofs import guards_down, refused, sql, together
from tests.strategies import HKT, cents, spreads

FIRST = datetime(2026, 4, 1, tzinfo=HKT)  # Midnight in Hong Kong.
LATE = timedelta(minutes=5)  # The job runs a little after midnight.
DAY = timedelta(days=1)
BENCHMARK = Decimal("0.0425")


def rate_from(day: date, rate: str, currency="HKD") -> None:
    BenchmarkRate.objects.create(
        currency=currency,
        rate=Decimal(rate),
        from_date=day,
        source="test",
        maker=staff(),
        checker=staff(),
    )


def borrower(amount="1000000", *, spread="0.03", now=FIRST) -> MarginAccount:
    return margin_account(owed=amount, spread=spread, now=now)


def accrued_of(account) -> Decimal:
    return Subledger.objects.get(pk=account.subledger_id).accrued


def owed_of(account) -> dict[str, Decimal]:
    owed = owed_by_kind([account.subledger_id])[account.subledger_id]
    return {kind: amount for kind, amount in owed.items() if amount}


def pay_back(account, amount, *, key, now):
    legs = (*entries.received(amount), *entries.repaid({"principal": amount}))
    post(Event(key, "repayment", "test", account.subledger_id, legs), now=now)


def rows_of(account) -> dict[date, tuple]:
    rows = account.accruals.order_by("on_date").values_list("on_date", "balance", "rate", "amount")
    return {day: tuple(rest) for day, *rest in rows}


# --- Twins ---------------------------------------------------------------------------------------


@pytest.mark.rule("INT-5", "INT-6", "INT-7")
class SqlSaysWhatTheArithmeticSays(TestCase):
    """Two implementations that must agree: the statement for the book, and `interest.accrued`."""

    @classmethod
    def setUpTestData(cls):
        house()
        cls.accounts = [margin_account(now=FIRST) for _ in range(3)]

    within = st.timedeltas(timedelta(), 4 * DAY)
    changes = st.lists(st.tuples(st.integers(0, 2), within, st.booleans(), cents), max_size=8)

    @settings(max_examples=60)
    @given(changes=changes, runs=st.lists(within, max_size=4), rates=st.tuples(*[spreads] * 3))
    def test_whatever_is_booked_and_whenever_it_runs(self, changes, runs, rates):
        for account, spread in zip(self.accounts, rates, strict=True):
            MarginAccount.objects.filter(pk=account.pk).update(spread=spread)
        timeline = [(after, None) for after in runs] + [(each[1], each) for each in changes]
        balances = [[] for _ in self.accounts]
        for number, (after, change) in enumerate(sorted(timeline, key=lambda pair: pair[0])):
            now = FIRST + after
            if change is None:
                accrue(now=now)
                continue
            who, _, is_loan, amount = change
            owed = sum(booked for _, booked in balances[who])
            if is_loan:
                owe(self.accounts[who], amount, now=now)
            elif owed:
                amount = min(amount, owed)
                pay_back(self.accounts[who], amount, key=f"{number}", now=now)
            balances[who].append((now, amount if is_loan else -amount if owed else 0))
        accrue(now=FIRST + 5 * DAY)

        for account, booked, spread in zip(self.accounts, balances, rates, strict=True):
            expected = {}
            for number in range(5):
                ended_at = FIRST + (number + 1) * DAY
                closing = sum((amount for at, amount in booked if at < ended_at), Decimal(0))
                rate = spread + BENCHMARK
                if closing:
                    interest = accrued(closing, rate, basis=ACT_365_FIXED)
                    expected[(FIRST + number * DAY).date()] = (closing, rate, interest)
            assert rows_of(account) == expected
            assert accrued_of(account) == sum(row[2] for row in expected.values())
        assert accrue(now=FIRST + 5 * DAY).days == 0

    @settings(max_examples=100)
    @given(cents, spreads, st.sampled_from(["HKD", "USD"]))
    def test_to_the_tenth_place_in_both_currencies(self, balance, spread, currency):
        account = self.accounts[0]
        MarginAccount.objects.filter(pk=account.pk).update(spread=spread)
        Subledger.objects.filter(pk=account.subledger_id).update(currency=currency)
        owe(account, balance, now=FIRST)

        accrue(now=FIRST + DAY)

        [(booked, rate, interest)] = rows_of(account).values()
        basis = {"HKD": ACT_365_FIXED, "USD": ACT_360}[currency]
        assert (booked, interest) == (balance, accrued(balance, rate, basis=basis))


# --- The worked examples -------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.rule("INT-5", "INT-6", "INT-7")
def test_a_month_of_three_balances_and_rates():
    """Regulation E11."""
    house()
    rate_from(date(2026, 4, 1), "0.055")
    rate_from(date(2026, 4, 23), "0.06")
    account = borrower("2000000")
    owe(account, "500000", now=FIRST + 10 * DAY)

    amount = post_interest(now=FIRST + 30 * DAY + LATE)

    by_day = [row[2] for row in rows_of(account).values()]
    assert round(by_day[0], 6) == Decimal("465.753425")
    assert [round(sum(by_day[a:b]), 6) for a, b in ((0, 10), (10, 22), (22, 30))] == [
        Decimal("4657.534247"),
        Decimal("6986.301370"),
        Decimal("4931.506849"),
    ]
    assert amount == owed_of(account)["interest"] == Decimal("16575.34")


@pytest.mark.django_db
@pytest.mark.rule("INT-5")
@pytest.mark.parametrize(("currency", "interest"), [("HKD", "5095.89"), ("USD", "5166.67")])
def test_the_day_count_of_a_currency(currency, interest):
    """Glossary G7: 1,000,000 at 6% for 31 days."""
    house()
    may = datetime(2026, 5, 1, tzinfo=HKT)
    rate_from(may.date(), "0.03", currency)
    account = borrower(now=may)
    Subledger.objects.filter(pk=account.subledger_id).update(currency=currency)

    accrue(now=may + 31 * DAY)

    assert len(rows_of(account)) == 31
    assert posted(accrued_of(account)) == Decimal(interest)


# --- Which day -----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.rule("INT-6")
@pytest.mark.parametrize(
    ("drawn_at", "days"),
    [
        (FIRST + timedelta(hours=23, minutes=59), [1, 2]),
        (FIRST + DAY - timedelta(microseconds=1), [1, 2]),
        (FIRST + DAY, [2]),
        (FIRST + DAY + timedelta(minutes=1), [2]),
    ],
)
def test_a_loan_bears_interest_from_its_day_in_hong_kong(drawn_at, days):
    account = borrower("0")
    owe(account, "1000", now=drawn_at)

    accrue(now=FIRST + 2 * DAY + LATE)

    assert [day.day for day in rows_of(account)] == days


@pytest.mark.django_db
@pytest.mark.rule("INT-6")
def test_what_is_repaid_within_the_day_bears_nothing():
    account = borrower("0")
    owe(account, "1000", now=FIRST + timedelta(hours=9))
    pay_back(account, Decimal(1000), key="back", now=FIRST + timedelta(hours=23, minutes=59))

    assert accrue(now=FIRST + DAY + LATE).days == 0


@pytest.mark.django_db
@pytest.mark.rule("INT-6")
def test_a_day_accrues_when_it_is_over_in_hong_kong():
    borrower()

    assert accrue(now=FIRST + DAY - timedelta(microseconds=1)).days == 0
    assert accrue(now=FIRST + DAY).days == 1


@pytest.mark.django_db
def test_an_account_accrues_from_the_day_it_was_opened():
    first, second = borrower(), borrower(now=FIRST + DAY + timedelta(hours=9))

    accrue(now=FIRST + 3 * DAY + LATE)

    assert [day.day for day in rows_of(first)] == [1, 2, 3]
    assert [day.day for day in rows_of(second)] == [2, 3]


# --- Missed days, and twice ----------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.rule("INT-6")
def test_missed_days_are_caught_up_with_the_balances_of_those_days():
    account = borrower("1000")
    accrue(now=FIRST + DAY + LATE)
    owe(account, "500", now=FIRST + 2 * DAY + timedelta(hours=9))
    pay_back(account, Decimal(1200), key="back", now=FIRST + 3 * DAY + timedelta(hours=9))

    accrue(now=FIRST + 5 * DAY + LATE)

    assert [row[0] for row in rows_of(account).values()] == [1000, 1000, 1500, 300, 300]


@pytest.mark.django_db
def test_a_second_run_finds_nothing_to_do():
    account = borrower()
    assert accrue(now=FIRST + 3 * DAY + LATE).days == 3
    before = accrued_of(account)

    again = accrue(now=FIRST + 3 * DAY + LATE)

    assert (again.days, again.amount, accrued_of(account)) == (0, 0, before)


@pytest.mark.django_db
def test_a_book_without_accounts_accrues_nothing():
    assert accrue(now=FIRST).days == 0


@pytest.mark.django_db
def test_a_run_says_what_it_wrote():
    first, second = borrower("1000"), borrower("2000")

    run = accrue(now=FIRST + 2 * DAY)

    assert (run.days, run.amount) == (4, accrued_of(first) + accrued_of(second))


@pytest.mark.django_db
@pytest.mark.parametrize(("accounts", "days"), [(1, 1), (12, 1), (1, 5)])
def test_the_whole_book_is_one_statement(django_assert_num_queries, accounts, days):
    for _ in range(accounts):
        borrower()

    # The savepoint and its end, the last day written, the first of the book, a setting: and one.
    with django_assert_num_queries(6):
        assert accrue(now=FIRST + days * DAY).days == accounts * days


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_write_each_day_once():
    accounts = [borrower() for _ in range(5)]

    outcomes = together(*[lambda: accrue(now=FIRST + 3 * DAY)] * 3)

    assert sum(each.days for each in outcomes) == 15
    one = rows_of(accounts[0])
    assert all(rows_of(account) == one for account in accounts)
    assert {accrued_of(account) for account in accounts} == {sum(row[2] for row in one.values())}


@pytest.mark.django_db(transaction=True)
def test_a_run_and_those_who_post_never_wait_in_a_ring():
    accounts = [borrower("1000") for _ in range(30)]

    def post_backwards():
        return post_many(
            [
                Event(f"{a.pk}", "t", "t", a.subledger_id, entries.costs_charged(Decimal(1)))
                for a in reversed(accounts)
            ],
            now=FIRST + 3 * DAY,
        )

    run, posted_now, second = together(
        lambda: accrue(now=FIRST + 3 * DAY), post_backwards, lambda: accrue(now=FIRST + 3 * DAY)
    )

    assert (run.days + second.days, len(posted_now)) == (90, 30)
    assert {accrued_of(account) for account in accounts} == {
        3 * accrued(Decimal(1000), BENCHMARK + Decimal("0.03"), basis=ACT_365_FIXED)
    }


# --- What may not be -----------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.rule("INT-3")
def test_a_rate_above_the_ceiling_is_charged_at_the_ceiling():
    borrower(spread="0.30")  # With the benchmark, 34.25% a year and more than 36% in effect.

    assert accrue(now=FIRST + DAY).days == 1
    assert Accrual.objects.get().rate == CEILING
    assert effective_annual_rate(CEILING) < Decimal("0.36")


@pytest.mark.django_db
def test_a_debt_without_a_benchmark_stops_the_run_and_is_not_passed_over():
    account = borrower()
    Subledger.objects.filter(pk=account.subledger_id).update(currency="EUR")
    borrower()

    with pytest.raises(NoBenchmark, match="EUR on 2026-04-01"):
        accrue(now=FIRST + DAY)

    assert not Accrual.objects.exists()


@pytest.mark.django_db
def test_what_has_accrued_is_never_edited():
    borrower()
    accrue(now=FIRST + DAY)
    with refused("lending_accrual_append_only"):
        Accrual.objects.update(amount=0)
    with refused("lending_accrual_append_only"):
        Accrual.objects.all().delete()


def forged(account, **fields):
    described = {"on_date": FIRST.date(), "balance": 1, "rate": 0, "amount": 0, "accrued_at": FIRST}
    return Accrual.objects.create(account=account, **described | fields)


@pytest.mark.django_db
def test_a_day_is_charged_once():
    account = borrower()
    accrue(now=FIRST + DAY)
    with refused("accrual_once_a_day"):
        forged(account)


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"balance": 0}, {"balance": -1}, {"amount": -1}])
def test_an_accrual_is_of_a_debt(fields):
    account = borrower("0")
    with refused("accrual_of_a_debt"):
        forged(account, **fields)


# --- Part of the debt ----------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.rule("VAF-14", "INT-7")
def test_what_has_accrued_is_debt_before_it_is_posted():
    account = borrower()
    accrue(now=FIRST + 3 * DAY)
    interest = accrued_of(account)

    [reading] = read(now=FIRST + 3 * DAY, account_ids=[account.pk])

    assert interest == 3 * accrued(Decimal(1_000_000), Decimal("0.0725"), basis=ACT_365_FIXED)
    assert reading.debt == 1_000_000 + interest


# --- The monthly posting -------------------------------------------------------------------------

MAY = datetime(2026, 5, 1, tzinfo=HKT) + LATE
JUNE = datetime(2026, 6, 1, tzinfo=HKT) + LATE


@pytest.mark.django_db
@pytest.mark.rule("INT-7")
def test_a_month_is_posted_once():
    account = borrower()

    amount = post_interest(now=MAY)

    assert amount == posted(sum(row[2] for row in rows_of(account).values()))
    assert owed_of(account) == {"principal": 1_000_000, "interest": amount}
    assert accrued_of(account) == 0
    assert InterestPosting.objects.get().amount == amount
    assert post_interest(now=MAY) == 0
    assert post_interest(now=MAY + 29 * DAY) == 0
    assert owed_of(account)["interest"] == amount
    assert ledger_balanced()


@pytest.mark.django_db
@pytest.mark.rule("INT-7")
def test_what_accrued_since_the_posting_waits_for_the_next():
    account = borrower()
    first = post_interest(now=MAY)
    post_interest(now=MAY + 9 * DAY)
    assert accrued_of(account) > 0

    second = post_interest(now=JUNE)

    assert accrued_of(account) == 0
    assert owed_of(account) == {
        "principal": 1_000_000,
        "overdue_interest": first,
        "interest": second,
    }
    # Posted interest bears interest.
    assert rows_of(account)[date(2026, 5, 1)][0] == 1_000_000 + first


@pytest.mark.django_db
def test_what_was_due_and_paid_is_not_overdue():
    account = borrower()
    first = post_interest(now=MAY)
    repay(account, first, key="paid", now=MAY)

    second = post_interest(now=JUNE)

    assert owed_of(account) == {"principal": 1_000_000, "interest": second}


@pytest.mark.django_db
def test_a_month_of_nothing_is_posted_as_nothing():
    borrower("0")

    assert post_interest(now=MAY) == 0
    assert InterestPosting.objects.get().month == "2026-05"


@pytest.mark.django_db
def test_interest_below_half_a_cent_is_dropped_at_the_posting():
    account = borrower("0.01")

    assert post_interest(now=FIRST + DAY + LATE) == 0
    assert accrued_of(account) == 0
    assert owed_of(account) == {"principal": Decimal("0.01")}


@pytest.mark.django_db
def test_the_month_is_hong_kongs():
    borrower()
    post_interest(now=datetime(2026, 4, 30, 23, 59, tzinfo=HKT))
    post_interest(now=datetime(2026, 5, 1, 0, 1, tzinfo=HKT))

    months = InterestPosting.objects.order_by("month").values_list("month", flat=True)
    assert list(months) == ["2026-04", "2026-05"]


@pytest.mark.django_db(transaction=True)
def test_two_postings_at_once_post_a_month_once():
    account = borrower()

    outcomes = together(*[lambda: post_interest(now=MAY)] * 3)

    assert sorted(outcomes)[:2] == [0, 0]
    assert owed_of(account)["interest"] == max(outcomes)
    assert ledger_balanced()


@pytest.mark.django_db
def test_an_account_in_deficit_bears_no_interest():
    account = borrower()
    with guards_down():
        sql("UPDATE lending_marginaccount SET state = 'in_deficit'")

    assert accrue(now=FIRST + DAY).days == 0
    assert owed_of(account) == {Kind.PRINCIPAL: 1_000_000}
