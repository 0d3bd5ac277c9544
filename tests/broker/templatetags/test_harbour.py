"""How a page writes: what is owed upwards, what is had downwards, and the words of the zones."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from broker.templatetags import harbour
from lending.margin.bands import Band, Standing
from lending.margin.readings import Reading

NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
money = st.decimals(min_value="-1e12", max_value="1e12", places=10)


@pytest.mark.parametrize(
    ("amount", "owed", "had"),
    [
        ("1234567.891", "1,234,567.90", "1,234,567.89"),
        ("1000", "1,000.00", "1,000.00"),
        ("0.0000000001", "0.01", "0.00"),
        ("-2500.5", "−2,500.50", "−2,500.50"),
        ("0", "0.00", "0.00"),
    ],
)
def test_money_is_grouped_to_the_cent_with_a_true_minus(amount, owed, had):
    assert harbour.owed(Decimal(amount)) == owed
    assert harbour.had(Decimal(amount)) == had


@pytest.mark.parametrize(
    ("amount", "said"), [("1234.56", "+1,234.56"), ("-0.01", "−0.01"), ("0", "+0.00")]
)
def test_an_effect_has_its_sign(amount, said):
    assert harbour.effect(Decimal(amount)) == said


@given(money)
def test_who_owes_never_owes_less_than_is_shown_and_who_has_never_has_more(amount):
    def read(text):
        return Decimal(text.replace(",", "").replace("−", "-"))

    assert abs(read(harbour.owed(amount))) >= abs(amount)
    assert abs(read(harbour.had(amount))) <= abs(amount)
    assert abs(read(harbour.owed_whole(amount))) >= abs(amount)
    assert abs(read(harbour.had_whole(amount))) <= abs(amount)


def test_digits_beyond_the_default_context_are_not_lost():
    assert harbour.had(Decimal("1" + "0" * 30 + ".999")).endswith("000.99")
    assert harbour.units(Decimal("1" + "0" * 19 + ".000000000000000001"), Decimal("1e-18")) == (
        "10,000,000,000,000,000,000.000000000000000001"
    )


@pytest.mark.parametrize(
    "filter_name", ["owed", "had", "price", "usage", "share", "percent", "fall"]
)
def test_what_is_not_known_is_a_dash(filter_name):
    assert getattr(harbour, filter_name)(None) == "—"


@pytest.mark.parametrize(
    ("amount", "step", "shown"),
    [
        ("12", "0.00000001", "12.00000000"),
        ("300000", "1", "300,000"),
        ("1.5", "0.01", "1.50"),
        ("7", "100", "7"),
    ],
)
def test_units_have_the_places_of_the_assets_smallest_step(amount, step, shown):
    assert harbour.units(Decimal(amount), Decimal(step)) == shown


def test_units_in_a_sentence_have_no_idle_zeros():
    assert harbour.units_short(Decimal("12.50000000")) == "12.5"
    assert harbour.units_short(Decimal("300000")) == "300,000"
    assert harbour.units_short(Decimal("1E+3")) == "1,000"


@pytest.mark.parametrize(
    ("ratio", "usage"),
    [("0.9", "90.00%"), ("0.93461", "93.47%"), ("2.5339", "253.39%"), ("12.3", "1,230.00%")],
)
def test_usage_never_looks_better_than_it_is(ratio, usage):
    assert harbour.usage(Decimal(ratio)) == usage


def test_a_fall_is_rounded_down_and_a_rise_up():
    assert harbour.fall(Decimal("0.0659")) == "6.5%"
    assert harbour.rise(Decimal("0.1161")) == "11.7%"
    assert harbour.signed_percent(Decimal("-0.215")) == "−21.5%"
    assert harbour.signed_percent(Decimal("0.03")) == "+3.0%"
    assert harbour.worse(Decimal("0.00061")) == "0.06% worse"
    assert harbour.worse(Decimal("-0.0003")) == "0.03% better"


@pytest.mark.parametrize(
    ("ratio", "shown"), [("0.600000", "60%"), ("0.0725", "7.25%"), ("1", "100%")]
)
def test_a_rate_stands_without_idle_zeros(ratio, shown):
    assert harbour.percent(Decimal(ratio)) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [("700210", "700,210.00"), ("26.6", "26.60"), ("0.255", "0.2550")]
)
def test_a_price_has_two_places_and_a_small_one_four(value, shown):
    assert harbour.price(Decimal(value)) == shown


def test_times_are_those_of_hong_kong():
    late = datetime(2026, 11, 24, 0, 15, 7, tzinfo=UTC)

    assert harbour.hkt(late) == "Tue 24 Nov 2026, 08:15 HKT"
    assert harbour.hkt_clock(late) == "08:15:07"


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (NOON, "Today 12:00"),
        (NOON - timedelta(hours=12), "Today 00:00"),
        (NOON - timedelta(hours=12, seconds=1), "3 Mar 23:59"),
        (NOON - timedelta(days=100), "24 Nov 2025"),
    ],
)
def test_a_day_is_a_day_of_hong_kong(at, shown):
    assert harbour.day(at, NOON) == shown


@pytest.mark.parametrize(
    ("seconds", "age", "left"),
    [
        (4, "4 s ago", "4 s"),
        (200, "3 min ago", "3 min"),
        (7300, "2 h ago", "2 h 1 min"),
        (500_000, "5 d ago", "138 h 53 min"),
        (0, "0 s ago", "time is up"),
        (-5, "0 s ago", "time is up"),
    ],
)
def test_how_long_ago_and_how_long_still(seconds, age, left):
    apart = timedelta(seconds=seconds)

    assert harbour.age(NOON - apart, NOON) == age
    assert harbour.left(NOON + apart, NOON) == left


def test_what_a_page_writes_is_not_grouped_a_second_time_and_not_trusted():
    shown = Template("{% load harbour %}{{ amount|owed|cents_apart }} {% zone zone %}").render(
        Context({"amount": Decimal("1234.5"), "zone": harbour.Zone("<b>", "call")}),
    )

    assert shown == ('1,234<span class="cents">.50</span> <span class="zone call">&lt;b&gt;</span>')


@pytest.mark.parametrize(
    ("seconds", "shown"), [("0.4321", "0.43 s"), ("12.06", "12.1 s"), ("182", "3 min 2 s")]
)
def test_a_duration_is_as_exact_as_it_is_short(seconds, shown):
    assert harbour.duration(Decimal(seconds)) == shown


def test_a_job_is_named_by_its_task():
    assert harbour.job_name("lending.tasks.sweep_margins") == "Sweep margins"


def reading(standing, band, *, debt="100", margin_value="280") -> Reading:
    value = None if band is None else Decimal(margin_value)
    return Reading(
        account_id=1,
        state="healthy",
        standing=standing,
        band=band,
        debt=Decimal(debt),
        cash=Decimal(0),
        market_value=value,
        margin_value=value,
        liquidation_value=value,
        credit_limit=Decimal(1000),
        policy_amount=None,
        hard_line_since=None,
        over_line=False,
        terms_id=1,
        subledger_id=1,
        pool_id=1,
        call_id=None,
        call_state=None,
        cure_due_at=None,
        accelerated=False,
    )


@pytest.mark.parametrize(
    ("standing", "band", "debt", "word", "colour"),
    [
        (Standing.HEALTHY, Band.COVERED, "100", "Safe", "safe"),
        (Standing.WARNED, Band.COVERED, "100", "Safe", "safe"),
        (Standing.WARNED, Band.WARN, "260", "Watch", "watch"),
        (Standing.WARNED, Band.WARN, "281", "Over the call line", "call"),
        (Standing.HEALTHY, Band.CALL, "300", "Over the call line", "call"),
        (Standing.HEALTHY, Band.HARD, "500", "Past the hard line", "sale"),
        (Standing.CALLED, Band.HELD, "270", "Margin call", "call"),
        (Standing.CALLED, Band.COVERED, "100", "Margin call", "call"),
        (Standing.ACCELERATED, Band.ACCELERATED, "300", "Margin call, accelerated", "call"),
        (Standing.OVERDUE, Band.HELD, "270", "Margin call, overdue", "call"),
        (Standing.CALLED, Band.HARD, "500", "Past the hard line", "sale"),
        (Standing.LIQUIDATING, Band.HARD, "500", "Being sold", "sale"),
        (Standing.IN_DEFICIT, Band.COVERED, "0", "In deficit", "sale"),
        (Standing.IN_DEFICIT, None, "0", "In deficit", "sale"),
        (Standing.HEALTHY, None, "100", "Not measured", "none"),
        (Standing.CALLED, None, "300", "Not measured", "none"),
    ],
)
def test_the_zone_is_what_an_account_is_in_or_else_where_the_reading_puts_it(
    standing, band, debt, word, colour
):
    assert harbour.zone_of(reading(standing, band, debt=debt)) == (word, colour)


def test_every_standing_and_band_has_a_zone():
    for standing in Standing:
        for band in (None, *Band):
            assert harbour.zone_of(reading(standing, band)).word
