"""What pools are worth: the statement for the book and the lines of one pool are twins."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.assets import Asset, Kind, Market, Sector, Tier
from collateral.custody.movements import Place, Transfer, record
from collateral.haircuts import Haircut
from collateral.valuation.pools import pool_lines, pool_values_sql
from tests.factories import FRESH, NOON, give, house, margin_account, price, staff
from tests.strategies import haircuts, prices, whole_steps

MOMENT = timedelta(microseconds=1)


def values(*, now=NOON, only="TRUE") -> dict[int, tuple]:
    """(market, margin, liquidation) value of each pool, by the statement for the book."""
    with connection.cursor() as cursor:
        cursor.execute(pool_values_sql(only), {"now": now})
        return {pool: tuple(rest) for pool, *rest in cursor.fetchall()}


def haircut(asset, lending, liquidation, *, at=NOON):
    return Haircut.objects.create(
        asset=asset,
        lending=Decimal(lending),
        liquidation=Decimal(liquidation),
        frr=1,
        effective_at=at,
        reason="test",
        maker=staff(),
        checker=staff(),
    )


@pytest.fixture
def pool(db):
    """One bitcoin and a hundred shares."""
    return margin_account(pledged={"BTC": "1", "0700": "100"}).pool


# --- Twins ---------------------------------------------------------------------------------------


CODES = ("BTC", "ETH", "USD", "0700", "0005")
PLEDGES = st.dictionaries(st.sampled_from(CODES), st.integers(1, 10**9), max_size=4)
MARKETS = st.tuples(
    st.none() | prices,
    st.integers(0, 200),  # Age of the price in seconds; it lives 90.
    st.none() | st.tuples(haircuts, haircuts).map(lambda pair: sorted(pair, reverse=True)),
    st.booleans(),
)


class TheBookAndThePoolAgree(TestCase):
    """Two implementations that must agree: the sums of pools.sql, and the lines added up."""

    @classmethod
    def setUpTestData(cls):
        cls.assets = house().assets
        cls.people = {"maker": staff(), "checker": staff()}
        cls.accounts = [margin_account() for _ in range(3)]

    @settings(max_examples=60)
    @given(
        pledged=st.lists(PLEDGES, min_size=3, max_size=3),
        states=st.fixed_dictionaries(dict.fromkeys(CODES, MARKETS)),
    )
    def test_to_the_last_digit(self, pledged, states):
        for account, steps in zip(self.accounts, pledged, strict=True):
            give(account, {code: self.assets[code].step * n for code, n in steps.items()})
        for code, (value, age, pair, marginable) in states.items():
            asset = self.assets[code]
            Asset.objects.filter(pk=asset.pk).update(marginable=marginable)
            if value is not None:
                price(asset, value, at=NOON - timedelta(seconds=age))
            if pair and asset.kind != Kind.VA:
                lending, liquidation = pair
                Haircut.objects.create(
                    asset=asset,
                    lending=lending,
                    liquidation=liquidation,
                    frr=1,
                    effective_at=NOON,
                    reason="",
                    **self.people,
                )

        lines = pool_lines([account.pool_id for account in self.accounts], now=NOON)

        assert values() == {pool: added_up(held) for pool, held in lines.items()}
        assert set(lines) == {
            account.pool_id for account, steps in zip(self.accounts, pledged, strict=True) if steps
        }


def added_up(lines) -> tuple:
    if not all(line.is_fresh for line in lines):
        return (None, None, None)
    return (
        sum(line.market_value for line in lines),
        sum(line.margin_value for line in lines),
        sum(line.liquidation_value for line in lines),
    )


class APoolIsWorthMoreWithMore(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.account = margin_account(pledged={"BTC": "1"})
        price("BTC", "700000", at=NOON)

    @settings(max_examples=30)
    @given(whole_steps("0.00000001", most=10**10))
    def test_by_what_the_addition_is_worth(self, units):
        before = values()[self.account.pool_id]

        give(self.account, {"BTC": units})

        market, margin, liquidation = values()[self.account.pool_id]
        assert market - before[0] == units * 700_000
        assert margin - before[1] == units * 700_000 * Decimal("0.4")
        assert liquidation - before[2] == units * 700_000 * Decimal("0.65")


# --- What counts ---------------------------------------------------------------------------------


@pytest.mark.rule("VAF-8")
def test_a_bitcoin_lends_two_fifths_of_its_price(pool):
    price("BTC", "700000", at=NOON)
    price("0700", "500", at=NOON)

    assert values()[pool.pk] == (
        Decimal(750_000),
        Decimal(280_000) + Decimal(35_000),
        Decimal(455_000) + Decimal(40_000),
    )


def test_a_price_counts_until_it_is_no_longer_fresh(pool):
    price("0700", "500", at=NOON, fresh=timedelta(days=1))
    price("BTC", "700000", at=NOON)

    assert values(now=NOON + FRESH)[pool.pk][0] == 750_000
    assert values(now=NOON + FRESH + MOMENT)[pool.pk] == (None, None, None)
    assert values(now=NOON - MOMENT)[pool.pk] == (None, None, None)


def test_an_older_price_that_still_lives_does_not_stand_in_for_a_newer_that_died(pool):
    price("0700", "500", at=NOON, fresh=timedelta(days=1))
    price("BTC", "700000", at=NOON, fresh=timedelta(days=1))
    price("BTC", "600000", at=NOON + timedelta(seconds=1), fresh=timedelta(seconds=1))

    assert values(now=NOON + timedelta(minutes=1))[pool.pk] == (None, None, None)


def test_a_silent_feed_leaves_other_pools_alone(pool):
    other = margin_account(pledged={"0700": "100"}).pool
    price("0700", "500", at=NOON)

    assert values()[pool.pk] == (None, None, None)
    assert values()[other.pk][0] == 50_000


def test_what_was_all_taken_back_needs_no_price(pool):
    bitcoin = Asset.objects.get(code="BTC")
    taken = Transfer("out", bitcoin, Decimal(1), pool, False, Place.CLIENT, "taken back")
    record([taken], now=NOON)
    price("0700", "500", at=NOON)

    assert values()[pool.pk][0] == 50_000
    assert [line.code for line in pool_lines([pool.pk], now=NOON)[pool.pk]] == ["0700"]


@pytest.mark.rule("SMF-26")
def test_an_asset_that_is_no_longer_accepted_lends_nothing(pool):
    price("BTC", "700000", at=NOON)
    price("0700", "500", at=NOON)
    Asset.objects.filter(code="BTC").update(marginable=False)

    assert values()[pool.pk] == (Decimal(750_000), Decimal(35_000), Decimal(40_000))


@pytest.mark.rule("SMF-26", "VAF-7")
def test_an_asset_without_a_haircut_in_force_lends_nothing(pool):
    Asset.objects.create(
        code="SOL",
        name="Solana",
        kind=Kind.VA,
        step=Decimal("0.001"),
        lot=Decimal("0.001"),
        sector=Sector.DIGITAL,
        tier=Tier.OTHER,
        market=Market.ROUND_THE_CLOCK,
    )
    give(pool.account, {"SOL": "10"})
    for code in ("BTC", "0700", "SOL"):
        price(code, "1000", at=NOON)

    market, margin, _ = values()[pool.pk]
    assert (market, margin) == (1_000 + 100_000 + 10_000, 400 + 70_000)
    [line] = [line for line in pool_lines([pool.pk], now=NOON)[pool.pk] if line.code == "SOL"]
    assert (line.lending_haircut, line.margin_value) == (1, 0)


@pytest.mark.rule("SMF-27")
def test_a_haircut_counts_from_its_moment(pool):
    share = Asset.objects.get(code="0700")
    haircut(share, "0.5", "0.35", at=NOON)
    for at in (NOON - MOMENT, NOON):
        price("BTC", "700000", at=at)
        price("0700", "500", at=at)

    assert values(now=NOON - MOMENT)[pool.pk][1] == 280_000 + 35_000
    assert values(now=NOON)[pool.pk][1] == 280_000 + 25_000


def test_only_the_pools_asked_for_are_valued(pool):
    margin_account(pledged={"BTC": "1"})

    assert set(values(only=f"holding.pool_id = {pool.pk}")) == {pool.pk}
    assert pool_lines([], now=NOON) == {}


def test_a_line_without_a_price_has_no_value(pool):
    line, _ = pool_lines([pool.pk], now=NOON)[pool.pk]

    assert (line.price, line.is_fresh, line.source) == (None, False, "")
    assert (line.market_value, line.margin_value, line.liquidation_value) == (None, None, None)
