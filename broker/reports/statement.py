"""
The statement of a margin account over a period: what its client is shown of the books (STM-2..6).

`statement_make.py` builds it; `paper/` sets it.
"""

from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from broker.reports.period import Period
from broker.reports.statement_books import Charged, DayOfInterest, Ends, Posted
from broker.reports.statement_market import Valued
from broker.reports.statement_units import Moved
from collateral.amounts import EXACT, NOTHING
from collateral.assets import Asset
from collateral.custody.movements import Place
from lending.ledger.chart import RECEIVABLES, Kind
from lending.margin.account import MarginAccount
from lending.margin.call import CallState, MarginCall, MarginCallMove
from lending.margin.ratios import margin_usage
from lending.trading.order import Order, Side


@dataclass(frozen=True, slots=True)
class Line:
    """One posting, and the balance of its account after it."""

    posted: Posted
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Section:
    """One account of the ledger over the period, HKD to the cent."""

    kind: str
    opening: Decimal
    lines: list[Line]
    closing: Decimal

    @property
    def is_idle(self) -> bool:
        return not (self.opening or self.lines or self.closing)


@dataclass(frozen=True, slots=True)
class InterestRun:
    """Days in a row with one closing debt and one rate; `amount` HKD to ten places."""

    days: list[DayOfInterest]

    @property
    def amount(self) -> Decimal:
        with localcontext(EXACT):
            return sum((day.amount for day in self.days), NOTHING)


@dataclass(frozen=True, slots=True)
class Interest:
    """What accrued, what of it was charged, and what the rounding of a charge to the cent made."""

    ends: Ends
    runs: list[InterestRun]
    charged: list[Charged]
    basis: int

    @property
    def accrued(self) -> Decimal:
        with localcontext(EXACT):
            return sum((run.amount for run in self.runs), NOTHING)

    @property
    def posted(self) -> Decimal:
        return sum((each.posted for each in self.charged), NOTHING)

    @property
    def rounding(self) -> Decimal:
        with localcontext(EXACT):
            return self.posted - sum((each.accrued for each in self.charged), NOTHING)


@dataclass(frozen=True, slots=True)
class UnitsLine:
    moved: Moved
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Collateral:
    """One pledged asset over the period, and what it was worth when the period ended."""

    asset: Asset
    opening: Decimal
    lines: list[UnitsLine]
    closing: Decimal
    valued: Valued

    @property
    def market_value(self) -> Decimal | None:
        return self.valued.worth(self.closing)

    @property
    def margin_value(self) -> Decimal | None:
        """STM-4: the most that may be borrowed against it, market value x margin ratio."""
        return self.valued.worth(self.closing, lent=True)


@dataclass(frozen=True, slots=True)
class CallOfPeriod:
    """A margin call that was open in the period; how it stood when the period ended."""

    call: MarginCall
    state: CallState
    steps: list[MarginCallMove]


@dataclass(frozen=True, slots=True)
class Statement:
    account: MarginAccount
    period: Period
    sections: list[Section]
    interest: Interest
    collateral: list[Collateral]
    trades: list[Order] = field(default_factory=list)
    calls: list[CallOfPeriod] = field(default_factory=list)

    def closing(self, kind: str) -> Decimal:
        return next(section.closing for section in self.sections if section.kind == kind)

    @property
    def owed(self) -> Decimal:
        """The debt when the period ended: posted, with the interest that had accrued."""
        with localcontext(EXACT):
            return sum((self.closing(kind) for kind in RECEIVABLES), self.interest.ends.closing)

    @property
    def is_measured(self) -> bool:
        """Whether everything held had a price that could still be used when the period ended."""
        return all(line.valued.is_fresh for line in self.collateral if line.closing)

    @property
    def market_value(self) -> Decimal | None:
        return _together(line.market_value for line in self.collateral if line.closing)

    @property
    def margin_value(self) -> Decimal | None:
        return _together(line.margin_value for line in self.collateral if line.closing)

    @property
    def usage(self) -> Decimal | None:
        if not self.is_measured or self.margin_value is None:
            return None
        with localcontext(EXACT):
            lent = self.margin_value + self.closing(Kind.CLIENT_CASH)
        return margin_usage(self.owed, lent)

    @property
    def own_sales(self) -> list[Order]:
        """STM-3(e): what the house sold on its own initiative."""
        return [trade for trade in self.trades if trade.side == Side.SELL and trade.call_id]

    @property
    def money_received(self) -> list[Line]:
        """What the client paid in (STM-7)."""
        cash = next(each for each in self.sections if each.kind == Kind.CLIENT_CASH)
        return [
            line
            for line in cash.lines
            if line.posted.entry_kind == "repayment" and line.posted.amount > 0
        ]

    @property
    def units_received(self) -> list[tuple[Asset, UnitsLine]]:
        """What the client handed over (STM-7)."""
        return [
            (collateral.asset, line)
            for collateral in self.collateral
            for line in collateral.lines
            if line.moved.place == Place.CLIENT and line.moved.units > 0
        ]

    @property
    def is_empty(self) -> bool:
        """Nothing was had, owed or done, so there is nothing to state."""
        held = any(each.opening or each.lines or each.closing for each in self.collateral)
        accrued = self.interest.ends.opening or self.interest.runs or self.interest.ends.closing
        idle = all(section.is_idle for section in self.sections)
        return idle and not (held or accrued or self.trades or self.calls)


def _together(values) -> Decimal | None:
    """Their sum, exact; None where one is not known."""
    values = list(values)
    if None in values:
        return None
    with localcontext(EXACT):
        return sum(values, NOTHING)
