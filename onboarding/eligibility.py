"""
Who is a professional investor, from what they hold. Pure: no clock, no database.

Amounts are HKD and are rounded down, so that nobody passes by a rounding. Thresholds come in as
values. Every line is answered for: counted with how much, or left out and why.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from enum import StrEnum

_CENT = Decimal("0.01")
_EXACT = Context(prec=60)
NOBODY = ""


class Category(StrEnum):
    INSTITUTIONAL = "institutional"
    INDIVIDUAL = "individual"
    CORPORATE = "corporate"
    HOLDING = "holding"
    TRUST = "trust"


CATEGORIES = {
    Category.INSTITUTIONAL: "Institution named in the Ordinance",
    Category.INDIVIDUAL: "Individual",
    Category.CORPORATE: "Corporation or partnership",
    Category.HOLDING: "Holding corporation",
    Category.TRUST: "Trust corporation",
}
# Paragraphs of the definition in SFO Sch 1 Part 1 s.1 (PI-1).
LIMBS = tuple("abcdefghi")


class LineType(StrEnum):
    """How the person holds it (PI-2); the last two are whole balance sheets (PI-3, PI-5)."""

    OWN = "own"
    JOINT_ASSOCIATE = "joint_associate"
    JOINT_OTHER = "joint_other"
    VEHICLE = "vehicle"
    TOTAL_ASSETS = "total_assets"
    TRUST_ASSETS = "trust_assets"


LINE_TYPES = {
    LineType.OWN: "Own account",
    LineType.JOINT_ASSOCIATE: "Joint account with spouse or child",
    LineType.JOINT_OTHER: "Joint account with somebody else",
    LineType.VEHICLE: "Wholly owned investment company",
    LineType.TOTAL_ASSETS: "Total assets of the firm",
    LineType.TRUST_ASSETS: "Assets entrusted under a trust",
}


class AssetClass(StrEnum):
    SECURITIES = "securities"
    BONDS = "bonds"
    FUND = "fund"
    PRIVATE_FUND = "private_fund"
    VA_FUND = "va_fund"
    BANK_CD = "bank_cd"
    CUSTODY_CASH = "custody_cash"
    SPOT_VA = "spot_va"
    REAL_ESTATE = "real_estate"
    INSURANCE = "insurance"
    RECEIVABLE = "receivable"
    OTHER = "other"


ASSET_CLASSES = {
    AssetClass.SECURITIES: "Listed securities",
    AssetClass.BONDS: "Bonds and notes",
    AssetClass.FUND: "Funds",
    AssetClass.PRIVATE_FUND: "Private funds",
    AssetClass.VA_FUND: "Funds and ETFs of virtual assets",
    AssetClass.BANK_CD: "Certificates of deposit of a bank",
    AssetClass.CUSTODY_CASH: "Money held by a custodian",
    AssetClass.SPOT_VA: "Virtual assets held directly",
    AssetClass.REAL_ESTATE: "Real estate",
    AssetClass.INSURANCE: "Insurance policies",
    AssetClass.RECEIVABLE: "Money owed by others",
    AssetClass.OTHER: "Anything else",
}
# The allow-list of PI-6; that a coin is no security is inferred (PI-7). What is not here is out.
PORTFOLIO = frozenset(
    {
        AssetClass.SECURITIES,
        AssetClass.BONDS,
        AssetClass.FUND,
        AssetClass.PRIVATE_FUND,
        AssetClass.VA_FUND,
        AssetClass.BANK_CD,
        AssetClass.CUSTODY_CASH,
    }
)
_TYPES_OF = {
    Category.INDIVIDUAL: frozenset(
        {LineType.OWN, LineType.JOINT_ASSOCIATE, LineType.JOINT_OTHER, LineType.VEHICLE}
    ),
    Category.CORPORATE: frozenset({LineType.OWN, LineType.TOTAL_ASSETS}),
    Category.TRUST: frozenset({LineType.TRUST_ASSETS}),
    Category.HOLDING: frozenset(),
    Category.INSTITUTIONAL: frozenset(),
}


class NotALine(Exception):
    """A line that means nothing: a negative amount, a share above one, a holder nobody named."""


@dataclass(frozen=True, slots=True)
class Line:
    """
    One holding on the relevant day: `amount` HKD in all, of all holders.

    - `share`: the agreed part of a joint account with others, or of a company; None is not said.
    - `holders`: how many hold a joint account, for equal parts where no share was agreed.
    - `is_valued`: a valuation by somebody else is among the evidence (private funds need one).
    - `holder`: which of the persons asked about it belongs to; empty where there is one.
    """

    type: LineType
    asset_class: AssetClass
    amount: Decimal
    share: Decimal | None = None
    holders: int | None = None
    is_valued: bool = False
    holder: str = NOBODY
    said: str = ""


@dataclass(frozen=True, slots=True)
class Rest:
    """Who a holding corporation rests on (PI-4): an owner of `share` of it, or one it owns."""

    name: str
    is_owner: bool
    share: Decimal
    is_professional: bool
    is_corporate: bool


@dataclass(frozen=True, slots=True)
class Thresholds:
    """HKD; the names are those of the rules."""

    individual_portfolio: Decimal
    corporate_portfolio: Decimal
    corporate_assets: Decimal
    trust_assets: Decimal


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a line: `counted` HKD, nothing where it is left out, and why."""

    line: Line
    counted: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class Test:
    """One sum against one threshold; the threshold itself is enough."""

    name: str
    total: Decimal
    threshold: Decimal

    @property
    def passed(self) -> bool:
        return self.total >= self.threshold


