"""What may be sold, in what slices, and what waits."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.valuation.pools import PoolLine
from lending.liquidation.plan import (
    DUST,
    LEAST_SLICE,
    is_tradable,
    next_slice,
    offers_of,
    sale_plan,
    worth_selling,
)
from lending.trading.impact import impact
from tests.factories import NOON

HALF_SPREAD, SIGMA = Decimal("0.0005"), Decimal("0.045")


class Market:
    """Costs of a size by the square-root law, at 150 million a day (domain/liquidation.md 5.6)."""

    name = "market"

    def __init__(self, prices, fee="0.0025", adv=150_000_000):
        self.prices, self.fee, self.adv = prices, Decimal(fee), Decimal(adv)

    def cost(self, asset_id, units, *, now):
        given_up = impact(
            units * self.prices[asset_id],
            half_spread=HALF_SPREAD,
            y=Decimal(1),
            sigma=SIGMA,
            adv=self.adv,
        )
        return given_up + self.fee


def line(code="BTC", units="12", price="525000", lending="0.60", lot="0.00001", asset_id=1):
    return PoolLine(
        pool_id=1,
        asset_id=asset_id,
        code=code,
        name=code,
        kind="va",
        market="24h",
        step=Decimal("0.00000001"),
        lot=Decimal(lot),
        units=Decimal(units),
        price=Decimal(price),
        observed_at=NOON,
        is_fresh=True,
        source="test",
        volume=None,
        lending_haircut=Decimal(lending),
        liquidation_haircut=Decimal("0.35"),
    )


BTC = line()
ETH = line("ETH", units="150", price="18000", lot="0.0001", asset_id=2)
STOCK = line("2800", units="20000", price="368", lending="0.30", lot="100", asset_id=3)
SAMPLE = {"debt": Decimal(10_400_000), "margin_value": Decimal(9_414_400)}
MARKET = Market({1: BTC.price, 2: ETH.price, 3: STOCK.price})


def planned(lines, *, depths=None, market=MARKET, **owed):
    return sale_plan(
        lines,
        market,
        target=Decimal("0.95"),
        depths=depths or {},
        now=NOON,
        **(owed or SAMPLE),
    )


def test_the_cost_of_the_size_and_the_size_settle_on_each_other():
    """domain/liquidation.md 5.6: 2,382,220, and 25 bp of fees; up to the lot."""
    [sale] = planned([BTC]).sales

    assert sale.value == Decimal("2382224.25")
    settled = sale.value * MARKET.cost(1, sale.units, now=NOON)
    assert abs(sale.cost - settled) < BTC.lot * BTC.price


def test_the_same_lines_in_another_order_make_the_same_plan_up_to_equals():
    assert planned([BTC, ETH, STOCK]).sales == planned([STOCK, ETH, BTC]).sales


def test_offers_know_what_can_be_sold_now():
    thin, shut, free = offers_of(
        [BTC, STOCK, ETH],
        MARKET,
        depths={1: Decimal("0.123456"), 3: Decimal(0), 2: None},
        sizes={"ETH": Decimal(1)},
        now=NOON,
    )

    assert thin.available == Decimal("0.12345")
    assert shut.available == 0
    assert free.available == ETH.units
    assert thin.cost == MARKET.cost(1, Decimal("0.123456"), now=NOON)
    assert free.cost == MARKET.cost(2, Decimal(1), now=NOON)


class TestNextSlice:
    def test_is_the_first_sale_of_the_plan(self):
        plan = planned([BTC, ETH, STOCK])

        chosen = next_slice(plan, [ETH, BTC, STOCK])

        assert (chosen.line.code, chosen.units) == (plan.sales[0].asset, plan.sales[0].units)

    def test_dust_that_the_depth_leaves_waits_and_the_next_asset_is_sold(self):
        """0.03 BTC is HKD 15,750: below the least slice, while there is more of it to sell."""
        plan = planned([BTC, STOCK], depths={1: Decimal("0.03")})

        assert [sale.asset for sale in plan.sales] == ["BTC", "2800"]
        assert next_slice(plan, [BTC, STOCK]).line == STOCK

    def test_all_wait_where_every_market_is_thin(self):
        plan = planned([BTC, ETH], depths={1: Decimal("0.03"), 2: Decimal("0.5")})

        assert len(plan.sales) == 2
        assert next_slice(plan, [BTC, ETH]) is None

    def test_a_small_sale_that_reaches_the_target_is_sent(self):
        owed = {"debt": Decimal(2_395_000), "margin_value": Decimal(2_520_000)}
        plan = planned([BTC], **owed)

        assert plan.sales[0].value < LEAST_SLICE
        assert next_slice(plan, [BTC]).units == plan.sales[0].units

    def test_the_last_of_an_asset_is_sent_however_small(self):
        little = replace(BTC, units=Decimal("0.003"))
        plan = planned([little, STOCK], debt=Decimal(6_000_000), margin_value=Decimal(5_152_630))

        assert next_slice(plan, [little, STOCK]).units == Decimal("0.003")

    def test_nothing_is_sold_where_the_target_holds(self):
        plan = planned([BTC], debt=Decimal("2393999.98"), margin_value=Decimal(2_520_000))

        assert plan.sales == ()
        assert next_slice(plan, [BTC]) is None


@pytest.mark.parametrize(
    ("depth", "tradable"),
    [
        (None, True),
        ("12", True),
        ("13", True),
        ("0", False),
        ("0.000009", False),
        ("0.03809", False),  # HKD 19,997.
        ("0.0381", True),  # HKD 20,002.
    ],
)
def test_a_line_is_tradable_whole_or_by_a_slice_worth_sending(depth, tradable):
    assert is_tradable(BTC, depth and Decimal(depth)) is tradable


def test_a_line_smaller_than_a_slice_is_tradable_whole():
    little = replace(BTC, units=Decimal("0.000001"))

    assert is_tradable(little, Decimal("0.000001"))
    assert not is_tradable(little, Decimal("0.0000009"))


def test_dust_is_not_worth_selling_and_one_dollar_is():
    dust = replace(BTC, units=Decimal("0.0000019"))
    dollar = replace(BTC, units=DUST, price=Decimal(1))

    assert worth_selling([dust, BTC, dollar]) == [BTC, dollar]


@given(
    units=st.decimals("0.00001", 40, places=5),
    debt=st.decimals(1, 20_000_000, places=2),
    depth=st.one_of(st.none(), st.decimals(0, 40, places=6)),
)
def test_a_slice_is_never_more_than_is_held_or_than_the_market_has(units, debt, depth):
    held = replace(BTC, units=units)
    plan = planned(
        [held],
        depths={1: depth},
        debt=debt,
        margin_value=units * BTC.price * Decimal("0.4"),
    )

    chosen = next_slice(plan, [held])

    if chosen:
        assert 0 < chosen.units <= units
        assert depth is None or chosen.units <= depth
