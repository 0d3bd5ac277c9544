"""A sale reaches its target or takes everything, and sells no more than it must."""

from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from collateral.amounts import EXACT, NOTHING, NotAnAmount
from lending.liquidation.sizing import (
    Offer,
    helps,
    plan,
    relief_of,
    sale_to_cure,
    sale_to_target,
)
from lending.trading.impact import impact

TARGET = Decimal("0.95")
ONE = Decimal(1)
NO_LIMIT = Decimal(10) ** 15

VENUE = {
    "half_spread": Decimal("0.0005"),
    "y": ONE,
    "sigma": Decimal("0.045"),
    "adv": Decimal(150_000_000),
}

# Liquidation 5.1, after the fall.
DEBT = Decimal(10_400_000)
MARGIN_VALUE = Decimal(9_414_400)


def offer(asset, units, price, haircut, cost, lot):
    return Offer(asset, *(Decimal(number) for number in (units, price, haircut, cost, lot)))


BTC = offer("BTC", 12, 525_000, "0.60", "0.0075", "1E-8")
ETH = offer("ETH", 150, 18_000, "0.60", "0.01", "1E-8")
INDEX = offer("INDEX", 20_000, 368, "0.30", "0.005", 100)
MID = offer("MID", 300_000, "5.52", "0.60", "0.025", 1000)
SAMPLE = [BTC, ETH, INDEX, MID]

offers = st.builds(
    Offer,
    asset=st.just("ANY"),
    units=st.decimals(min_value=0, max_value=10**5, places=8),
    price=st.decimals(min_value="0.01", max_value=10**6, places=4),
    haircut=st.decimals(min_value=0, max_value=1, places=4),
    cost=st.decimals(min_value=0, max_value="0.5", places=6),
    lot=st.sampled_from([Decimal(s) for s in ("1E-8", "0.01", "1", "100")]),
)
shares = st.decimals(min_value=0, max_value=3, places=4)


def margin_value_of(pledged, cash=NOTHING):
    with localcontext(EXACT):
        return sum((o.units * o.price * (1 - o.haircut) for o in pledged), cash)


@st.composite
def pools(draw, size=4):
    """Offers named by their place, a debt up to three times the margin value, and that value."""
    pledged = draw(st.lists(offers, min_size=1, max_size=size))
    pledged = [replace(one, asset=str(place)) for place, one in enumerate(pledged)]
    cash = draw(st.decimals(min_value=0, max_value=10**6, places=2))
    lent_on = margin_value_of(pledged, cash)
    debt = round(lent_on * draw(shares) + draw(st.sampled_from([0, 10**6])), 10)
    return pledged, debt, lent_on


def after(sold, debt, margin_value):
    """Debt and margin value in fractions, once so many units of each offer are sold."""
    debt, margin_value = Fraction(debt), Fraction(margin_value)
    for one, units in sold:
        value = Fraction(units) * Fraction(one.price)
        debt -= value * (1 - Fraction(one.cost))
        margin_value -= value * (1 - Fraction(one.haircut))
    return debt, margin_value


def target_holds(debt, margin_value, target=TARGET):
    return debt <= 0 or debt <= Fraction(target) * margin_value


@given(pools(size=1))
@pytest.mark.rule("SMF-40", "VAF-16")
def test_a_sale_reaches_the_target_or_takes_all_that_is_held(pool):
    [one], debt, margin_value = pool
    units = sale_to_target(one, debt=debt, margin_value=margin_value, target=TARGET)

    assert 0 <= units <= one.units
    assert units == one.units or (Fraction(units) / Fraction(one.lot)).denominator == 1
    assert target_holds(*after([(one, units)], debt, margin_value)) or units == one.units


@given(pools(size=1))
@pytest.mark.rule("SMF-40", "VAF-16")
def test_one_lot_less_would_not_do(pool):
    [one], debt, margin_value = pool
    units = sale_to_target(one, debt=debt, margin_value=margin_value, target=TARGET)
    assume(units > 0)

    less = max(Fraction(0), Fraction(units) - Fraction(one.lot))
    assert not target_holds(*after([(one, less)], debt, margin_value))


