"""A pool is worth the sum of its lines, to the last digit, or nothing is said."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.amounts import NotAnAmount
from collateral.valuation.worth import Line, Worth, worth_of


def line(asset, units, price, lending="0.60", liquidation="0.35"):
    price = None if price is None else Decimal(price)
    return Line(asset, Decimal(units), price, Decimal(lending), Decimal(liquidation))


haircuts = st.decimals(min_value=0, max_value=1, places=6)
prices = st.decimals(min_value="0.0000000001", max_value=10**17, places=10)
lines = st.builds(
    Line,
    asset=st.sampled_from(["BTC", "ETH", "0700"]),
    units=st.decimals(min_value=0, max_value=10**19, places=18),
    price=prices,
    lending_haircut=haircuts,
    liquidation_haircut=haircuts,
)


@given(st.lists(lines, max_size=8))
def test_the_three_values_are_exact_sums(pool):
    worth = worth_of(pool)

    values = [Fraction(line.units) * Fraction(line.price) for line in pool]
    lent = [v * (1 - Fraction(line.lending_haircut)) for v, line in zip(values, pool, strict=True)]
    hard = [
        v * (1 - Fraction(line.liquidation_haircut)) for v, line in zip(values, pool, strict=True)
    ]
    assert Fraction(worth.market_value) == sum(values)
    assert Fraction(worth.margin_value) == sum(lent)
    assert Fraction(worth.liquidation_value) == sum(hard)
    assert worth.unpriced == ()


@given(st.lists(lines, max_size=6), st.randoms())
def test_the_order_of_the_lines_changes_nothing(pool, chance):
    shuffled = list(pool)
    chance.shuffle(shuffled)

    assert worth_of(shuffled) == worth_of(pool)


@pytest.mark.rule("VAF-11")
def test_one_asset_without_a_price_leaves_the_pool_without_a_worth():
    worth = worth_of([line("BTC", 2, "700000"), line("ETH", 40, None), line("0700", 100, None)])

    assert worth == Worth(None, None, None, ("ETH", "0700"))
    assert worth.with_cash(Decimal(1000)) == worth


def test_an_asset_no_longer_held_needs_no_price():
    assert worth_of([line("BTC", 1, "700000"), line("ETH", 0, None)]).market_value == 700_000


def test_an_empty_pool_is_worth_nothing():
    assert worth_of([]) == Worth(Decimal(0), Decimal(0), Decimal(0))


def test_cash_counts_in_full_in_all_three():
    worth = worth_of([line("BTC", 1, "700000")]).with_cash(Decimal("1000.50"))

    assert worth == Worth(Decimal("701000.50"), Decimal("281000.50"), Decimal("456000.50"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"units": "-1"},
        {"price": "0"},
        {"price": "-1"},
        {"price": "NaN"},
        {"lending": "1.01"},
        {"liquidation": "-0.01"},
    ],
)
def test_a_line_that_cannot_be_is_refused(wrong):
    with pytest.raises((NotAnAmount, ArithmeticError)):
        line(**{"asset": "BTC", "units": 1, "price": "700000"} | wrong)


@pytest.mark.rule("VAF-8", "SMF-41")
def test_margin_value_of_a_mixed_pool():
    """Regulation E1."""
    worth = worth_of(
        [
            line("STOCK_A", 120_000, "50", "0.30", "0.20"),
            line("BTC", "2.5", "700000"),
            line("ETH", 40, "25000"),
        ]
    )

    assert (worth.market_value, worth.margin_value) == (8_750_000, 5_300_000)


@pytest.mark.rule("VAF-10", "SMF-41")
def test_margin_value_after_the_fall():
    """Regulation E2."""
    worth = worth_of(
        [
            line("STOCK_A", 120_000, "47.5", "0.30", "0.20"),
            line("BTC", "2.5", "560000"),
            line("ETH", 40, "18750"),
        ]
    )

    assert (worth.market_value, worth.margin_value) == (7_850_000, 4_850_000)


@pytest.mark.rule("VAF-17")
def test_margin_value_once_the_loan_is_above_the_market_value():
    """Regulation E4: values given, so one unit of each."""
    worth = worth_of(
        [
            line("STOCK_A", 1, "3500000", "0.30", "0.20"),
            line("BTC", 1, "900000"),
            line("ETH", 1, "500000"),
        ]
    )

    assert (worth.market_value, worth.margin_value) == (4_900_000, 3_010_000)


@pytest.mark.rule("VAF-8")
def test_bitcoin_alone_lends_two_fifths():
    """Regulation E5."""
    assert worth_of([line("BTC", 10, "700000")]).margin_value == 2_800_000


@pytest.mark.parametrize(
    ("prices", "market", "margin", "health"),
    [
        (("700000", "24000", "400", "6"), 21_800_000, 11_120_000, "1.345"),
        (("525000", "18000", "368", "5.52"), 18_016_000, 9_414_400, "1.130"),
    ],
)
def test_two_haircuts_put_the_call_before_the_hard_line(prices, market, margin, health):
    """Liquidation 5.1 and 5.2: health is liquidation value over a debt of 10.4 million."""
    btc, eth, index, mid = prices
    worth = worth_of(
        [
            line("BTC", 12, btc, "0.60", "0.45"),
            line("ETH", 150, eth, "0.60", "0.45"),
            line("INDEX", 20_000, index, "0.30", "0.20"),
            line("MID", 300_000, mid, "0.60", "0.45"),
        ]
    )

    assert (worth.market_value, worth.margin_value) == (market, margin)
    assert round(worth.liquidation_value / 10_400_000, 3) == Decimal(health)
