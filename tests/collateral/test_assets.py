"""Of virtual assets only BTC and ETH lend, and what an asset is never changes."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.assets import Asset, Kind, Market, Sector, Tier
from tests.factories import house
from tests.proofs import refused, sql

ALLOWED = ("BTC", "ETH")
LIST = "asset_va_allow_list_is_btc_and_eth"


def asset(code: str, **fields) -> Asset:
    described = {
        "name": code,
        "kind": Kind.VA,
        "step": Decimal("0.00000001"),
        "lot": Decimal("0.0001"),
        "sector": Sector.DIGITAL,
        "tier": Tier.OTHER,
        "market": Market.ROUND_THE_CLOCK,
        "marginable": True,
    }
    return Asset(code=code, **described | fields)


@pytest.mark.django_db
@pytest.mark.rule("VAF-7")
@pytest.mark.parametrize("code", ALLOWED)
def test_bitcoin_and_ether_lend(code):
    asset(code).save()

    assert Asset.objects.get().marginable


@pytest.mark.rule("VAF-7")
class NoOtherVirtualAssetLends(TestCase):
    codes = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZbtcesh", min_size=1, max_size=12).filter(
        lambda code: code not in ALLOWED
    )

    @given(codes)
    @example("USDT")
    @example("WBTC")
    @example("stETH")
    @example("btc")
    @example("BTC ")
    def test_it_is_refused(self, code):
        with refused(LIST):
            asset(code).save()
        with refused(LIST):
            Asset.objects.bulk_create([asset(code)])
        asset(code, marginable=False).save()
        with refused(LIST):
            Asset.objects.filter(code=code).update(marginable=True)
        with refused(LIST):
            sql("UPDATE collateral_asset SET marginable = TRUE WHERE code = %s", code)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", [{"code": "WBTC"}, {"kind": "share"}, {"step": 1}, {"market": "x"}]
)
def test_what_an_asset_is_never_changes(change):
    bitcoin = house().assets["BTC"]
    with refused("collateral_asset_append_only"):
        Asset.objects.filter(pk=bitcoin.pk).update(**change)


@pytest.mark.django_db
def test_an_asset_is_never_taken_off_the_books():
    asset("BTC").save()
    with refused("collateral_asset_append_only"):
        Asset.objects.all().delete()


@pytest.mark.django_db
def test_how_the_house_sees_an_asset_may_change():
    bitcoin = house().assets["BTC"]
    Asset.objects.filter(pk=bitcoin.pk).update(
        name="bitcoin", lot=1, sector=Sector.OTHER, tier=Tier.TWO, issuer="nobody", marginable=False
    )

    assert not Asset.objects.get(code="BTC").marginable


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["0", "-0.01"])
def test_a_step_is_above_nothing(step):
    with refused("asset_step_positive"):
        asset("BTC", step=Decimal(step)).save()


@pytest.mark.django_db
def test_a_lot_is_at_least_a_step():
    with refused("asset_lot_at_least_a_step"):
        asset("BTC", step=Decimal(2), lot=Decimal(1)).save()


@pytest.mark.django_db
def test_a_code_names_one_asset():
    asset("BTC").save()
    with refused("collateral_asset_code_key"):
        asset("BTC").save()


@pytest.mark.parametrize(
    ("step", "places"), [("0.00000001", 8), ("0.010000", 2), ("1", 0), ("10", 0), ("1E+2", 0)]
)
def test_an_asset_is_shown_with_the_places_of_its_step(step, places):
    assert asset("BTC", step=Decimal(step)).places == places
