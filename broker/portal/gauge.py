"""
The dial of margin usage: arcs, marks and the needle as numbers for an SVG. Pure.

Usage runs from nothing at the left to a little past the hard line at the right. Coordinates are
text with a point and one decimal, so that no locale groups them; only here is a float no bug.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import cos, pi, sin
from typing import NamedTuple

CENTRE_X, CENTRE_Y, RADIUS, LABEL_RADIUS = 120.0, 121.0, 96.0, 118.0
# The dial ends so much past the hard line, and never before this usage.
PAST_THE_LINE, LEAST_END = Decimal("1.1"), Decimal("1.3")
# Between two arcs, in usage of the whole dial.
GAP = 0.006
# A label right of this angle begins at its mark, so that it does not lie on the arc; left of it,
# it ends there. The mark of the call keeps to the right a little longer, clear of the one to watch.
TURNS, CALL_TURNS = 70 * pi / 180, 100 * pi / 180


class Arc(NamedTuple):
    path: str
    colour: str
    holds_needle: bool


class Mark(NamedTuple):
    x: str
    y: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Gauge:
    arcs: tuple[Arc, ...]
    marks: tuple[Mark, ...]
    needle_x: str
    needle_y: str


def gauge_of(
    usage: Decimal, *, warn: Decimal, call: Decimal, hard: Decimal, limit_name: str = "call"
) -> Gauge:
    """
    The dial with its needle at `usage`; all four are debt over margin value, fractions of one.

    - `call`: where the limit amount lies: 1, or less where the credit limit binds, which
      `limit_name` then says. Where it lies below `warn` there is no zone to watch.
    - `hard`: where the hard line lies for this account; a zone is left out where it has no width.
    """
    end = max(LEAST_END, hard * PAST_THE_LINE)
    warn = min(warn, call)
    hard = max(hard, call)
    zones = [
        ("safe", Decimal(0), warn),
        ("watch", warn, call),
        ("call", call, hard),
        ("sale", hard, end),
    ]
    marks = [("watch", warn, TURNS), (limit_name, call, CALL_TURNS), ("sale", hard, CALL_TURNS)]
    shown = min(usage, end)
    needle_x, needle_y = _at(float(shown / end), RADIUS)
    return Gauge(
        arcs=tuple(
            Arc(
                _arc(float(start / end), float(stop / end)),
                colour,
                start <= shown <= stop if colour == "safe" else start < shown <= stop,
            )
            for colour, start, stop in zones
            if stop > start
        ),
        marks=tuple(
            _mark(f"{name} {at * 100:.0f}", float(at / end), turns)
            for name, at, turns in marks
            if name != "watch" or warn < call
        ),
        needle_x=f"{needle_x:.1f}",
        needle_y=f"{needle_y:.1f}",
    )


def _angle(part: float) -> float:
    """From half a turn at the left, through the top, to nothing at the right."""
    return pi * (1 - part)


def _at(part: float, radius: float) -> tuple[float, float]:
    angle = _angle(part)
    return CENTRE_X + radius * cos(angle), CENTRE_Y - radius * sin(angle)


def _arc(start: float, stop: float) -> str:
    begin = start + GAP if start else 0.0
    x1, y1 = _at(min(begin, stop), RADIUS)
    x2, y2 = _at(stop, RADIUS)
    return f"M{x1:.1f} {y1:.1f}A{RADIUS:.0f} {RADIUS:.0f} 0 0 1 {x2:.1f} {y2:.1f}"


def _mark(text: str, part: float, turns: float) -> Mark:
    x, y = _at(part, LABEL_RADIUS)
    anchor = "end" if _angle(part) > turns else "start"
    return Mark(f"{x:.1f}", f"{y:.1f}", anchor, text)
