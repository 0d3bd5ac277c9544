"""What a loan costs: a dated benchmark by two people, below the ceiling of the law."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lending.loans.interest import effective_annual_rate
from lending.loans.rates import CEILING, BenchmarkRate, NoBenchmark, benchmark
from tests.factories import staff
from tests.proofs import refused, sql

DAY = date(2026, 3, 4)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return {"maker": staff(), "checker": staff()}


def enter(rate, people, *, on=DAY, currency="HKD"):
    return BenchmarkRate.objects.create(
        currency=currency, rate=Decimal(rate), from_date=on, source="test", **people
    )


class ABenchmarkIsTheLastOneNotAfterTheDay(TestCase):
    """Two implementations that must agree: the query, and a walk over the rows."""

    @classmethod
    def setUpTestData(cls):
        cls.people = {"maker": staff(), "checker": staff()}

    @given(
        st.dictionaries(
            st.integers(0, 30), st.decimals(min_value=0, max_value="0.309999", places=6), max_size=5
        ),
        st.integers(-2, 32),
    )
    def test_on_any_day(self, rates, day):
        for since, rate in rates.items():
            enter(rate, self.people, on=DAY + timedelta(days=since))
        known = [rate for since, rate in sorted(rates.items()) if since <= day]

        if known:
            assert benchmark("HKD", on=DAY + timedelta(days=day)) == known[-1]
        else:
            with pytest.raises(NoBenchmark):
                benchmark("HKD", on=DAY + timedelta(days=day))


def test_each_currency_has_its_own(people):
    enter("0.04", people)
    enter("0.05", people, currency="USD")

    assert (benchmark("HKD", on=DAY), benchmark("USD", on=DAY)) == (
        Decimal("0.04"),
        Decimal("0.05"),
    )
    with pytest.raises(NoBenchmark, match="EUR on 2026-03-04"):
        benchmark("EUR", on=DAY)


@pytest.mark.rule("INT-3")
@pytest.mark.parametrize("rate", ["0.31", "0.36", "0.48", "1", "-0.000001"])
def test_no_benchmark_reaches_the_ceiling(people, rate):
    assert effective_annual_rate(CEILING) < Decimal("0.36")
    with refused("benchmark_within_ceiling"):
        enter(rate, people)


def test_the_maker_is_not_the_checker():
    officer = staff()
    with refused("benchmark_maker_is_not_checker"):
        enter("0.04", {"maker": officer, "checker": officer})


def test_a_benchmark_is_dated_once(people):
    enter("0.04", people)
    with pytest.raises(IntegrityError, match="benchmark_dated_once"), transaction.atomic():
        enter("0.05", people)


def test_a_benchmark_is_never_edited(people):
    enter("0.04", people)
    with refused("lending_benchmarkrate_append_only"):
        BenchmarkRate.objects.update(rate=0)
    with refused("lending_benchmarkrate_append_only"):
        sql("DELETE FROM lending_benchmarkrate")
