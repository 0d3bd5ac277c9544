"""What an event looks like in the books: pure, and no leg ever mixes two books."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.ledger import entries
from lending.ledger.chart import RECEIVABLES, Kind, book_of
from lending.ledger.entries import WATERFALL
from tests.strategies import cents, money, splits

OWED = splits(WATERFALL)
EVENTS = st.one_of(
    cents.map(entries.received),
    cents.map(entries.paid_away),
    cents.map(entries.advanced),
    cents.map(entries.interest_posted),
    cents.map(entries.interest_overdue),
    cents.map(entries.costs_charged),
    cents.map(entries.fee_charged),
    cents.map(entries.recovered),
    OWED.map(entries.repaid),
    OWED.map(entries.left_uncovered),
    st.tuples(money, money).map(lambda pair: entries.sold(*pair)),
    st.tuples(cents, money).map(lambda pair: entries.bought(*pair)),
)


def change(legs, *kinds) -> Decimal:
    """What `legs` add to the debits of `kinds`, less what they add to the credits."""
    return sum(
        ((leg.debit in kinds) - (leg.credit in kinds)) * leg.amount for leg in legs
    ) or Decimal(0)


@pytest.mark.rule("CMR-1")
@given(EVENTS)
def test_house_and_client_money_never_meet_in_a_leg(legs):
    assert all(book_of(leg.debit) == book_of(leg.credit) for leg in legs)


@given(EVENTS)
def test_a_leg_moves_something_between_two_accounts(legs):
    assert all(leg.amount > 0 and leg.debit != leg.credit for leg in legs)


@pytest.mark.rule("CMR-1")
@given(EVENTS)
def test_the_segregated_bank_holds_what_clients_are_owed(legs):
    assert change(legs, Kind.CLIENT_BANK) == -change(legs, Kind.CLIENT_CASH)


@given(cents)
def test_an_advance_is_owed_and_is_the_clients_cash(amount):
    legs = entries.advanced(amount)

    assert change(legs, Kind.PRINCIPAL) == amount
    assert change(legs, Kind.CLIENT_CASH) == change(legs, Kind.HOUSE_BANK) == -amount


@given(cents, OWED)
def test_the_waterfall_splits_the_amount_and_never_more_than_is_owed(amount, owed):
    split = entries.waterfall(amount, owed)

    assert sum(split.values()) == min(amount, sum(owed.values()))
    assert all(0 < part <= owed[kind] for kind, part in split.items())


@given(cents, OWED)
def test_nothing_is_met_before_what_stands_before_it_is_met_in_full(amount, owed):
    split = entries.waterfall(amount, owed)

    met = [split.get(kind, Decimal(0)) for kind in WATERFALL]
    due = [owed.get(kind, Decimal(0)) for kind in WATERFALL]
    for earlier in range(len(WATERFALL) - 1):
        if any(met[earlier + 1 :]):
            assert met[earlier] == due[earlier]


def test_the_order_is_the_agreements():
    assert WATERFALL == ("costs", "overdue_interest", "interest", "fees", "principal")
    assert set(WATERFALL) == set(RECEIVABLES)


@given(OWED)
def test_a_repayment_takes_the_clients_cash_and_lessens_the_debt_by_it(split):
    legs = entries.repaid(split)
    total = sum(split.values(), Decimal(0))

    assert change(legs, Kind.CLIENT_CASH) == change(legs, Kind.HOUSE_BANK) == total
    assert change(legs, *RECEIVABLES) == -total


@given(OWED)
def test_a_deficit_is_all_that_was_owed(owed):
    legs = entries.left_uncovered(owed)

    assert change(legs, Kind.DEFICIT) == sum(owed.values())
    assert all(change(legs, kind) == -amount for kind, amount in owed.items())


@given(money, money)
def test_a_sale_brings_its_value_less_its_costs(gross, costs):
    assert change(entries.sold(gross, costs), Kind.CLIENT_CASH) == costs - gross


@given(cents, money)
def test_a_purchase_is_paid_with_its_costs(gross, costs):
    assert change(entries.bought(gross, costs), Kind.CLIENT_CASH) == gross + costs