@given(pools(size=1))
def test_no_more_is_sold_than_repays_the_whole_debt_but_for_a_lot(pool):
    [one], debt, margin_value = pool
    units = sale_to_target(one, debt=debt, margin_value=margin_value, target=TARGET)
    assume(units > 0)

    less = Fraction(units) - Fraction(one.lot)
    assert less * Fraction(one.price) * (1 - Fraction(one.cost)) < Fraction(debt)


@given(pools())
@pytest.mark.rule("SMF-40")
def test_a_plan_reaches_the_target_or_sells_everything(pool):
    pledged, debt, margin_value = pool
    done = plan(pledged, debt=debt, margin_value=margin_value, target=TARGET)
    sold = {sale.asset: sale for sale in done.sales}
    sums = after([(pledged[int(a)], sale.units) for a, sale in sold.items()], debt, margin_value)

    assert sums == (Fraction(done.debt_after), Fraction(done.margin_value_after))
    assert done.reaches_target == target_holds(*sums)
    assert done.reaches_target != done.closes_out
    assert len(sold) == len(done.sales)
    for one in pledged:
        units = sold[one.asset].units if one.asset in sold else 0
        assert units <= one.units
        assert units == one.units or not done.closes_out


@given(pools())
def test_what_a_plan_sells_last_could_not_be_a_lot_less(pool):
    pledged, debt, margin_value = pool
    done = plan(pledged, debt=debt, margin_value=margin_value, target=TARGET)
    assume(done.sales)

    sold = [(pledged[int(sale.asset)], Fraction(sale.units)) for sale in done.sales]
    one, units = sold[-1]
    sold[-1] = one, max(Fraction(0), units - Fraction(one.lot))
    assert not target_holds(*after(sold, debt, margin_value))


@given(pools())
def test_a_plan_never_makes_the_usage_worse_on_its_way(pool):
    pledged, debt, margin_value = pool
    done = plan(pledged, debt=debt, margin_value=margin_value, target=TARGET)
    assume(not done.closes_out)

    before = Fraction(debt), Fraction(margin_value)
    for sale in done.sales:
        now = after([(pledged[int(sale.asset)], sale.units)], *before)
        assert now[0] <= 0 or now[0] * before[1] <= before[0] * now[1]
        before = now


@st.composite
def called_pools(draw):
    """Called accounts with haircuts and costs as they are: the target is in reach, and all help."""
    pledged = draw(st.lists(offers, min_size=2, max_size=4))
    pledged = [
        replace(
            one,
            haircut=draw(st.decimals(min_value="0.2", max_value="0.8", places=4)),
            cost=draw(st.decimals(min_value="0.0001", max_value="0.05", places=6)),
            lot=Decimal("1E-18"),
        )
        for one in pledged
    ]
    lent_on = margin_value_of(pledged)
    with localcontext(EXACT):
        debt = lent_on * draw(st.decimals(min_value=TARGET, max_value="1.1", places=4))
    return pledged, debt, lent_on


@given(called_pools(), st.permutations(range(4)))
def test_where_all_help_no_other_order_is_cheaper(pool, order):
    """The fractional knapsack of liquidation 5.5: lots so small that they do not matter."""
    pledged, debt, margin_value = pool
    done = plan(pledged, debt=debt, margin_value=margin_value, target=TARGET)

    cost, owed, lent_on = Fraction(0), debt, margin_value
    for one in [pledged[index] for index in order if index < len(pledged)]:
        units = sale_to_target(one, debt=owed, margin_value=lent_on, target=TARGET)
        cost += Fraction(units) * Fraction(one.price) * Fraction(one.cost)
        value = units * one.price
        owed, lent_on = owed - value * (1 - one.cost), lent_on - value * (1 - one.haircut)

    assert done.reaches_target
    assert sum(Fraction(sale.cost) for sale in done.sales) <= cost + Fraction(1, 100)


