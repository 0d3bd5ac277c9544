"""A payload is text: what it says is read exactly, or refused in words."""

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.commands import Invalid
from onboarding.payloads import as_hkd, as_percent, day, fraction, moment, money, number, text
from tests.factories import NOON


@given(st.integers(0, 10**6))
def test_a_fraction_comes_back_to_its_last_digit(millionths):
    ratio = Decimal(millionths).scaleb(-6)

    assert fraction({"x": f"{ratio}"}, "x", "X") == ratio
    assert Decimal(as_percent(ratio).rstrip("%")) == ratio * 100


@given(st.integers(0, 10**20))
def test_an_amount_comes_back_to_its_last_cent(cents):
    amount = Decimal(cents).scaleb(-2)

    assert money({"x": f"{amount:,}"}, "x", "X") == amount
    assert Decimal(as_hkd(amount).removeprefix("HKD ").replace(",", "")) == amount


@pytest.mark.parametrize(
    "words",
    ["", " ", "x", "NaN", "Infinity", "-0.1", "1.000001", "0.1234567", "1e9", "1e-9", None, 5, []],
)
def test_what_is_no_fraction_is_refused(words):
    with pytest.raises(Invalid):
        fraction({"x": words}, "x", "X")


@given(st.text(max_size=20) | st.floats() | st.none() | st.integers() | st.lists(st.text()))
def test_whatever_is_sent_is_read_or_refused_and_nothing_else(words):
    readers = (
        lambda: fraction({"x": words}, "x", "X"),
        lambda: money({"x": words}, "x", "X"),
        lambda: number({"x": words}, "x", "X", most=10),
        lambda: day({"x": words}, "x", "X"),
        lambda: moment({"x": words}, "x", now=NOON),
        lambda: text({"x": words}, "x", "X"),
    )
    for reader in readers:
        with suppress(Invalid):
            reader()


def test_a_time_without_a_zone_is_hong_kongs():
    at = moment({"x": "2026-03-05T09:00"}, "x", now=NOON)

    assert at == datetime(2026, 3, 5, 1, tzinfo=UTC)


def test_no_time_is_the_moment_of_the_approval():
    assert moment({}, "x", now=NOON) is None


def test_a_text_has_an_end():
    with pytest.raises(Invalid, match="longer"):
        text({"x": "a" * 4_001}, "x", "X")
