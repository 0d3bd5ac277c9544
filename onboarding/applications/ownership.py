"""
Who owns how much of a firm through others, and who rules it. Pure: names and fractions, no rows.

Percentages are Decimals, 25 for a quarter; what is worked out is exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

OVER = Decimal(25)  # AML-5: more than this makes an owner. Guideline 4.3.6, read.
_MAJORITY = Fraction(1, 2)


class Circular(Exception):
    """Firms own one another whole, so that nobody stands at the end."""


class TooMuch(Exception):
    """More than the whole of a firm is held. `owned` is its name."""

    def __init__(self, owned):
        super().__init__(f"more than 100% of {owned} is held")
        self.owned = owned


@dataclass(frozen=True, slots=True)
class Held:
    """`owner` holds `percent` of `owned` directly."""

    owner: object
    owned: object
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """
    What one holds of the firm at the root: `percent` through every chain multiplied, `ruled` what
    is voted by it and by the firms it has the majority of. Above a quarter of either, AML-5.
    """

    percent: Decimal
    ruled: Decimal
    exact: Fraction

    @property
    def is_over(self) -> bool:
        return self.exact > Fraction(OVER) / 100 or self.ruled > OVER


def shares_of(root, holdings: Iterable[Held]) -> dict[object, Share]:
    """
    The share of everybody who stands above `root`, direct or through others.

    A firm that comes back to itself is worked out as it is: its own part goes to those behind it.

    :raises TooMuch: more than 100% of a firm
    :raises Circular: a ring of firms that own each other whole
    """
    held = list(holdings)
    _refuse_too_much(held)
    exact = _through_chains(root, held)
    return {
        name: Share(_shown(part), _ruled(name, root, held), part)
        for name, part in exact.items()
        if name != root
    }


def undisclosed(root, holdings: Iterable[Held], firms: Iterable) -> dict[object, Decimal]:
    """
    Of `root` and each firm above it, the percent of `root` whose holders nobody has named.

    `firms` are those to look behind: a person ends a chain, and so does a listed company, which is
    left out of it. One above a quarter could hide an owner.
    """
    held = list(holdings)
    exact = {root: Fraction(1)} | _through_chains(root, held)
    named = _totals(held)
    return {
        firm: _shown(exact[firm] * (1 - named.get(firm, Fraction(0))))
        for firm in firms
        if firm in exact
    }


def _refuse_too_much(held: list[Held]) -> None:
    for owned, total in _totals(held).items():
        if total > 1:
            raise TooMuch(owned)


def _totals(held: list[Held]) -> dict[object, Fraction]:
    totals: dict[object, Fraction] = {}
    for each in held:
        totals[each.owned] = totals.get(each.owned, Fraction(0)) + Fraction(each.percent) / 100
    return totals


def _through_chains(root, held: list[Held]) -> dict[object, Fraction]:
    """
    Part of the root held by each: part(a) = sum over what a holds of fraction x part(owned).

    Solved as equations, since a ring of holdings makes the chains endless.
    """
    above = _above(root, held)
    place = {name: at for at, name in enumerate(above)}
    rows = [
        [Fraction(int(i == j)) for j in range(len(above))] + [Fraction(0)] for i in place.values()
    ]
    for each in held:
        if each.owner not in place or (each.owned not in place and each.owned != root):
            continue
        row, fraction = rows[place[each.owner]], Fraction(each.percent) / 100
        if each.owned == root:
            row[-1] += fraction
        else:
            row[place[each.owned]] -= fraction
    return dict(zip(above, _solved(rows), strict=True))


def _above(root, held: list[Held]) -> list:
    """Everybody who reaches the root, in the order met; the root itself is not among them."""
    found, waiting = [], [root]
    while waiting:
        owned = waiting.pop(0)
        for each in held:
            if each.owned == owned and each.owner != root and each.owner not in found:
                found.append(each.owner)
                waiting.append(each.owner)
    return found


def _solved(rows: list[list[Fraction]]) -> list[Fraction]:
    """The unknowns of a square system, by elimination."""
    size = len(rows)
    for column in range(size):
        pivot = next((row for row in range(column, size) if rows[row][column]), None)
        if pivot is None:
            raise Circular("firms own each other whole, and nobody stands at the end")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        lead = rows[column][column]
        rows[column] = [value / lead for value in rows[column]]
        for other in range(size):
            factor = rows[other][column]
            if other != column and factor:
                rows[other] = [
                    value - factor * base
                    for value, base in zip(rows[other], rows[column], strict=True)
                ]
    return [row[-1] for row in rows]


def _ruled(name, root, held: list[Held]) -> Decimal:
    """What of the root is voted at `name`'s word: its own, and what firms it rules hold."""
    ruled_by = {name}
    while True:
        votes: dict[object, Fraction] = {}
        for each in held:
            if each.owner in ruled_by:
                part = Fraction(each.percent) / 100
                votes[each.owned] = votes.get(each.owned, Fraction(0)) + part
        more = {owned for owned, part in votes.items() if part > _MAJORITY and owned != root}
        if more <= ruled_by:
            return _shown(votes.get(root, Fraction(0)))
        ruled_by |= more


def _shown(part: Fraction) -> Decimal:
    """A fraction as a percentage to four places."""
    exact = Decimal(part.numerator * 100) / Decimal(part.denominator)
    return exact.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