@given(pools(), st.lists(st.none() | shares, min_size=4, max_size=4))
def test_no_more_is_sold_than_may_be_sold_now(pool, thin):
    pledged, debt, margin_value = pool
    pledged = [
        replace(one, sellable=None if part is None else one.units * part)
        for one, part in zip(pledged, thin, strict=False)
    ]
    done = plan(pledged, debt=debt, margin_value=margin_value, target=TARGET)

    for sale in done.sales:
        one = pledged[int(sale.asset)]
        assert 0 < sale.units <= one.units
        assert one.sellable is None or sale.units <= one.sellable
    assert len({sale.asset for sale in done.sales}) == len(done.sales)


@given(pools())
def test_an_account_at_its_target_sells_nothing(pool):
    pledged, _, margin_value = pool
    with localcontext(EXACT):
        at_target = margin_value * TARGET
    done = plan(pledged, debt=at_target, margin_value=margin_value, target=TARGET)

    assert (done.sales, done.reaches_target, done.closes_out) == ((), True, False)


@pytest.mark.parametrize(
    ("one", "value", "shown", "debt_after", "lent_on_after"),
    [
        (BTC, 2_377_665, "4.5289", 8_040_167, 8_463_334),
        (replace(INDEX, lot=Decimal("1E-8")), 4_413_091, "11992.1", 6_008_975, 6_325_236),
        (INDEX, 4_416_000, "12000.0", 6_006_080, 6_323_200),
    ],
)
@pytest.mark.rule("SMF-40")
def test_partial_sales_of_the_sample_account(one, value, shown, debt_after, lent_on_after):
    """Liquidation 5.3; the stock before the lot, as there, and in lots of 100."""
    units = sale_to_target(one, debt=DEBT, margin_value=MARGIN_VALUE, target=TARGET)
    shown = Decimal(shown)

    assert round(units * one.price) == pytest.approx(value, abs=1)
    assert units.quantize(shown) == shown
    owed, lent_on = after([(one, units)], DEBT, MARGIN_VALUE)
    assert owed <= Fraction(TARGET) * lent_on
    assert (round(owed), round(lent_on)) == (debt_after, lent_on_after)


@pytest.mark.parametrize(
    ("one", "until"), [(BTC, "2.481"), (ETH, "2.475"), (MID, "2.438"), (INDEX, "1.421")]
)
def test_selling_helps_only_up_to_a_usage(one, until):
    """Liquidation 5.3."""
    lent_on = Decimal(1_000_000)

    assert helps(one, debt=lent_on * (Decimal(until) - Decimal("0.001")), margin_value=lent_on)
    assert not helps(one, debt=lent_on * (Decimal(until) + Decimal("0.001")), margin_value=lent_on)


def test_on_the_line_itself_selling_goes_on_until_the_debt_is_gone():
    even = offer("EVEN", 10, 1, "0", "0", 1)
    done = plan([even], debt=Decimal(10), margin_value=Decimal(10), target=TARGET)

    assert [sale.units for sale in done.sales] == [10]
    assert (done.debt_after, done.reaches_target, done.closes_out) == (0, True, False)


def test_an_asset_that_carries_no_margin_value_always_helps():
    bare = replace(MID, haircut=ONE)

    assert helps(bare, debt=Decimal(1), margin_value=Decimal(0))
    assert sale_to_target(bare, debt=Decimal(5382), margin_value=Decimal(0), target=TARGET) == 1000


@pytest.mark.parametrize(
    ("one", "relief", "ratio"),
    [
        (BTC, "0.6125", "0.0122"),
        (INDEX, "0.3300", "0.0152"),
        (ETH, "0.6100", "0.0164"),
        (MID, "0.5950", "0.0420"),
    ],
)
def test_relief_and_its_cost(one, relief, ratio):
    """Liquidation 5.5."""
    assert relief_of(one, target=TARGET) == Decimal(relief)
    assert round(one.cost / relief_of(one, target=TARGET), 4) == Decimal(ratio)


def sold(*, of):
    done = plan(of, debt=DEBT, margin_value=MARGIN_VALUE, target=TARGET)
    assert done.reaches_target
    return [(s.asset, round(s.value)) for s in done.sales], round(sum(s.cost for s in done.sales))


