"""No virtual asset lends more than the regulator allows, today or on any day to come."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.assets import Asset, Kind
from collateral.haircuts import Haircut, HaircutFloor
from tests.factories import LONG_AGO, NOON, house, staff
from tests.proofs import is_refused, refused, sql
from tests.strategies import haircuts

FLOOR, MET = "haircut_at_least_floor", "haircut_floor_is_met"
DAY = timedelta(days=1)
IN_FORCE = datetime(2026, 2, 10, 16, tzinfo=UTC)  # Midnight in Hong Kong, 11 February.


def haircut(
    asset, lending, *, at=NOON, liquidation="0", frr="1", maker=None, checker=None
) -> Haircut:
    return Haircut(
        asset=asset,
        lending=Decimal(lending),
        liquidation=Decimal(liquidation),
        frr=Decimal(frr),
        effective_at=at,
        reason="test",
        maker=maker or staff(),
        checker=checker or staff(),
    )


def floor(lending, *, at, kind=Kind.VA) -> HaircutFloor:
    return HaircutFloor.objects.create(
        asset_kind=kind, lending=Decimal(lending), effective_at=at, source="a circular to come"
    )


@pytest.fixture
def bitcoin(db):
    """Lends 40% since long ago: its haircut is the floor."""
    return house().assets["BTC"]


def by_create(row):
    row.save()


def by_bulk_create(row):
    Haircut.objects.bulk_create([row])


def by_sql(row):
    sql(
        "INSERT INTO collateral_haircut (asset_id, lending, liquidation, frr, effective_at, reason,"
        " maker_id, checker_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        *(row.asset_id, row.lending, row.liquidation, row.frr, row.effective_at, row.reason),
        *(row.maker_id, row.checker_id),
    )


WAYS = [by_create, by_bulk_create, by_sql]


# --- The floor of today --------------------------------------------------------------------------


@pytest.mark.rule("VAF-8")
@pytest.mark.parametrize("write", WAYS)
@pytest.mark.parametrize("lending", ["0.599999", "0.5", "0"])
@pytest.mark.parametrize("code", ["BTC", "ETH"])
def test_no_virtual_asset_lends_more_than_two_fifths(bitcoin, write, lending, code):
    with refused(FLOOR):
        write(haircut(Asset.objects.get(code=code), lending))


@pytest.mark.rule("VAF-8")
@pytest.mark.parametrize("write", WAYS)
@pytest.mark.parametrize("lending", ["0.60", "0.600001", "1"])
def test_the_floor_itself_and_more_is_allowed(bitcoin, write, lending):
    write(haircut(bitcoin, lending))

    assert Haircut.objects.in_force(at=NOON).get(asset=bitcoin).lending == Decimal(lending)


@pytest.mark.rule("VAF-8")
def test_the_floor_is_the_circulars_from_its_day(db):
    row = HaircutFloor.objects.get()

    assert (row.asset_kind, row.lending, row.effective_at) == (Kind.VA, Decimal("0.6"), IN_FORCE)


@pytest.mark.rule("VAF-8")
def test_a_haircut_dated_before_the_circular_is_held_to_it_too(bitcoin):
    with refused(FLOOR):
        haircut(bitcoin, "0.59", at=IN_FORCE - 900 * DAY).save()


def test_a_share_has_no_floor(bitcoin):
    haircut(Asset.objects.get(code="0700"), "0").save()


# --- Floors to come ------------------------------------------------------------------------------


@pytest.mark.rule("VAF-8")
def test_a_floor_to_come_holds_from_its_day(bitcoin):
    haircut(bitcoin, "0.70").save()
    haircut(Asset.objects.get(code="ETH"), "0.70").save()
    floor("0.65", at=NOON + 30 * DAY)

    with refused(FLOOR):
        haircut(bitcoin, "0.649999", at=NOON + 30 * DAY).save()
    haircut(bitcoin, "0.65", at=NOON + 30 * DAY).save()


@pytest.mark.rule("VAF-8")
def test_a_floor_does_not_rise_over_a_haircut_that_stands(bitcoin):
    with refused(MET):
        floor("0.65", at=NOON + 30 * DAY)


@pytest.mark.rule("VAF-8")
def test_a_floor_does_not_rise_over_a_haircut_that_is_still_to_come(bitcoin):
    for code in ("BTC", "ETH"):
        haircut(Asset.objects.get(code=code), "0.70").save()
    haircut(bitcoin, "0.60", at=NOON + 60 * DAY).save()

    with refused(MET):
        floor("0.65", at=NOON + 30 * DAY)


@pytest.mark.rule("VAF-8")
def test_a_haircut_that_would_outlive_the_rise_of_a_floor_is_refused(bitcoin):
    """It is allowed on its own day, and would be in force on the day of the rise."""
    for code in ("BTC", "ETH"):
        haircut(Asset.objects.get(code=code), "0.70").save()
    floor("0.65", at=NOON + 30 * DAY)

    with refused(FLOOR):
        haircut(bitcoin, "0.60", at=NOON + DAY).save()


@pytest.mark.rule("VAF-8")
def test_a_haircut_that_ends_before_the_rise_is_allowed(bitcoin):
    for code in ("BTC", "ETH"):
        haircut(Asset.objects.get(code=code), "0.70").save()
    haircut(bitcoin, "0.70", at=NOON + 20 * DAY).save()
    floor("0.65", at=NOON + 30 * DAY)

    haircut(bitcoin, "0.60", at=NOON + DAY).save()


def test_a_floor_may_fall(bitcoin):
    floor("0.50", at=NOON)

    haircut(bitcoin, "0.50", at=NOON).save()


def test_a_floor_is_dated_once(bitcoin):
    floor("0.60", at=NOON)
    with refused("haircut_floor_dated_once"):
        floor("0.50", at=NOON)


@pytest.mark.rule("VAF-8")
class NoHaircutIsEverBelowTheFloorOfItsDay(TestCase):
    """Whatever is proposed in whatever order, what the database let through keeps the law."""

    @classmethod
    def setUpTestData(cls):
        assets = house().assets
        cls.bitcoin = assets["BTC"]
        cls.people = {"maker": staff(), "checker": staff()}
        haircut(assets["ETH"], "1", at=LONG_AGO + DAY, **cls.people).save()
        haircut(cls.bitcoin, "0.65", at=LONG_AGO + DAY, **cls.people).save()

    rows = st.lists(
        st.tuples(
            st.booleans(),
            st.integers(0, 9),
            st.sampled_from(["0.55", "0.60", "0.65", "0.70", "0.75"]),
        ),
        max_size=12,
    )

    @settings(max_examples=80)
    @given(rows)
    def test_on_every_day(self, rows):
        for is_floor, day, lending in rows:
            at = NOON + day * DAY
            if is_floor and HaircutFloor.objects.filter(effective_at=at).exists():
                continue
            if is_floor:
                is_refused(MET, partial(floor, lending, at=at))
            else:
                row = haircut(self.bitcoin, lending, at=at, **self.people)
                is_refused(FLOOR, row.save)

        for day in range(11):
            at = NOON + day * DAY
            least = HaircutFloor.objects.filter(effective_at__lte=at).latest("effective_at")
            in_force = Haircut.objects.in_force(at=at).filter(asset__kind=Kind.VA)
            assert all(row.lending >= least.lending for row in in_force)


# --- The three haircuts --------------------------------------------------------------------------


@pytest.mark.rule("VAF-19")
def test_capital_counts_a_virtual_asset_as_nothing_whatever_it_lends(bitcoin):
    for code in ("BTC", "ETH"):
        row = Haircut.objects.in_force(at=NOON).get(asset__code=code)
        assert (row.lending, row.liquidation, row.frr) == (Decimal("0.6"), Decimal("0.35"), 1)


@pytest.mark.rule("VAF-19")
class TheThreeHaircutsAreKeptApart(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.share = house().assets["0700"]
        cls.people = {"maker": staff(), "checker": staff()}

    @settings(max_examples=50)
    @given(lending=haircuts, liquidation=haircuts, frr=haircuts)
    def test_each_comes_back_as_it_was_written(self, lending, liquidation, frr):
        row = haircut(
            self.share, lending, liquidation=liquidation, frr=frr, at=LONG_AGO + DAY, **self.people
        )
        if liquidation > lending:
            with refused("haircut_liquidation_at_most_lending"):
                row.save()
        else:
            row.save()
            stored = Haircut.objects.in_force(at=NOON).get(asset=self.share)
            assert (stored.lending, stored.liquidation, stored.frr) == (lending, liquidation, frr)


def test_a_lending_haircut_is_a_fraction(bitcoin):
    with refused("haircut_is_a_fraction"):
        haircut(bitcoin, "1.000001").save()


@pytest.mark.parametrize("frr", ["-0.000001", "1.000001"])
def test_a_capital_haircut_is_a_fraction(bitcoin, frr):
    with refused("haircut_is_a_fraction"):
        haircut(bitcoin, "0.6", frr=frr).save()


# --- Two people, and a date ----------------------------------------------------------------------


@pytest.mark.parametrize("write", WAYS)
def test_the_maker_is_not_the_checker(bitcoin, write):
    officer = staff()
    with refused("haircut_maker_is_not_checker"):
        write(haircut(bitcoin, "0.6", maker=officer, checker=officer))


@pytest.mark.rule("SMF-27")
def test_a_haircut_is_in_force_from_its_moment_until_the_next(bitcoin):
    haircut(bitcoin, "0.7", at=NOON).save()

    def lending(at):
        return Haircut.objects.in_force(at=at).get(asset=bitcoin).lending

    assert lending(NOON - timedelta(microseconds=1)) == Decimal("0.6")
    assert lending(NOON) == Decimal("0.7")
    assert not Haircut.objects.in_force(at=LONG_AGO - DAY).exists()


@pytest.mark.rule("SMF-27")
def test_of_two_of_one_moment_the_later_entry_holds(bitcoin):
    haircut(bitcoin, "0.7", at=NOON).save()
    haircut(bitcoin, "0.8", at=NOON).save()

    assert Haircut.objects.in_force(at=NOON).get(asset=bitcoin).lending == Decimal("0.8")


@pytest.mark.rule("SMF-27")
def test_a_haircut_and_a_floor_are_never_edited(bitcoin):
    with refused("collateral_haircut_append_only"):
        Haircut.objects.update(lending=1)
    with refused("collateral_haircutfloor_append_only"):
        HaircutFloor.objects.update(lending=0)
    with refused("collateral_haircutfloor_append_only"):
        HaircutFloor.objects.all().delete()
