"""The levels of the house: in order, by two people, and never edited."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lending.margin.terms import MarginTerms
from tests.factories import NOON, house, staff
from tests.lending.margin.house import HOUSE
from tests.proofs import is_refused, refused, sql

RATIOS = st.decimals(min_value="-0.2", max_value="1.2", places=6)
WINDOWS = {
    "cure_window": timedelta(hours=24),
    "accelerated_window": timedelta(hours=4),
    "renewed_window": timedelta(hours=1),
    "hard_confirm": timedelta(seconds=20),
}


def enter(maker, checker, **levels) -> MarginTerms:
    return MarginTerms.objects.create(
        name="test",
        effective_at=NOON,
        reason="test",
        maker=maker,
        checker=checker,
        **WINDOWS | levels,
    )


@pytest.fixture
def people(db):
    return staff(), staff()


@pytest.mark.rule("SMF-40")
def test_the_house_opens_with_the_levels_of_its_policy(db):
    terms = house().terms

    assert terms.levels == HOUSE
    assert {name: getattr(terms, name) for name in WINDOWS} == WINDOWS


@pytest.mark.rule("SMF-40")
class LevelsStandInTheirOrder(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.people = staff(), staff()

    NAMES = ("recommended", "draw", "calm", "warn", "cure")

    @settings(max_examples=100)
    @given(st.lists(RATIOS, min_size=5, max_size=5), RATIOS, st.booleans())
    def test_or_they_are_refused(self, levels, target, is_sorted):
        if is_sorted:
            levels.sort()
        in_order = levels == sorted(levels) and levels[0] > 0 and levels[-1] <= 1
        allowed = in_order and 0 < target <= levels[-1]
        named = dict(zip(self.NAMES, levels, strict=True)) | {"target": target}

        is_let_through = not is_refused(
            "terms_levels_in_order", lambda: enter(*self.people, **named)
        )

        assert is_let_through == allowed
        if allowed:
            stored = MarginTerms.objects.latest("pk").levels
            assert {name: getattr(stored, name) for name in named} == named


@pytest.mark.rule("SMF-41")
@pytest.mark.parametrize("name", ["mta_amount", "mta_fraction"])
def test_a_minimum_transfer_amount_is_not_negative(people, name):
    with refused("terms_mta_not_negative"):
        enter(*people, **{name: Decimal("-0.01")})


@pytest.mark.rule("SMF-40")
def test_the_maker_is_not_the_checker(people):
    officer, _ = people
    with refused("terms_maker_is_not_checker"):
        enter(officer, officer)


@pytest.mark.rule("SMF-40")
@pytest.mark.parametrize("edit", ["cure = 1", "cure_window = '1 day'", "checker_id = maker_id"])
def test_terms_are_never_edited(people, edit):
    enter(*people, cure_window=timedelta(hours=1))
    with refused("lending_marginterms_append_only"):
        sql(f"UPDATE lending_marginterms SET {edit}")  # noqa: S608
    with refused("lending_marginterms_append_only"):
        sql("DELETE FROM lending_marginterms")
