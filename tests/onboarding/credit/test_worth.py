"""Net worth counts what is verified, after its discount, and every debt whether proved or not."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.credit.worth import AssetClass, Debt, Holding, net_worth_of
from tests.strategies import cents, haircuts

holdings = st.builds(
    Holding,
    asset_class=st.sampled_from(AssetClass),
    value=cents,
    discount=haircuts,
    verified=st.booleans(),
    liquid=st.booleans(),
)
debts = st.builds(Debt, amount=cents, within_a_year=st.booleans())
lines = st.lists(holdings, max_size=6)
owed = st.lists(debts, max_size=4)


def held(value, asset_class="fiat", discount="0", *, verified=True, liquid=True):
    value, discount = Decimal(value), Decimal(discount)
    return Holding(AssetClass(asset_class), value, discount, verified=verified, liquid=liquid)


@pytest.mark.rule("VAF-5")
def test_each_class_stands_for_itself_after_its_own_discount():
    worth = net_worth_of(
        [
            held("1000000"),
            held("10000000", "other", "0.3", liquid=False),
            held("5000000", "virtual", "0.6"),
        ],
        [Debt(Decimal(2_000_000), within_a_year=False), Debt(Decimal(500_000), within_a_year=True)],
    )

    assert (worth.fiat, worth.other, worth.virtual) == (1_000_000, 7_000_000, 2_000_000)
    assert worth.debts == 2_500_000
    assert worth.total == 7_500_000
    assert worth.liquid == 2_500_000  # 3,000,000 that is liquid, less what is due in the year.
    assert worth.without_virtual == 5_500_000


@pytest.mark.rule("SMF-11")
@given(lines, owed)
def test_what_nobody_verified_counts_for_nothing(lines, owed):
    verified = [line for line in lines if line.verified]

    assert net_worth_of(lines, owed) == net_worth_of(verified, owed)


@given(lines, owed)
def test_the_lines_add_up_to_the_totals(lines, owed):
    worth = net_worth_of(lines, owed)

    assert worth.assets == sum(line.counted for line in lines)
    assert worth.total == worth.assets - worth.debts
    assert worth.without_virtual == worth.total - worth.virtual


@pytest.mark.rule("VAF-5")
@given(holdings, haircuts)
def test_a_greater_discount_never_makes_a_line_worth_more(line, discount):
    more = replace(line, discount=max(line.discount, discount))

    assert 0 <= more.counted <= line.counted <= line.value


@given(lines, owed, cents)
def test_money_that_is_verified_and_liquid_adds_to_both_figures_alike(lines, owed, amount):
    before, after = (net_worth_of(these, owed) for these in (lines, [*lines, held(str(amount))]))

    assert after.total - before.total == after.liquid - before.liquid == amount


@given(lines, owed, debts)
def test_a_debt_lowers_what_it_is_due_against(lines, owed, debt):
    before, after = net_worth_of(lines, owed), net_worth_of(lines, [*owed, debt])

    assert before.total - after.total == debt.amount
    assert before.liquid - after.liquid == (debt.amount if debt.within_a_year else 0)


def test_a_line_is_rounded_down_to_the_cent():
    assert held("0.01", "virtual", "0.6").counted == 0
    assert held("99999999999999999999.99", discount="0.000001").counted == Decimal(
        "99999899999999999999.99"
    )