@dataclass(frozen=True, slots=True)
class Verdict:
    """`tests` are all that were made; `why` says in one sentence how it came out."""

    category: Category
    passed: bool
    why: str
    answers: tuple[Answer, ...] = ()
    tests: tuple[Test, ...] = ()

    def total(self, name: str) -> Decimal | None:
        """The least total of the tests of that name; None where there was none."""
        return min((test.total for test in self.tests if test.name == name), default=None)


PORTFOLIO_TEST, ASSETS_TEST = "portfolio", "total assets"


def assess(
    category: Category,
    *,
    thresholds: Thresholds,
    lines: Iterable[Line] = (),
    holders: Sequence[str] = (NOBODY,),
    limb: str = "",
    rests: Iterable[Rest] = (),
) -> Verdict:
    """
    The verdict on one client, with every line explained.

    Of `holders` (a joint client has several) each must pass alone. A firm passes by its portfolio
    or by its total assets. Source: PI-1 to PI-7.

    :raises NotALine: a line is not one, or belongs to nobody named
    """
    if category == Category.INSTITUTIONAL:
        return _institution(limb)
    if category == Category.HOLDING:
        return _holding(tuple(rests))
    lines = tuple(lines)
    for line in lines:
        _refuse_nonsense(line, holders)
    answers = tuple(_answer(category, line) for line in lines)
    tests = _tests(category, answers, holders, thresholds)
    if category == Category.CORPORATE:
        passed = any(test.passed for test in tests)
    else:
        passed = all(test.passed for test in tests)
    return Verdict(category, passed, _said(passed, tests), answers, tests)


def _refuse_nonsense(line: Line, holders: Sequence[str]) -> None:
    if not line.amount.is_finite() or line.amount < 0:
        raise NotALine(f"an amount of {line.amount}")
    if line.share is not None and not 0 <= line.share <= 1:
        raise NotALine(f"a share of {line.share}")
    if line.holders is not None and line.holders < 2:
        raise NotALine(f"a joint account of {line.holders}")
    if line.holder not in holders:
        raise NotALine(f"{line.holder or 'nobody'} is not one of the persons asked about")


