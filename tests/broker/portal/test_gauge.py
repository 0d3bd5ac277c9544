"""The dial: its zones, its marks, and where the needle stands."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.portal.gauge import CENTRE_X, CENTRE_Y, RADIUS, gauge_of

HARD = Decimal("1.625")
usages = st.decimals(min_value=0, max_value=50, places=4)
lines = st.decimals(min_value="0.05", max_value=1, places=4)
hards = st.decimals(min_value="0.05", max_value=4, places=4)


def dial(usage, *, call="1", hard=HARD, **named):
    return gauge_of(
        Decimal(usage), warn=Decimal("0.9"), call=Decimal(call), hard=Decimal(hard), **named
    )


def zone_of_needle(gauge) -> str:
    [arc] = [arc for arc in gauge.arcs if arc.holds_needle]
    return arc.colour


@pytest.mark.parametrize(
    ("usage", "colour"),
    [
        ("0", "safe"),
        ("0.5", "safe"),
        ("0.9", "safe"),
        ("0.9001", "watch"),
        ("1", "watch"),
        ("1.0001", "call"),
        ("1.625", "call"),
        ("1.6251", "sale"),
        ("40", "sale"),
    ],
)
def test_the_needle_stands_in_the_zone_of_the_usage(usage, colour):
    assert zone_of_needle(dial(usage)) == colour


def test_the_marks_are_warn_call_and_where_the_hard_line_lies_for_this_account():
    assert [mark.text for mark in dial("0.5").marks] == ["watch 90", "call 100", "sale 162"]
    assert [mark.text for mark in dial("0.5", hard="1.1429").marks][-1] == "sale 114"


def test_a_credit_limit_below_the_level_to_watch_leaves_nothing_to_watch():
    gauge = dial("0.7", call="0.62", limit_name="credit limit")

    assert [mark.text for mark in gauge.marks] == ["credit limit 62", "sale 162"]
    assert [arc.colour for arc in gauge.arcs] == ["safe", "call", "sale"]
    assert zone_of_needle(gauge) == "call"


@given(usage=usages, call=lines, hard=hards)
def test_the_zones_follow_each_other_and_one_of_them_holds_the_needle(usage, call, hard):
    gauge = dial(usage, call=call, hard=hard)

    ends = [re.findall(r"-?\d+\.\d", arc.path) for arc in gauge.arcs]
    assert sum(arc.holds_needle for arc in gauge.arcs) == 1
    assert [float(x) for x, *_ in ends] == sorted(float(x) for x, *_ in ends)
    assert float(ends[0][0]) == CENTRE_X - RADIUS
    assert float(ends[-1][-2]) == CENTRE_X + RADIUS


@given(usage=usages, call=lines, hard=hards)
def test_the_needle_is_on_the_dial_and_further_right_the_more_is_used(usage, call, hard):
    gauge = dial(usage, call=call, hard=hard)
    more = dial(usage + 1, call=call, hard=hard)

    x, y = float(gauge.needle_x), float(gauge.needle_y)
    assert abs((x - CENTRE_X) ** 2 + (y - CENTRE_Y) ** 2 - RADIUS**2) < 30
    assert y <= CENTRE_Y
    assert float(more.needle_x) >= x


@given(usage=usages, call=lines, hard=hards)
def test_every_coordinate_is_written_for_a_drawing_and_not_for_a_reader(usage, call, hard):
    gauge = dial(usage, call=call, hard=hard)

    numbers = [gauge.needle_x, gauge.needle_y]
    numbers += [number for mark in gauge.marks for number in (mark.x, mark.y)]
    assert all(re.fullmatch(r"-?\d+\.\d", number) for number in numbers)
