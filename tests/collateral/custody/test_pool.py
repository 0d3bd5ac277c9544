"""A pool is one client's, and holds what its movements brought."""

from decimal import Decimal

import pytest

from collateral.custody.pool import Holding, Pool
from onboarding.clients import Client
from tests.factories import give, margin_account
from tests.proofs import guards_down, refused, sql

FOLLOWS = "holding_follows_movements"

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool():
    """Holds one bitcoin."""
    return margin_account(pledged={"BTC": "1"}).pool


def by_update(pool):
    pool.holdings.update(units=5)


def by_create(pool):
    Holding.objects.create(pool=Pool.objects.create(client=pool.client), asset_id=1, units=5)


def by_delete(pool):
    pool.holdings.all().delete()


def by_sql(pool):
    sql("UPDATE collateral_holding SET units = units + 1 WHERE pool_id = %s", pool.pk)


@pytest.mark.rule("VAF-16")
@pytest.mark.parametrize("write", [by_update, by_create, by_delete, by_sql])
def test_units_change_by_a_movement_alone(pool, write):
    with refused(FOLLOWS):
        write(pool)

    assert pool.holdings.get().units == 1


@pytest.mark.rule("VAF-16")
def test_no_pool_holds_less_than_nothing(pool):
    with guards_down(), refused("holding_units_not_negative"):
        sql("UPDATE collateral_holding SET units = -1 WHERE pool_id = %s", pool.pk)


@pytest.mark.rule("VAF-3", "VAF-16")
def test_a_pool_never_becomes_another_clients(pool):
    other = Client.objects.create(number="C9", name="Other", kind="person")
    with refused("collateral_pool_append_only"):
        Pool.objects.filter(pk=pool.pk).update(client=other)


def test_one_line_an_asset(pool):
    give(pool.account, {"BTC": "0.5", "ETH": "2"})
    give(pool.account, {"BTC": "0.25"})

    held = dict(pool.holdings.values_list("asset__code", "units"))

    assert held == {"BTC": Decimal("1.75"), "ETH": Decimal(2)}