def _answer(category: Category, line: Line) -> Answer:
    if line.type not in _TYPES_OF[category]:
        kind, owner = LINE_TYPES[line.type].lower(), CATEGORIES[category].lower()
        return _out(line, f"{kind}: not a line of this test ({owner})")
    if line.type in (LineType.TOTAL_ASSETS, LineType.TRUST_ASSETS):
        return Answer(line, _down(line.amount), "in full")
    if line.asset_class not in PORTFOLIO:
        return _out(line, f"{ASSET_CLASSES[line.asset_class].lower()} never counts as portfolio")
    if line.asset_class == AssetClass.PRIVATE_FUND and not line.is_valued:
        return _out(line, "a private fund counts only with a valuation")
    if line.type == LineType.JOINT_OTHER:
        return _joint(line)
    if line.type == LineType.VEHICLE and line.share not in (None, Decimal(1)):
        return _out(line, "a company that is only partly owned does not count")
    return Answer(line, _down(line.amount), "in full")


def _joint(line: Line) -> Answer:
    if line.share is not None:
        counted = _EXACT.multiply(line.amount, line.share)
        return Answer(line, _down(counted), f"the agreed share, {line.share * 100:.2f}%")
    if line.holders is None:
        return _out(line, "neither a share nor the number of holders is known")
    with_rest = _EXACT.divide_int(_EXACT.scaleb(line.amount, 2), Decimal(line.holders))
    return Answer(line, _down(_EXACT.scaleb(with_rest, -2)), f"an equal share of {line.holders}")


def _out(line: Line, why: str) -> Answer:
    return Answer(line, Decimal(0), why)


def _down(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_FLOOR, context=_EXACT)


def _tests(
    category: Category, answers: tuple[Answer, ...], holders: Sequence[str], level: Thresholds
) -> tuple[Test, ...]:
    if category == Category.TRUST:
        return (Test(ASSETS_TEST, _sum(answers), level.trust_assets),)
    if category == Category.CORPORATE:
        whole = [each for each in answers if each.line.type == LineType.TOTAL_ASSETS]
        portfolio = [each for each in answers if each.line.type != LineType.TOTAL_ASSETS]
        return (
            Test(PORTFOLIO_TEST, _sum(portfolio), level.corporate_portfolio),
            Test(ASSETS_TEST, _sum(whole), level.corporate_assets),
        )
    return tuple(
        Test(
            PORTFOLIO_TEST,
            _sum(each for each in answers if each.line.holder == holder),
            level.individual_portfolio,
        )
        for holder in holders
    )


def _sum(answers: Iterable[Answer]) -> Decimal:
    total = Decimal(0)
    for each in answers:
        total = _EXACT.add(total, each.counted)
    return total


def _said(passed: bool, tests: tuple[Test, ...]) -> str:
    figures = "; ".join(
        f"{test.name} HKD {test.total:,.2f} of the HKD {test.threshold:,.2f} needed"
        for test in tests
    )
    return f"{'Passed' if passed else 'Not passed'}: {figures}."


def _institution(limb: str) -> Verdict:
    passed = limb in LIMBS
    why = (
        f"Passed: named in paragraph ({limb}) of the definition."
        if passed
        else "Not passed: no paragraph (a) to (i) of the definition is named."
    )
    return Verdict(Category.INSTITUTIONAL, passed, why)


def _holding(rests: tuple[Rest, ...]) -> Verdict:
    """Wholly owned by professional investors, or itself the whole owner of a corporate one."""
    for rest in rests:
        if not (rest.is_owner or rest.share == 1):
            continue
        if not rest.is_owner and rest.is_professional and rest.is_corporate:
            why = f"Passed: it wholly owns {rest.name}, a corporate professional investor."
            return Verdict(Category.HOLDING, True, why)
    owners = [rest for rest in rests if rest.is_owner]
    owned = sum((rest.share for rest in owners), Decimal(0))
    retail = sorted(rest.name for rest in owners if not rest.is_professional)
    if owners and owned == 1 and not retail:
        names = ", ".join(rest.name for rest in owners)
        why = f"Passed: wholly owned by professional investors, {names}."
        return Verdict(Category.HOLDING, True, why)
    if retail:
        why = f"Not passed: {', '.join(retail)} is no professional investor."
    else:
        why = f"Not passed: professional investors own {owned * 100:.2f}% of it, not all."
    return Verdict(Category.HOLDING, False, why)
