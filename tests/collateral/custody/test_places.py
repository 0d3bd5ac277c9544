"""Custody places: units rest where they may, and each pool's places add up to what it holds."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.assets import Asset, Kind
from collateral.custody.movements import (
    KeyReused,
    Movement,
    Place,
    Transfer,
    record,
    units_reconciled,
)
from collateral.custody.places import (
    CustodyPlace,
    NoPlace,
    PlaceKind,
    PlaceLicence,
    Places,
    licences_ending,
    va_gate,
)
from collateral.custody.pool import HeldAt
from onboarding.approvals import Invalid, approve, propose
from onboarding.users import Role
from tests.factories import LONG_AGO, NOON, house, margin_account, staff
from tests.factories.custody import place
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db

TODAY = NOON.date()


def transfer(pool, units, *, key="k", code="0700", into=True, custody=None) -> Transfer:
    asset = Asset.objects.get(code=code)
    return Transfer(key, asset, Decimal(units), pool, into, Place.CLIENT, "test", custody)


def resting(pool, code="0700") -> dict[str, Decimal]:
    rows = HeldAt.objects.filter(pool=pool, asset__code=code, units__gt=0)
    return dict(rows.values_list("place__code", "units"))


@pytest.fixture
def pool():
    return margin_account().pool


# --- Where units rest ----------------------------------------------------------------------------


def test_units_come_to_rest_where_their_kind_is_kept(pool):
    record([transfer(pool, "100"), transfer(pool, "2", key="b", code="BTC")], now=NOON)

    assert resting(pool) == {"CCASS": 100}
    assert resting(pool, "BTC") == {"PLATFORM": 2}
    assert {row.custody.code for row in Movement.objects.all()} == {"CCASS", "PLATFORM"}


def test_units_leave_the_usual_place_first_and_then_the_fullest(pool):
    small, large = place("SMALL"), place("LARGE")
    record(
        [
            transfer(pool, "100", key="a"),
            transfer(pool, "30", key="b", custody=small),
            transfer(pool, "70", key="c", custody=large),
        ],
        now=NOON,
    )
    assert record([transfer(pool, "180", key="out", into=False)], now=NOON) == 1
    assert record([transfer(pool, "180", key="out", into=False)], now=NOON) == 0

    assert resting(pool) == {"SMALL": 20}
    parts = Movement.objects.filter(key__startswith="out").order_by("pk")
    assert [(row.key, row.custody.code, row.units) for row in parts] == [
        ("out", "CCASS", 100),
        ("out/2", "LARGE", 70),
        ("out/3", "SMALL", 10),
    ]
    with pytest.raises(KeyReused):
        record([transfer(pool, "100", key="out", into=False)], now=NOON)


def test_a_key_does_not_stand_for_another_place(pool):
    record([transfer(pool, "1")], now=NOON)
    with pytest.raises(KeyReused):
        record([transfer(pool, "1", custody=place("OTHER1"))], now=NOON)


def test_no_more_leaves_a_place_than_rests_there(pool):
    other = place("OTHER1")
    record([transfer(pool, "10", key="a"), transfer(pool, "5", key="b", custody=other)], now=NOON)
    with refused("held_at_not_negative"):
        record([transfer(pool, "6", key="c", custody=other, into=False)], now=NOON)
    with refused("holding_units_not_negative"):
        record([transfer(pool, "16", key="d", into=False)], now=NOON)


def test_what_rests_somewhere_changes_by_a_movement_alone(pool):
    record([transfer(pool, "1")], now=NOON)
    with refused("holding_follows_movements"):
        sql("UPDATE collateral_heldat SET units = 2")


def test_without_a_place_nothing_is_taken_in(pool):
    for row in PlaceLicence.objects.filter(place__code="CCASS"):
        PlaceLicence.objects.create(
            place=row.place, effective_at=NOON, reason="x", maker=row.maker, checker=row.checker
        )
    with pytest.raises(NoPlace, match="share"):
        record([transfer(pool, "1")], now=NOON)


class PlacesAddUp(TestCase):
    """Any sequence over three places: what rests at them is what the pool holds."""

    @classmethod
    def setUpTestData(cls):
        house()
        cls.pool = margin_account().pool
        cls.places = [None, place("FIRST"), place("SECOND")]

    steps = st.lists(
        st.tuples(st.booleans(), st.sampled_from([0, 1, 2]), st.integers(1, 50)), max_size=12
    )

    @settings(max_examples=60)
    @given(steps)
    def test_any_sequence_adds_up(self, steps):
        total, at = 0, defaultdict(int)
        for number, (into, where, units) in enumerate(steps):
            named = self.places[where]
            code = named.code if named else "CCASS"
            step = transfer(self.pool, units, key=f"s{number}", into=into, custody=named)
            if not into and units > (at[code] if named else total):
                law = "holding_units_not_negative" if units > total else "held_at_not_negative"
                with refused(law):
                    record([step], now=NOON)
                continue
            record([step], now=NOON)
            total += units if into else -units
            at = defaultdict(int, resting(self.pool))
            assert sum(at.values()) == total
            assert units_reconciled()


# --- Virtual assets ------------------------------------------------------------------------------


@pytest.mark.rule("JC-7")
@pytest.mark.parametrize("kind", PlaceKind.values)
@pytest.mark.parametrize("number", ["", "AAA002"])
@pytest.mark.parametrize("days", [-1, 0, None])
def test_virtual_assets_rest_only_with_a_platform_or_an_institution_under_a_licence(
    pool, kind, number, days
):
    """Of a place, its licence and the day it ends: every case, past every door of the product."""
    expires = days if days is None else TODAY + timedelta(days=days)
    custody = place("TRIED", kind=kind, number=number, expires_on=expires)
    step = transfer(pool, "1", code="BTC", custody=custody)

    if kind in ("platform", "institution") and number and days != -1:
        record([step], now=NOON)
        assert resting(pool, "BTC") == {"TRIED": 1}
    else:
        with refused("movement_va_rests_where_it_may"):
            record([step], now=NOON)
    # A share rests where it is kept, whatever that place is licensed for.
    record([transfer(pool, "1", key="share", custody=custody)], now=NOON)


@pytest.mark.rule("JC-7")
def test_a_licence_that_ran_out_lets_nothing_in_and_everything_out(pool):
    custody = place("ENDS", kind="platform", number="AAA002", expires_on=TODAY)
    record([transfer(pool, "1", code="BTC", custody=custody)], now=NOON)
    tomorrow = NOON + timedelta(days=1)
    with refused("movement_va_rests_where_it_may"):
        record([transfer(pool, "1", key="in", code="BTC", custody=custody)], now=tomorrow)

    record([transfer(pool, "1", key="out", code="BTC", custody=custody, into=False)], now=tomorrow)

    assert resting(pool, "BTC") == {}


@pytest.mark.rule("JC-7")
def test_the_last_day_is_a_day_of_hong_kong(pool):
    custody = place("ENDS", kind="platform", number="AAA002", expires_on=TODAY)
    midnight = NOON.replace(hour=16, minute=0)  # 00:00 of the next day in Hong Kong.
    before = midnight - timedelta(seconds=1)
    record([transfer(pool, "1", code="BTC", custody=custody)], now=before)
    with refused("movement_va_rests_where_it_may"):
        record([transfer(pool, "1", key="in", code="BTC", custody=custody)], now=midnight)


@pytest.mark.rule("JC-7")
def test_the_gate_says_so_before_anybody_trades():
    house()
    assert va_gate(now=NOON) is None
    assert "custody" in va_gate(now=NOON + timedelta(days=2000))


def test_one_that_has_lapsed_is_nobodys_first_choice():
    house()
    late = NOON + timedelta(days=1200)
    place("NEXT", kind="platform", number="B", expires_on=late.date(), keeps=["va"], at=LONG_AGO)
    keeping = Places(now=late).keeping(Kind.VA)
    assert CustodyPlace.objects.get(pk=keeping).code == "NEXT"


# --- A licence that ends -------------------------------------------------------------------------


def test_an_ending_licence_is_named_with_the_days_it_has_left():
    house()
    for code, days in (("LAPSED", -1), ("TODAY", 0), ("WEEK", 7), ("MONTH", 30), ("LATER", 61)):
        place(code, kind="platform", number="X", expires_on=TODAY + timedelta(days=days))

    endings = licences_ending(now=NOON)

    assert [(each.licence.place.code, each.told_at, each.has_lapsed) for each in endings] == [
        ("LAPSED", 0, True),
        ("TODAY", 7, False),
        ("WEEK", 7, False),
        ("MONTH", 30, False),
    ]


# --- By two people -------------------------------------------------------------------------------


NEW = {
    "code": "OSL",
    "kind": "platform",
    "name": "OSL custody",
    "number": "BPJ213",
    "expires_on": "2027-03-01",
    "keeps": ["va"],
}


def proposed(payload):
    return propose("custody_place", payload, by=staff(Role.OPERATIONS), reason="x", now=NOON)


def test_a_place_is_entered_and_renewed_by_two_people():
    house()
    approve(proposed(NEW), by=staff(Role.COMPLIANCE), reason="seen", now=NOON)
    later = NOON + timedelta(days=1)
    renewed = {"code": "OSL", "number": "BPJ213", "expires_on": "2028-03-01", "keeps": ["va"]}
    proposal = propose("custody_place", renewed, by=staff(Role.OPERATIONS), reason="x", now=later)
    assert ["Last day", "1 Mar 2027", "1 Mar 2028"] in proposal.difference
    approve(proposal, by=staff(Role.COMPLIANCE), reason="seen", now=later)

    rows = PlaceLicence.objects.filter(place__code="OSL").order_by("pk")
    assert [f"{row.expires_on}" for row in rows] == ["2027-03-01", "2028-03-01"]
    with pytest.raises(Invalid, match="known so already"):
        propose("custody_place", renewed, by=staff(Role.OPERATIONS), reason="x", now=later)


@pytest.mark.rule("JC-7")
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": "broker"}, "JC-7"),
        ({"kind": "other"}, "JC-7"),
        ({"number": ""}, "has a licence"),
        ({"expires_on": ""}, "has a licence"),
        ({"expires_on": "2026-03-03"}, "run out already"),
        ({"kind": "bank"}, "kind that is known"),
        ({"keeps": ["gold"]}, "not a kind of asset"),
        ({"keeps": "va"}, "not a kind of asset"),
        ({"expires_on": "soon"}, "not a date"),
        ({"code": "PLATFORM"}, "of another kind or name"),
        ({"code": "MUCHTOOLONGACODE"}, "at most 12"),
    ],
)
def test_what_cannot_be_is_refused_in_words(change, why):
    house()
    with pytest.raises(Invalid, match=why):
        proposed(NEW | change)


def test_a_licence_is_never_edited_and_has_two_people():
    house()
    with refused("collateral_placelicence_append_only"):
        PlaceLicence.objects.update(number="X")
    with refused("collateral_custodyplace_append_only"):
        CustodyPlace.objects.update(kind="platform")
    row = PlaceLicence.objects.first()
    with refused("place_licence_maker_is_not_checker"):
        PlaceLicence.objects.create(
            place=row.place, effective_at=NOON, reason="x", maker=row.maker, checker=row.maker
        )
