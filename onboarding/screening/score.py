"""
The score of somebody against an entry of a list: points from 0 to 100, each explained. Pure.

1. Name: the most like pair of Latin names, or of Chinese ones, whichever is more (`likeness.py`).
2. Birth date: +10 the same day; +5 days that may be the same; -20 no day that may be.
3. Nationality: +3 where one is the same. What is written differently says nothing.
4. Kind: -30 where one is a person and the other is not.
5. Identity number: the same one is 100, whatever else differs.

Points 2 and 3 are added only to a name that is at least `NEAR`: a birth date finds nobody alone.
From `screening_hit_score` points on (a dated parameter, 85 at first) it is a hit that a person
decides. `RULE` names this text; it changes whenever a score could.
"""

from dataclasses import dataclass

from onboarding.screening import likeness
from onboarding.screening.facts import Birth, Party

RULE = "names-1"
NEAR = 70.0
SAME_DAY, MAYBE_DAY, OTHER_DAY = 10, 5, -20
SAME_NATION, OTHER_KIND = 3, -30


@dataclass(frozen=True, slots=True)
class Point:
    """One reason of the score: what was compared, ours and the list's, and its points."""

    what: str
    ours: str
    theirs: str
    points: float


@dataclass(frozen=True, slots=True)
class Score:
    """`total` from 0 to 100, and the points that make it up."""

    total: float
    points: tuple[Point, ...]


def most_beside_the_name(ours: Party) -> int:
    """The points that somebody with these facts may get beside those of the name."""
    return SAME_DAY * bool(ours.births) + SAME_NATION * bool(ours.nationalities)


def score(ours: Party, theirs: Party) -> Score:
    """The score of the two; the same whenever it is asked for, and whichever comes first."""
    number = min(ours.numbers() & theirs.numbers(), default=None)
    points = [_name(ours, theirs)]
    if ours.is_person is not None and theirs.is_person not in (None, ours.is_person):
        points.append(Point("Kind", _kind(ours), _kind(theirs), OTHER_KIND))
    if points[0].points >= NEAR and ours.births and theirs.births:
        points.append(_birth(ours.births, theirs.births))
    if points[0].points >= NEAR:
        points += _nation(ours, theirs)
    if number:
        return Score(100.0, (Point("Identity number", number, number, 100.0), *points))
    total = sum(point.points for point in points)
    return Score(round(min(100.0, max(0.0, total)), 1), tuple(points))


def _name(ours: Party, theirs: Party) -> Point:
    best = Point("Name", "", "", 0.0)
    for mine, words in ours.latin():
        for its, other in theirs.latin():
            like = likeness.latin(words, other)
            if like > best.points:
                best = Point("Name", mine, its, round(like, 1))
    for mine, written in ours.chinese():
        for its, other in theirs.chinese():
            like = likeness.chinese(written, other)
            if like > best.points:
                best = Point("Chinese name", mine, its, round(like, 1))
    return best


def _kind(party: Party) -> str:
    return "a person" if party.is_person else "no person"


def _birth(ours: tuple[Birth, ...], theirs: tuple[Birth, ...]) -> Point:
    best = None
    for mine in ours:
        for its in theirs:
            if mine == its and mine.is_exact:
                points = SAME_DAY
            elif mine.first <= its.last and its.first <= mine.last:
                points = MAYBE_DAY
            else:
                points = OTHER_DAY
            if best is None or points > best.points:
                best = Point("Birth date", _days(mine), _days(its), points)
    return best


def _days(birth: Birth) -> str:
    if birth.is_exact:
        return birth.first.isoformat()
    return f"{birth.first.isoformat()} to {birth.last.isoformat()}"


def _nation(ours: Party, theirs: Party) -> list[Point]:
    named = {nation.strip().casefold(): nation for nation in theirs.nationalities}
    same = [n for n in ours.nationalities if n.strip().casefold() in named]
    return (
        [Point("Nationality", same[0], named[same[0].strip().casefold()], SAME_NATION)]
        if same
        else []
    )
