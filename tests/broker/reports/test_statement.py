"""A statement leads from each opening to its closing balance, and all of them to the ledger."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from broker.reports import statement_make
from broker.reports.margin_book import DoesNotTie
from broker.reports.period import Period, day_of, month_of
from broker.reports.statement import Statement
from broker.reports.statement_make import statements
from broker.reports.statement_tie import tie
from lending.ledger import entries
from lending.ledger.balances import owed_by_kind, trial_balance
from lending.ledger.chart import RECEIVABLES, Kind
from lending.ledger.post import Event, post
from lending.loans.accrue import InterestCharge, accrue, post_interest
from lending.margin.account import MarginAccount
from lending.margin.sweep import sweep
from tests.broker.reports.stories import (
    AFTER,
    DAY,
    DEALT,
    FIRST,
    HOUR,
    MADE,
    SOLD,
    WHOLE,
    as_read,
    dealt,
    everything_happened,
    fell,
    opened,
    settled_down,
)
from tests.factories import LONG_AGO, give, house, margin_account, price
from tests.proofs import guards_down, refused, sql
from tests.strategies import cents

pytestmark = pytest.mark.django_db
DAYS = [FIRST, DEALT, SOLD, AFTER]


def statement_of(account: MarginAccount, period: Period) -> Statement:
    [made] = statements([as_read(account)], period)
    return made


def balances_of(statement: Statement) -> dict[str, tuple[Decimal, Decimal]]:
    return {each.kind: (each.opening, each.closing) for each in statement.sections}


# --- Laws ----------------------------------------------------------------------------------------

ACTS = st.sampled_from(["lend", "repay", "charge", "pledge", "accrue", "post"])


class WhateverHappens(TestCase):
    """Any story of two borrowers over five days, cut into statements at any night."""

    @classmethod
    def setUpTestData(cls):
        house(now=LONG_AGO)
        cls.accounts = [margin_account() for _ in range(2)]

    @settings(max_examples=25)
    @given(
        st.lists(
            st.tuples(st.integers(0, 1), ACTS, cents, st.integers(0, 20)), min_size=1, max_size=12
        ),
        st.integers(0, 4),
    )
    def test_they_tie_to_one_another_and_to_the_ledger(self, story, cut):
        at, kinds = LONG_AGO, Counter()
        for number, (whose, act, amount, hours) in enumerate(story):
            at += timedelta(hours=hours)
            done(self.accounts[whose], act, amount, number, at)
            kinds[act] += 1
        days = [LONG_AGO.date() + timedelta(days=n) for n in range(12)]
        accounts = [as_read(account) for account in self.accounts]
        # Interest counts at the end of its day, once it is written.
        accrue(now=LONG_AGO + timedelta(days=12))

        tie(Period(days[0], days[-1]))
        whole = statements(accounts, Period(days[0], days[-1]))
        early = statements(accounts, Period(days[0], days[cut]))
        late = statements(accounts, Period(days[cut + 1], days[-1]))

        for all_, first, second in zip(whole, early, late, strict=True):
            for section, before, after in zip(
                all_.sections, first.sections, second.sections, strict=True
            ):
                assert (before.opening, after.closing) == (section.opening, section.closing)
                assert before.closing == after.opening
                assert len(before.lines) + len(after.lines) == len(section.lines)
            assert first.interest.ends.closing == second.interest.ends.opening
            assert first.interest.accrued + second.interest.accrued == all_.interest.accrued
            assert all_.interest.ends.closing == as_read(all_.account).subledger.accrued
        ledger = Counter({line.kind: abs(line.balance) for line in trial_balance() if line.balance})
        for kind in (*RECEIVABLES, Kind.CLIENT_CASH):
            assert sum(each.closing(kind) for each in whole) == ledger[kind]


def done(account: MarginAccount, act: str, amount: Decimal, number: int, at) -> None:
    subledger = as_read(account).subledger
    legs = {
        "lend": lambda: entries.advanced(amount),
        "repay": lambda: entries.repaid(
            entries.waterfall(
                min(amount, subledger.cash), owed_by_kind([subledger.pk])[subledger.pk]
            )
        ),
        "charge": lambda: entries.fee_charged(amount),
    }
    if act in legs:
        if made := legs[act]():
            post(Event(f"{number}", act, "test", subledger.pk, made), now=at)
    elif act == "pledge":
        give(account, {"BTC": f"{number + 1}"}, now=at)
    elif act == "accrue":
        accrue(now=at)
    else:
        post_interest(now=at)


# --- The story -----------------------------------------------------------------------------------


@pytest.fixture
def account() -> MarginAccount:
    return everything_happened()


@pytest.mark.rule("STM-3")
def test_each_day_begins_where_the_day_before_ended_and_the_month_is_all_of_them(account):
    days = [statement_of(account, day_of(day)) for day in DAYS]
    whole = statement_of(account, WHOLE)

    for before, after in zip(days, days[1:], strict=False):
        for kind, (_, closing) in balances_of(before).items():
            assert balances_of(after)[kind][0] == closing
    for kind, (opening, closing) in balances_of(whole).items():
        assert opening == balances_of(days[0])[kind][0]
        assert closing == balances_of(days[-1])[kind][1]
    rows = [line for day in days for section in day.sections for line in section.lines]
    assert len(rows) == sum(len(section.lines) for section in whole.sections)


@pytest.mark.rule("STM-3")
def test_it_shows_units_in_and_out_and_what_they_are_worth(account):
    btc = next(line for line in statement_of(account, day_of(DEALT)).collateral if line.lines)

    assert (btc.asset.code, btc.opening) == ("BTC", 2)
    assert [(line.moved.place, line.moved.units > 0) for line in btc.lines] == [
        ("client", True),
        ("venue", True),
    ]
    assert btc.closing == btc.opening + sum(line.moved.units for line in btc.lines)
    assert btc.market_value == btc.closing * 700_000


@pytest.mark.rule("STM-4")
def test_margin_ratio_is_one_less_the_haircut_and_margin_value_what_may_be_borrowed(account):
    for line in statement_of(account, WHOLE).collateral:
        assert line.valued.margin_ratio == 1 - line.valued.haircut
        assert line.margin_value == line.market_value * line.valued.margin_ratio


@pytest.mark.rule("STM-3")
def test_what_the_house_sold_stands_by_itself_with_its_call(account):
    [sale] = statement_of(account, day_of(SOLD)).own_sales
    [called] = statement_of(account, day_of(SOLD)).calls

    assert sale.call == called.call
    assert statement_of(account, day_of(DEALT)).own_sales == []
    assert len(statement_of(account, day_of(DEALT)).trades) == 1


@pytest.mark.rule("INT-9")
def test_interest_is_told_by_days_rates_and_balances(account):
    interest = statement_of(account, WHOLE).interest

    assert [len(run.days) for run in interest.runs] == [1, 1, 1, 1]
    for run in interest.runs:
        [day] = run.days
        assert day.amount == (day.balance * day.rate / interest.basis).quantize(Decimal("1E-10"))
    assert interest.ends.closing == interest.accrued - interest.posted + interest.rounding
    assert interest.posted == sum(InterestCharge.objects.values_list("posted", flat=True))


def test_days_alike_are_one_row():
    account = margin_account(owed="100000", pledged={"BTC": "1"})
    accrue(now=LONG_AGO + 4 * DAY)

    [run] = statement_of(account, WHOLE).interest.runs
    assert [day.on_date for day in run.days] == DAYS


@pytest.mark.rule("STM-20")
def test_a_statement_of_a_past_day_is_the_same_whenever_it_is_made():
    account = opened()
    dealt(account)
    then = [statement_of(account, day_of(day)) for day in (FIRST, DEALT)]
    fell()
    settled_down()
    now = [statement_of(account, day_of(day)) for day in (FIRST, DEALT)]

    assert now == then
    assert statement_of(account, day_of(SOLD)).closing(Kind.PRINCIPAL) != then[1].closing(
        Kind.PRINCIPAL
    )


def test_a_call_stands_as_it_stood_when_the_period_ended():
    account = margin_account(owed="250000", pledged={"BTC": "1"})
    price("BTC", "500000", at=LONG_AGO + HOUR)

    sweep(now=LONG_AGO + HOUR)
    [called] = statement_of(account, day_of(FIRST)).calls
    price("BTC", "900000", at=LONG_AGO + DAY)
    sweep(now=LONG_AGO + DAY)

    [again] = statement_of(account, day_of(FIRST)).calls
    assert (called.state, again.state) == ("issued", "issued")
    assert statement_of(account, day_of(DEALT)).calls[0].state == "cured"
    assert statement_of(account, day_of(SOLD)).calls == []


def test_the_value_of_an_old_price_is_shown_and_usage_is_not(account):
    statement = statement_of(account, WHOLE)

    assert statement.market_value > 0
    assert not statement.is_measured
    assert statement.usage is None


def test_with_fresh_prices_usage_is_measured():
    account = margin_account(owed="100000", pledged={"BTC": "1"})
    price("BTC", "500000", at=day_of(FIRST).ends_at - timedelta(seconds=30))
    accrue(now=LONG_AGO + DAY)
    statement = statement_of(account, day_of(FIRST))

    assert statement.usage == pytest.approx(Decimal("0.5"), rel=Decimal("0.001"))
    assert statement.owed > 100_000


# --- What does not tie ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("UPDATE lending_posting SET amount = amount + 1 WHERE id = 3", "does not balance"),
        ("UPDATE collateral_movement SET units = units + 1", "the units held"),
        ("UPDATE lending_accrual SET amount = amount + 1", "the interest that has accrued"),
        ("DELETE FROM lending_interestcharge", "the interest that has accrued"),
    ],
)
def test_books_that_were_tampered_with_have_no_statements(account, broken, said):
    tie(WHOLE)
    with guards_down():
        sql(broken.replace("id = 3", "id = (SELECT max(id) FROM lending_posting)"))

    with pytest.raises(DoesNotTie, match=said):
        tie(WHOLE)


@pytest.mark.parametrize(
    ("lost", "said"),
    [("postings", "principal"), ("movements", "BTC"), ("days_of_interest", "accrued interest")],
)
def test_a_row_that_is_not_shown_stops_a_statement(account, monkeypatch, lost, said):
    found = getattr(statement_make, lost)

    def without_the_first(period, ids):
        return {key: rows[1:] for key, rows in found(period, ids).items()}

    monkeypatch.setattr(statement_make, lost, without_the_first)

    with pytest.raises(DoesNotTie, match=said):
        statement_of(account, WHOLE)


def test_a_charge_of_interest_is_never_edited(account):
    with refused("lending_interestcharge_append_only"):
        InterestCharge.objects.update(accrued=1)


def test_many_statements_take_as_many_queries_as_one(django_assert_max_num_queries):
    accounts = [margin_account(owed="50000", pledged={"BTC": "1"}) for _ in range(12)]
    accounts = list(MarginAccount.objects.select_related("client", "subledger"))

    with django_assert_max_num_queries(16):
        assert len(statements(accounts, WHOLE)) == 12


@pytest.mark.parametrize(
    ("day", "last"), [("2026-02-11", "2026-02-28"), ("2028-02-29", "2028-02-29")]
)
def test_a_month_ends_on_its_last_day(day, last):
    period = month_of(type(FIRST).fromisoformat(day))

    assert f"{period.last}" == last
    assert period.first.day == 1
    assert WHOLE.starts_at < MADE
