"""Only a plain positive number becomes a price."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.prices.quote import BadQuote, Quote, SourceUnavailable, usable_price

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)
QUOTE = Quote("a", "BTC", "HKD", Decimal(400_000), NOON, NOON + timedelta(seconds=90))


@given(st.decimals(min_value="0.00000001", max_value=10**17, places=8))
def test_a_plain_positive_number_is_itself(price):
    assert usable_price(f"{price:f}") == price
    assert usable_price(Decimal(f"{price:f}")) == price


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("0", "zero"),
        ("0.000", "zero"),
        ("-5", "negative"),
        ("NaN", "not finite"),
        ("-inf", "not finite"),
        ("Infinity", "not finite"),
        ("", "not a plain number"),
        ("abc", "not a plain number"),
        ("1e5", "not a plain number"),
        ("+5", "not a plain number"),
        (" 5", "not a plain number"),
        ("5\n", "not a plain number"),
        ("5,000", "not a plain number"),
        ("5_000", "not a plain number"),
        ("٥", "not a plain number"),
        ("５", "not a plain number"),
        (".5", "not a plain number"),
        ("5.", "not a plain number"),
        ("1" * 41, "not a plain number"),
        ("1" + "0" * 18, "outside"),
        ("0.000000001", "outside"),
        ("1.0000000000000000000000000001", "more than 28 digits"),
    ],
)
def test_text_that_is_no_price_is_refused_with_its_fault(said, fault):
    with pytest.raises(BadQuote, match=fault):
        usable_price(said)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (Decimal("NaN"), "not finite"),
        (Decimal("sNaN"), "not finite"),
        (Decimal("-Infinity"), "not finite"),
        (Decimal("1E+5"), "exponent"),
        (Decimal("1E+999999"), "exponent"),
        (Decimal("1E-999999"), "outside"),
        (Decimal("-0.5"), "negative"),
        (Decimal("0"), "zero"),
        (5.0, "neither text nor a decimal"),
        (5, "neither text nor a decimal"),
        (None, "neither text nor a decimal"),
    ],
)
def test_a_number_that_is_no_price_is_refused_with_its_fault(said, fault):
    with pytest.raises(BadQuote, match=fault):
        usable_price(said)


@given(st.one_of(st.text(), st.decimals()))
def test_whatever_is_said_is_a_usable_price_or_refused(said):
    try:
        price = usable_price(said)
    except BadQuote as error:
        refusal, price = str(error), None
    else:
        refusal = ""

    assert len(refusal) < 120
    assert price is None or 0 < price < 10**18


def test_a_quote_cannot_hold_a_bad_price_or_a_time_without_zone():
    for broken in (
        {"price": Decimal(0)},
        {"price": Decimal("NaN")},
        {"observed_at": NOON.replace(tzinfo=None)},
        {"fresh_until": NOON.replace(tzinfo=None)},
        {"fresh_until": NOON - timedelta(seconds=1)},
    ):
        with pytest.raises(BadQuote):
            replace(QUOTE, **broken)


@pytest.mark.rule("VAF-11")
def test_a_quote_says_who_when_and_how_long():
    assert (QUOTE.source, QUOTE.observed_at) == ("a", NOON)
    assert not QUOTE.is_fresh(NOON - timedelta(microseconds=1))
    assert QUOTE.is_fresh(NOON)
    assert QUOTE.is_fresh(QUOTE.fresh_until)
    assert not QUOTE.is_fresh(QUOTE.fresh_until + timedelta(microseconds=1))


def test_a_source_that_gives_nothing_says_whether_to_ask_again():
    assert SourceUnavailable("late", retry=True).retry
    assert not SourceUnavailable("no such pair", retry=False).retry
