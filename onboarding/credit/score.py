"""
The score card: points for each characteristic, every point said in words, to a grade. Pure.

More of what is good never costs a point. A hundred is the most; grades go from A to E, and nothing
is lent on an E. A card that scores otherwise is another version: it is kept with what it said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from onboarding.credit.factors import WEAKEST

VERSION = "2026-1"
STEP = Decimal(10_000)  # HKD: a proposed limit is a whole multiple.
_DIGITS = 60


class Grade(StrEnum):
    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


class History(StrEnum):
    """How the client has paid, with us and elsewhere."""

    CLEAN = "clean"
    NONE = "none"
    LATE = "late"
    DEFAULTED = "defaulted"


HISTORIES = {
    History.CLEAN: "Paid on time for a year or more, by a reference",
    History.NONE: "No history to look at",
    History.LATE: "Paid late in the last two years",
    History.DEFAULTED: "Defaulted in the last five years",
}

# At or above so much, so many points; below the last, none. HKD.
_LIQUID = ((40_000_000, 25), (20_000_000, 21), (8_000_000, 16), (4_000_000, 11), (1_000_000, 6))
_WITHOUT_VIRTUAL = ((40_000_000, 15), (20_000_000, 12), (8_000_000, 9), (2_000_000, 5))
_INCOME = ((4_000_000, 10), (2_000_000, 8), (1_000_000, 5), (400_000, 2))
# Debts of at most so much of counted assets.
_DEBTS = (("0.10", 10), ("0.25", 8), ("0.40", 5), ("0.60", 2))
_HISTORY = {History.CLEAN: 12, History.NONE: 6, History.LATE: 2, History.DEFAULTED: 0}
_FROM = ((Grade.A, 80), (Grade.B, 65), (Grade.C, 50), (Grade.D, 35), (Grade.E, 0))
JUDGED = {
    "smf_b": "Credit references",
    "smf_c": "Collateral and support",
    "smf_d": "Objectives and trading pattern",
    "smf_e": "Adverse events",
}
_PER_JUDGED = 4
_OF_VIRTUAL = 12


@dataclass(frozen=True, slots=True)
class Facts:
    """
    HKD a year and HKD. `judged`: a score from 1 (strong) to 5 for each of `JUDGED`; `virtual`:
    those of the factors of VAF-5 that were needed, empty where no virtual asset is counted.
    """

    net_worth: Decimal
    liquid_net_worth: Decimal
    net_worth_without_virtual: Decimal
    assets: Decimal
    debts: Decimal
    income: Decimal
    history: History
    judged: Mapping[str, int]
    virtual: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Points:
    """`points` of at most `most` for one characteristic, and why in words."""

    characteristic: str
    points: int
    most: int
    why: str


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """`capped` says why the grade is E whatever the total; empty where the total decides."""

    version: str
    points: tuple[Points, ...]
    total: int
    grade: Grade
    capped: str


def score(facts: Facts) -> ScoreCard:
    """The points of each characteristic, their total and the grade. Source: SMF-11, VAF-5."""
    points = (
        _banded("Verified liquid net worth", facts.liquid_net_worth, _LIQUID),
        _banded(
            "Net worth if virtual assets were worth nothing",
            facts.net_worth_without_virtual,
            _WITHOUT_VIRTUAL,
        ),
        _banded("Verified income of a year", facts.income, _INCOME),
        _debts(facts),
        Points(
            "Payment history",
            _HISTORY[facts.history],
            max(_HISTORY.values()),
            f"{HISTORIES[facts.history]}.",
        ),
        *(_judged(name, facts.judged[name]) for name in JUDGED),
        _virtual(facts.virtual),
    )
    total = sum(each.points for each in points)
    capped = _cap(facts)
    grade = Grade.E if capped else next(grade for grade, least in _FROM if total >= least)
    return ScoreCard(VERSION, points, total, grade, capped)


def _banded(characteristic: str, amount: Decimal, bands: Sequence[tuple[int, int]]) -> Points:
    most = bands[0][1]
    for least, points in bands:
        if amount >= least:
            return Points(
                characteristic, points, most, f"HKD {amount:,.2f} is HKD {least:,} or more."
            )
    return Points(characteristic, 0, most, f"HKD {amount:,.2f} is less than HKD {bands[-1][0]:,}.")


def _debts(facts: Facts) -> Points:
    called, most = "Debts to others", _DEBTS[0][1]
    if facts.debts <= 0:
        return Points(called, most, most, "Owes nothing to others.")
    owed = f"HKD {facts.debts:,.2f} owed against HKD {facts.assets:,.2f} of counted assets is"
    with localcontext(prec=_DIGITS):
        for share, points in _DEBTS:
            if facts.debts <= Decimal(share) * facts.assets:
                return Points(called, points, most, f"{owed} {_percent(share)} or less.")
    return Points(called, 0, most, f"{owed} more than {_percent(_DEBTS[-1][0])}.")


def _percent(share: str) -> str:
    return f"{(Decimal(share) * 100).normalize():f}%"


def _judged(name: str, given: int) -> Points:
    points = max(0, _PER_JUDGED - (given - 1))
    return Points(
        JUDGED[name], points, _PER_JUDGED, f"Scored {given}, where 1 is strong and 5 very weak."
    )


def _virtual(scores: Sequence[int]) -> Points:
    called = "Risk of the virtual assets counted"
    if not scores:
        return Points(called, _OF_VIRTUAL, _OF_VIRTUAL, "No virtual asset is counted.")
    # From full points where every score is 1 to none where every one is 5, rounded down.
    spared = sum(WEAKEST - given for given in scores)
    points = _OF_VIRTUAL * spared // ((WEAKEST - 1) * len(scores))
    return Points(
        called,
        points,
        _OF_VIRTUAL,
        f"{len(scores)} factors scored {', '.join(map(str, scores))}; 1 is strong.",
    )


def _cap(facts: Facts) -> str:
    if facts.net_worth <= 0:
        return "Verified net worth is nothing or less, so the grade is E."
    if facts.history == History.DEFAULTED:
        return "A default in the last five years makes the grade E."
    if facts.judged["smf_e"] >= WEAKEST:
        return "Adverse events scored 5 make the grade E."
    return ""


@dataclass(frozen=True, slots=True)
class GradeTerms:
    """`share` of verified net worth, `spread` a year over the benchmark, both fractions of one."""

    share: Decimal
    spread: Decimal
    review_days: int


@dataclass(frozen=True, slots=True)
class LimitProposal:
    """HKD, a yearly rate over the benchmark, and the days until the limit is looked at again."""

    limit: Decimal
    spread: Decimal
    review_days: int


def proposed_limit(net_worth: Decimal, terms: GradeTerms) -> LimitProposal:
    """
    What the grade proposes: its share of net worth, rounded down to ten thousand dollars.

    `net_worth` verified and after discounts; where it is nothing or less, so is the limit.
    """
    with localcontext(prec=_DIGITS):
        steps = max(Decimal(0), net_worth) * terms.share // STEP
        return LimitProposal(steps * STEP, terms.spread, terms.review_days)
