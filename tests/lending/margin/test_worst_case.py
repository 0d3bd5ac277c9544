"""The worst case: everything pledged falls at once, and what is then missing is the shortfall."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.margin.worst_case import Position, fully_drawn, stressed, total_shortfall
from tests.strategies import cents, haircuts, money

positions = st.lists(
    st.builds(
        Position,
        code=st.just("X"),
        market_value=money,
        lending_haircut=haircuts,
        shock=haircuts,
    ),
    max_size=5,
)
E1 = [
    Position("STOCK_A", Decimal(120_000) * 50, Decimal("0.30"), Decimal("0.15")),
    Position("BTC", Decimal("2.5") * 700_000, Decimal("0.60"), Decimal("0.60")),
    Position("ETH", Decimal(40) * 25_000, Decimal("0.60"), Decimal("0.60")),
]


@pytest.mark.rule("JC-3")
@pytest.mark.rule("VAF-6")
def test_e15_the_stress_of_the_portfolio_of_e1():
    found = stressed(E1, debt=Decimal(5_000_000), limit=Decimal(6_000_000))

    assert found.market_value == 6_200_000
    assert found.margin_value == 4_010_000
    assert found.shortfall == 990_000
    assert found.debt < found.market_value


@pytest.mark.rule("JC-3")
def test_the_limit_of_e15_fully_drawn_is_what_an_approval_looks_at():
    debt = fully_drawn(debt=Decimal(5_000_000), limit=Decimal(6_000_000), policy_amount=None)

    assert stressed(E1, debt=debt, limit=Decimal(6_000_000)).shortfall == 1_990_000


@pytest.mark.rule("JC-3")
@given(positions, money, money, st.integers(0, 4), haircuts)
def test_a_deeper_fall_never_leaves_less_missing(held, debt, limit, place, shock):
    if held:
        place %= len(held)
        deeper = [
            replace(each, shock=max(each.shock, shock)) if n == place else each
            for n, each in enumerate(held)
        ]
        before, after = (stressed(each, debt=debt, limit=limit) for each in (held, deeper))
        assert after.shortfall >= before.shortfall


@pytest.mark.rule("JC-3")
@given(positions, money, money, cents)
def test_a_higher_limit_fully_drawn_never_leaves_less_missing(held, debt, limit, more):
    def missing(limit):
        drawn = fully_drawn(debt=debt, limit=limit, policy_amount=None)
        return stressed(held, debt=drawn, limit=limit).shortfall

    limit = max(debt, limit)  # What is owed beyond a limit is missing whatever falls.
    assert missing(limit + more) >= missing(limit)


@given(positions, money, money, money)
def test_cash_of_the_clients_own_stands_against_it_in_full(held, debt, limit, cash):
    without, with_cash = (stressed(held, debt=debt, limit=limit, cash=c) for c in (0, cash))

    assert with_cash.margin_value - without.margin_value == cash
    assert with_cash.shortfall <= without.shortfall


@given(money, money, st.none() | money)
def test_the_most_that_may_be_owed_is_within_the_limits_or_owed_already(debt, limit, policy):
    most = fully_drawn(debt=debt, limit=limit, policy_amount=policy)

    assert most == debt or debt < most <= min(limit, policy if policy is not None else limit)


@given(st.lists(positions, max_size=3), money)
def test_accounts_of_one_client_are_missing_together(held, debt):
    found = [stressed(each, debt=debt, limit=debt) for each in held]

    assert total_shortfall(found) == sum(each.shortfall for each in found)
