"""
Make statements: for many accounts at once, in a fixed number of statements of the database.

They are built from rows that are only ever added to, as they stood when the period ended: one made
years later is the same. Every balance is carried from its opening by the rows that are shown, or
there is no statement.
"""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal, localcontext

from django.db.models import Q

from broker.reports.margin_book import DoesNotTie, one_state
from broker.reports.period import Period
from broker.reports.statement import (
    CallOfPeriod,
    Collateral,
    Interest,
    InterestRun,
    Line,
    Section,
    Statement,
    UnitsLine,
)
from broker.reports.statement_books import (
    DayOfInterest,
    Ends,
    Posted,
    accrued,
    balances,
    charges,
    days_of_interest,
    postings,
)
from broker.reports.statement_market import Market, market_at
from broker.reports.statement_units import Moved, movements, units
from collateral.amounts import EXACT, NOTHING
from lending.ledger.chart import BORROWERS, Kind
from lending.loans.interest import DAY_COUNT
from lending.margin.account import MarginAccount
from lending.margin.call import CallState, MarginCall, MarginCallMove
from lending.trading.order import Order, OrderState

# As a client reads them: what is had, then what is owed.
SHOWN_FIRST = (Kind.CLIENT_CASH, Kind.PRINCIPAL, Kind.INTEREST, Kind.OVERDUE_INTEREST)
ORDER = (*SHOWN_FIRST, *(kind for kind in BORROWERS if kind not in SHOWN_FIRST))


def statements(
    accounts: Sequence[MarginAccount], period: Period, *, market: Market | None = None
) -> list[Statement]:
    """
    The statement of each of `accounts`, in a fixed number of statements of the database.

    `accounts` come with client and subledger.

    :raises DoesNotTie: what is shown does not lead from an opening to its closing balance
    """
    with one_state():
        return _built(accounts, period, market or market_at(period.ends_at))


def _built(accounts: Sequence[MarginAccount], period: Period, market: Market) -> list[Statement]:
    subledgers = [account.subledger_id for account in accounts]
    pools = [account.pool_id for account in accounts]
    ends, posted = balances(period, subledgers), postings(period, subledgers)
    interest = accrued(period, subledgers)
    days, charged = days_of_interest(period, subledgers), charges(period, subledgers)
    held, moved = units(period, pools), movements(period, pools)
    trades, calls = _trades(accounts, period), _calls(accounts, period)
    made = []
    for account in accounts:
        of = account.subledger_id
        statement = Statement(
            account=account,
            period=period,
            sections=[_section(kind, ends[of][kind], posted.get(of, [])) for kind in ORDER],
            interest=Interest(
                interest[of],
                _runs(days.get(of, [])),
                charged.get(of, []),
                DAY_COUNT[account.subledger.currency],
            ),
            collateral=[
                _collateral(market, asset_id, found, moved.get(account.pool_id, []))
                for asset_id, found in held.get(account.pool_id, {}).items()
            ],
            trades=trades.get(account.pk, []),
            calls=calls.get(account.pk, []),
        )
        _tie(statement)
        made.append(statement)
    return made


def _section(kind: str, ends: Ends, posted: list[Posted]) -> Section:
    lines, balance = [], ends.opening
    for each in posted:
        if each.kind == kind:
            balance += each.amount
            lines.append(Line(each, balance))
    return Section(kind, ends.opening, lines, ends.closing)


def _collateral(market: Market, asset_id: int, ends: Ends, moved: list[Moved]) -> Collateral:
    lines, balance = [], ends.opening
    for each in moved:
        if each.asset_id == asset_id:
            balance += each.units
            lines.append(UnitsLine(each, balance))
    valued = market[asset_id]
    return Collateral(valued.asset, ends.opening, lines, ends.closing, valued)


def _runs(days: list[DayOfInterest]) -> list[InterestRun]:
    runs: list[InterestRun] = []
    for day in days:
        last = runs[-1].days[-1] if runs else None
        follows = last and (day.on_date - last.on_date).days == 1
        if follows and (last.balance, last.rate) == (day.balance, day.rate):
            runs[-1].days.append(day)
        else:
            runs.append(InterestRun([day]))
    return runs


def _trades(accounts: Sequence[MarginAccount], period: Period) -> dict[int, list[Order]]:
    found: dict[int, list[Order]] = defaultdict(list)
    for order in (
        Order.objects.filter(
            account__in=[account.pk for account in accounts],
            state=OrderState.FILLED,
            ended_at__gte=period.starts_at,
            ended_at__lt=period.ends_at,
        )
        .select_related("asset", "call")
        .order_by("ended_at", "pk")
    ):
        found[order.account_id].append(order)
    return found


def _calls(accounts: Sequence[MarginAccount], period: Period) -> dict[int, list[CallOfPeriod]]:
    open_then = MarginCall.objects.filter(
        Q(ended_at=None) | Q(ended_at__gte=period.starts_at),
        account__in=[account.pk for account in accounts],
        issued_at__lt=period.ends_at,
    ).order_by("issued_at", "pk")
    moves: dict[int, list[MarginCallMove]] = defaultdict(list)
    for move in MarginCallMove.objects.filter(
        subject__in=open_then, moved_at__lt=period.ends_at
    ).order_by("moved_at", "pk"):
        moves[move.subject_id].append(move)
    found: dict[int, list[CallOfPeriod]] = defaultdict(list)
    for call in open_then:
        steps = moves.get(call.pk, [])
        state = CallState(steps[-1].target) if steps else CallState.ISSUED
        shown = [step for step in steps if step.moved_at >= period.starts_at]
        found[call.account_id].append(CallOfPeriod(call, state, shown))
    return found


def _tie(statement: Statement) -> None:
    for section in statement.sections:
        reached = section.lines[-1].balance if section.lines else section.opening
        _same(statement, section.kind, reached, section.closing)
    for line in statement.collateral:
        reached = line.lines[-1].balance if line.lines else line.opening
        _same(statement, line.asset.code, reached, line.closing)
    interest = statement.interest
    with localcontext(EXACT):
        taken = sum((each.accrued for each in interest.charged), NOTHING)
        reached = interest.ends.opening + interest.accrued - taken
    _same(statement, "accrued interest", reached, interest.ends.closing)


def _same(statement: Statement, what: str, reached: Decimal, closing: Decimal) -> None:
    if reached != closing:
        raise DoesNotTie(
            f"{statement.account}, {statement.period}: {what} comes to {reached} by its rows,"
            f" and to {closing} by the books"
        )