def by_the_cent(one):
    """The same in lots worth next to nothing, as the worked numbers are in dollars."""
    return replace(one, lot=Decimal("1E-8"))


def test_three_plans_for_the_sample_account():
    """Liquidation 5.5: all open; a thin venue for BTC; no crypto to be sold."""
    index = by_the_cent(INDEX)
    a_million = replace(BTC, sellable=Decimal(1_000_000) / 525_000)

    assert sold(of=SAMPLE) == ([("BTC", 2_377_665)], 17_832)
    assert sold(of=[ETH, MID, index, a_million]) == (
        [("BTC", 1_000_000), ("INDEX", 2_557_030)],
        20_285,
    )
    assert sold(of=[index, MID]) == ([("INDEX", 4_413_091)], 22_065)


@pytest.mark.parametrize(
    ("debt", "order"),
    [
        (16_000_000, ["BTC", "INDEX", "ETH"]),
        # At this usage the stock helps only once BTC and ETH have brought it under 142.1%.
        (16_800_000, ["BTC", "ETH", "INDEX"]),
    ],
)
def test_assets_go_by_their_cost_for_the_relief_once_they_help(debt, order):
    """Liquidation 5.3 and 5.5."""
    deep = plan(SAMPLE, debt=Decimal(debt), margin_value=MARGIN_VALUE, target=TARGET)

    assert [sale.asset for sale in deep.sales] == order
    assert deep.reaches_target


def test_a_shut_market_is_waited_for_and_nothing_worsens_meanwhile():
    shut = replace(BTC, sellable=Decimal(0))
    stock = replace(INDEX, haircut=Decimal("0.10"), cost=Decimal("0.2"))
    lent_on = Decimal(2_520_000) + 20_000 * 368 * Decimal("0.90")
    done = plan([shut, stock], debt=lent_on + 100_000, margin_value=lent_on, target=TARGET)

    assert not done.closes_out
    assert done.sales == ()
    assert not done.reaches_target


def test_an_asset_that_brings_no_relief_is_sold_only_to_the_end_of_the_debt():
    bare = offer("BARE", 1000, 1, "0", "0.05", 1)  # 0.95 repaid, 0.95 of its margin value gone.

    assert relief_of(bare, target=TARGET) == 0
    assert sale_to_target(bare, debt=Decimal(475), margin_value=ONE, target=TARGET) == 500


def test_an_odd_lot_goes_only_with_all_that_is_held():
    odd = replace(INDEX, units=Decimal(150))

    assert replace(odd, sellable=Decimal(150)).available == 150
    assert replace(odd, sellable=Decimal(149)).available == 100


def test_out_of_reach_sells_everything_and_leaves_a_deficit():
    done = plan(SAMPLE, debt=Decimal(20_000_000), margin_value=MARGIN_VALUE, target=TARGET)

    assert done.closes_out
    assert {sale.asset: sale.units for sale in done.sales} == {o.asset: o.units for o in SAMPLE}
    assert done.margin_value_after == 0
    assert done.debt_after > 0


@pytest.mark.rule("SMF-40", "VAF-16", "VAF-10")
def test_partial_liquidation_to_a_target_usage():
    """Regulation E14: in value, so one dollar a unit."""
    one = offer("BTC", 1_400_000, 1, "0.60", "0.01", "0.0001")
    units = sale_to_target(
        one, debt=Decimal(5_000_000), margin_value=Decimal(4_850_000), target=TARGET
    )
    owed, lent_on = after([(one, units)], 5_000_000, 4_850_000)

    assert round(units, 2) == Decimal("643442.62")
    assert round(owed, 2) == Fraction("4362991.80")
    assert round(lent_on, 2) == Fraction("4592622.95")


