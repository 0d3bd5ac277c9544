"""The register of units: what pools hold is what moved, however it moved."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.amounts import NotAnAmount
from collateral.assets import Asset
from collateral.custody.movements import (
    KeyReused,
    Movement,
    NotAWholeStep,
    Place,
    Transfer,
    record,
    units_reconciled,
)
from collateral.custody.places import CustodyPlace
from collateral.custody.pool import Holding
from tests.factories import NOON, house, margin_account
from tests.proofs import guards_down, refused, sql, together
from tests.strategies import whole_steps

BITCOINS = whole_steps("0.00000001", most=10**9)


def transfer(pool, units, *, key="k", code="BTC", into=True, place=Place.CLIENT) -> Transfer:
    return Transfer(
        key=key,
        asset=Asset.objects.get(code=code),
        units=Decimal(units),
        pool=pool,
        into_pool=into,
        other_place=place,
        narrative="test",
    )


def movement(**fields) -> Movement:
    described = {
        "key": "forged",
        "asset": Asset.objects.get(code="BTC"),
        "units": 1,
        "from_place": Place.CLIENT,
        "to_place": Place.POOL,
        "custody": CustodyPlace.objects.get(code="PLATFORM"),
        "moved_at": NOON,
        "narrative": "",
    }
    return Movement.objects.create(**described | fields)


@pytest.fixture
def pool(db):
    """Of a client who has pledged nothing."""
    return margin_account().pool


def held(pool, code="BTC"):
    return (
        Holding.objects.filter(pool=pool, asset__code=code).values_list("units", flat=True).first()
    )


# --- Laws ----------------------------------------------------------------------------------------


@pytest.mark.rule("VAF-16")
class HoldingsFollowMovements(TestCase):
    """Any sequence: what is let through adds up, and what would overdraw is refused whole."""

    @classmethod
    def setUpTestData(cls):
        house()
        cls.pools = [margin_account().pool for _ in range(2)]

    moves = st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["BTC", "ETH"]), st.booleans(), BITCOINS),
        max_size=8,
    )

    @settings(max_examples=60)
    @given(st.lists(moves, max_size=4))
    def test_any_sequence_adds_up(self, batches):
        expected = {}
        for number, batch in enumerate(batches):
            after = dict(expected)
            for pool, code, into, units in batch:
                after[pool, code] = after.get((pool, code), 0) + (units if into else -units)
            transfers = [
                transfer(self.pools[pool], units, key=f"{number}-{i}", code=code, into=into)
                for i, (pool, code, into, units) in enumerate(batch)
            ]
            if all(units >= 0 for units in after.values()):
                assert record(transfers, now=NOON) == len(transfers)
                assert record(transfers, now=NOON) == 0
                expected = after
            else:
                with refused("holding_units_not_negative"):
                    record(transfers, now=NOON)

            for (pool, code), units in expected.items():
                assert held(self.pools[pool], code) == units
            assert units_reconciled()


# --- Twice is once -------------------------------------------------------------------------------


def test_a_key_is_entered_once(pool):
    assert record([transfer(pool, "1.5")], now=NOON) == 1
    assert record([transfer(pool.pk, "1.50")], now=NOON) == 0

    assert held(pool) == Decimal("1.5")


@pytest.mark.parametrize(
    "other",
    [
        {"units": "2"},
        {"code": "ETH"},
        {"into": False},
        {"place": Place.VENUE},
    ],
)
def test_a_key_does_not_stand_for_something_else(pool, other):
    record([transfer(pool, "1")], now=NOON)
    with pytest.raises(KeyReused, match="movement k was"):
        record([transfer(pool, **{"units": "1"} | other)], now=NOON)

    assert held(pool) == 1


def test_a_key_does_not_stand_for_another_pool(pool):
    record([transfer(pool, "1")], now=NOON)
    with pytest.raises(KeyReused):
        record([transfer(margin_account().pool, "1")], now=NOON)


def test_a_key_stands_once_in_a_batch(pool):
    with refused("collateral_movement_key_key"):
        record([transfer(pool, "1"), transfer(pool, "1")], now=NOON)

    assert held(pool) is None


def test_a_batch_is_entered_whole_or_not_at_all(pool):
    with refused("holding_units_not_negative"):
        record([transfer(pool, "1", key="a"), transfer(pool, "2", key="b", into=False)], now=NOON)

    assert not Movement.objects.exists()
    assert held(pool) is None


def test_nothing_to_record_is_no_fault(db):
    assert record([], now=NOON) == 0


@pytest.mark.django_db(transaction=True)
def test_one_key_recorded_by_many_at_once_counts_once():
    pool = margin_account().pool

    def pledge():
        return record([transfer(pool, "1")], now=NOON)

    outcomes = together(pledge, pledge, pledge)

    assert [n for n in outcomes if n == 1] == [1]
    others = [each for each in outcomes if each != 1]
    assert all(each == 0 or isinstance(each, IntegrityError) for each in others)
    assert held(pool) == 1
    assert units_reconciled()


@pytest.mark.django_db(transaction=True)
def test_what_is_there_once_leaves_once_however_many_ask():
    pool = margin_account(pledged={"BTC": "1"}).pool

    def take(number):
        return lambda: record([transfer(pool, "1", key=f"out-{number}", into=False)], now=NOON)

    outcomes = together(*(take(number) for number in range(4)))

    assert outcomes.count(1) == 1
    assert held(pool) == 0
    assert units_reconciled()


# --- What cannot be a movement -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "units"),
    [("BTC", "0.000000001"), ("BTC", "1.000000005"), ("0700", "0.5"), ("USD", "0.001")],
)
def test_units_are_whole_steps(pool, code, units):
    with pytest.raises(NotAWholeStep):
        record([transfer(pool, units, code=code)], now=NOON)

    assert not Movement.objects.exists()


@pytest.mark.parametrize("units", ["-1", "NaN", "Infinity"])
def test_units_are_an_amount(pool, units):
    with pytest.raises(NotAnAmount):
        record([transfer(pool, units)], now=NOON)


@pytest.mark.parametrize(
    ("units", "law"),
    [
        ("0", "movement_units_positive"),
        ("-1", "movement_units_positive"),
        ("NaN", "collateral_movement_units_check"),
    ],
)
def test_the_database_knows_no_movement_of_nothing(pool, units, law):
    with refused(law):
        sql(
            "INSERT INTO collateral_movement (key, asset_id, units, from_place, to_place,"
            " to_pool_id, custody_id, moved_at, narrative)"
            " SELECT 'k', asset.id, %s, 'client', 'pool', %s, place.id, now(), ''"
            "   FROM collateral_asset asset, collateral_custodyplace place"
            "  WHERE asset.code = 'BTC' AND place.code = 'PLATFORM'",
            *(units, pool.pk),
        )


@pytest.mark.rule("VAF-16")
def test_collateral_never_goes_from_pool_to_pool(pool):
    other = margin_account(pledged={"BTC": "1"}).pool
    with refused("movement_never_between_pools"):
        movement(from_place=Place.POOL, from_pool=other, to_pool=pool)


@pytest.mark.rule("VAF-16")
def test_there_is_no_place_of_the_houses_own(pool):
    assert {place.value for place in Place} == {"client", "pool", "venue", "issuer"}
    custody = CustodyPlace.objects.get(code="PLATFORM")
    for ends in (
        {"to_place": Place.ISSUER, "from_place": Place.POOL, "from_pool": pool},
        {"from_place": Place.ISSUER, "to_place": Place.POOL, "to_pool": pool},
    ):
        with refused("movement_va_has_no_issuer"):
            movement(custody=custody, **ends)


def test_a_movement_touches_a_pool(pool):
    with refused("movement_touches_a_pool"):
        movement(from_place=Place.CLIENT, to_place=Place.VENUE)


def test_a_movement_names_the_pool_it_entered(pool):
    with refused("movement_entered_a_named_pool"):
        movement()


def test_a_movement_names_the_pool_it_left(pool):
    with refused("movement_left_a_named_pool"):
        movement(from_place=Place.POOL, to_place=Place.CLIENT)


def test_a_place_that_is_no_pool_names_none(pool):
    with refused("movement_left_a_named_pool"):
        movement(from_pool=pool, to_pool=pool)


@pytest.mark.rule("VAF-16")
def test_the_register_is_never_edited(pool):
    record([transfer(pool, "1")], now=NOON)
    with refused("collateral_movement_append_only"):
        Movement.objects.update(units=2)
    with refused("collateral_movement_append_only"):
        Movement.objects.all().delete()


# --- Reconciled ----------------------------------------------------------------------------------


def test_an_empty_register_reconciles(db):
    assert units_reconciled()


@pytest.mark.parametrize(
    "break_it",
    [
        "UPDATE collateral_holding SET units = units + 0.00000001",
        "DELETE FROM collateral_holding",
        "UPDATE collateral_movement SET units = units - 0.00000001",
        "DELETE FROM collateral_movement",
        "UPDATE collateral_holding SET pool_id = pool_id + 1",
        "UPDATE collateral_heldat SET units = units + 1",
        "DELETE FROM collateral_heldat",
    ],
)
def test_a_register_that_was_tampered_with_does_not_reconcile(pool, break_it):
    record([transfer(pool, "1")], now=NOON)
    assert units_reconciled()

    with guards_down():
        sql(break_it)

    assert not units_reconciled()


def test_a_batch_refused_in_the_middle_leaves_the_register_as_it_was(pool):
    record([transfer(pool, "1", key="first")], now=NOON)
    with pytest.raises(KeyReused), transaction.atomic():
        record([transfer(pool, "1", key="second"), transfer(pool, "2", key="first")], now=NOON)

    assert held(pool) == 1
    assert units_reconciled()