@pytest.mark.rule("SMF-41", "VAF-10")
@pytest.mark.parametrize(
    ("held", "haircut", "cost", "value"),
    [
        (5_700_000, "0.30", "0", "500000.00"),
        (1_400_000, "0.60", "0", "250000.00"),
        (1_400_000, "0.60", "0.01", "254237.29"),
    ],
)
def test_a_sale_by_the_client_to_the_whole_margin_value(held, haircut, cost, value):
    """Regulation E2, in value and to a level of one."""
    units = sale_to_cure(
        offer("ANY", held, 1, haircut, cost, "0.0001"),
        debt=Decimal(5_000_000),
        margin_value=Decimal(4_850_000),
        credit_limit=Decimal(6_000_000),
        policy_amount=None,
        level=ONE,
    )

    assert round(units, 2) == Decimal(value)


@given(pools(size=1), st.none() | st.decimals(min_value=0, max_value=10**7, places=2))
def test_what_the_client_sells_to_cure_cures_and_a_lot_less_does_not(pool, credit_limit):
    [one], debt, margin_value = pool
    one = replace(one, haircut=max(one.haircut, Decimal("0.5")))  # So that selling brings relief.
    ceiling = NO_LIMIT if credit_limit is None else credit_limit
    units = sale_to_cure(
        one,
        debt=debt,
        margin_value=margin_value,
        credit_limit=ceiling,
        policy_amount=None,
        level=TARGET,
    )

    def cures(sold):
        owed, lent_on = after([(one, sold)], debt, margin_value)
        return target_holds(owed, lent_on) and owed <= ceiling

    if units is None:
        assert not cures(one.units)
    else:
        assert cures(units)
        assert units == 0 or not cures(max(Fraction(0), Fraction(units) - Fraction(one.lot)))


def test_a_credit_limit_is_cured_by_what_the_sale_repays():
    units = sale_to_cure(
        BTC,
        debt=Decimal(8_500_000),
        margin_value=MARGIN_VALUE,
        credit_limit=Decimal(8_000_000),
        policy_amount=Decimal(7_979_000),
        level=TARGET,
    )

    assert units == Decimal("0.99988006")  # 521,000 over 525,000 x 0.9925.


def test_size_and_impact_settle_in_three_rounds():
    """Liquidation 5.6: a fee of 25 basis points beside the impact."""
    value = Decimal(2_377_665)
    for _ in range(3):
        cost = Decimal("0.0025") + impact(value, **VENUE)
        one = offer("BTC", 6_300_000, 1, "0.60", cost, "0.01")
        value = sale_to_target(one, debt=DEBT, margin_value=MARGIN_VALUE, target=TARGET)

    assert round(value) == pytest.approx(2_382_220, abs=1)


def test_the_sample_account_sold_in_slices():
    """
    Liquidation 5.6: at most 450,000 at once, re-sized before each slice.

    A slice is sized as if it cost its cap, 30 basis points, and costs its impact; the fee is 25.
    """
    owed, lent_on, slices, usage = DEBT, MARGIN_VALUE, [], []
    fee, cap, given_up = Decimal("0.0025"), Decimal("0.0030"), impact(Decimal(450_000), **VENUE)
    while owed > TARGET * lent_on:
        held = offer("BTC", 6_300_000 - sum(slices), 1, "0.60", fee + cap, "0.01")
        one = replace(held, sellable=Decimal(450_000))
        slices.append(sale_to_target(one, debt=owed, margin_value=lent_on, target=TARGET))
        owed -= slices[-1] * (1 - fee - given_up)
        lent_on -= slices[-1] * Decimal("0.40")
        usage.append(round(100 * owed / lent_on, 1))

    assert usage == [Decimal(u) for u in ("107.8", "105.0", "102.1", "99.0", "95.9", "95.0")]
    assert round(slices[-1]) == 119_798
    assert round(sum(slices)) == 2_369_798
    assert round(sum(slices) / 525_000, 3) == Decimal("4.514")


@pytest.mark.parametrize(
    "wrong",
    [
        {"units": Decimal(-1)},
        {"price": Decimal(0)},
        {"haircut": Decimal("1.1")},
        {"cost": ONE},
        {"cost": Decimal("-0.1")},
    ],
)
def test_an_offer_that_cannot_be_is_refused(wrong):
    with pytest.raises(NotAnAmount):
        replace(BTC, **wrong)
