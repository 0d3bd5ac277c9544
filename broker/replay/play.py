"""Play a scenario through the engine that production runs, with the recorded times as `now`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal, localcontext
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F, Sum

from broker.replay.answers import Answers, give
from broker.replay.book import build
from broker.replay.scenario import Moment, Scenario
from broker.replay.watch import Watch
from collateral.amounts import CENT, EXACT, round_up
from collateral.assets import Asset
from collateral.custody.movements import units_reconciled
from collateral.prices.consensus import RECORDED
from collateral.prices.quote import Quote
from collateral.prices.refresh import enter
from collateral.valuation.pools import pool_lines
from lending.ledger.balances import ledger_balanced
from lending.liquidation.deficit import Deficit
from lending.liquidation.execute import work
from lending.loans.accrue import Accrual, accrue
from lending.margin.account import MarginAccount, MarginMove, State
from lending.margin.call import CallState, MarginCall, MarginCallMove
from lending.margin.readings import read
from lending.margin.sweep import Swept, sweep
from lending.trading.order import Order, OrderState, Side
from lending.trading.venue import Venue

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
MINUTE = timedelta(minutes=1)
ACCRUES_AT = time(0, 5)


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What a replay ended with; money in HKD, `slippage` the average fraction of the mark.

    `calls_expired`: the deadline passed with the shortfall still there. `liquidations`: calls that
    came to a sale; `orders`: those that traded. `wicks_ignored`: marks at the hard line taken back
    by the next reading. `bad_debt_hkd`: deficits booked, and what is uncovered at the end.
    """

    scenario: str
    accounts: int
    ticks: int
    warned: int
    calls_issued: int
    calls_cured: int
    calls_expired: int
    liquidations: int
    orders: int
    sold_hkd: Decimal
    slippage: Decimal
    wicks_ignored: int
    bad_debt_hkd: Decimal
    interest_hkd: Decimal
    loans_hkd: Decimal
    ledger_balanced: bool
    units_reconciled: bool


@dataclass(slots=True)
class Progress:
    """Where a replay is, for whoever watches."""

    at: datetime
    moments: int
    of: int
    prices: dict[str, Decimal] = field(default_factory=dict)
    swept: Swept = field(default_factory=Swept)
    orders: int = 0


def play(
    scenario: Scenario,
    *,
    accounts: int,
    seed: int,
    venue: Venue,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> Outcome:
    """
    Build the book on an empty database, play every moment, and say how it ended.

    Ids, order ids and answers come from the seed and the rows, so the same seed ends the same.
    """
    playing = _Playing(scenario, accounts=accounts, seed=seed, venue=venue)
    for moment in scenario.moments:
        playing.catch_up(until=moment.at)
        playing.take(moment)
        watch(playing.progress)
    playing.catch_up(until=scenario.ends_at)
    return _outcome(playing, accounts)


class _Playing:
    """The state of one replay: what has been seen, what is due next."""

    def __init__(self, scenario: Scenario, *, accounts: int, seed: int, venue: Venue):
        self.scenario, self.venue = scenario, venue
        self.progress = Progress(scenario.starts_at, 0, len(scenario.moments))
        self.answers = Answers(seed=seed)
        now = scenario.starts_at
        build(accounts, scenario, seed=seed, now=now)
        self.assets = Asset.objects.in_bulk(field_name="code")
        self.prices: dict[int, Decimal] = {}
        self.watch = Watch()
        self.selling: set[int] = set()
        self.worked_at = now
        self.next_accrual = _accrual_after(now)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self._price(list(scenario.opening.values()), now=now)

    def take(self, moment: Moment) -> None:
        """One moment's prices arrive: they are agreed and kept, the book is swept, sales go on."""
        self.progress.at = moment.at
        self.progress.moments += 1
        self._price(moment.quotes, now=moment.at)

    def catch_up(self, *, until: datetime) -> None:
        """All that is due between two prices: clients' answers, interest, a minute's sales."""
        while True:
            due = [self.next_accrual, self.answers.next_at()]
            if self.selling:
                due.append(self.worked_at + MINUTE)
            at = min((moment for moment in due if moment is not None), default=until)
            if at >= until:
                return
            if at == self.answers.next_at():
                answer = self.answers.take()
                if give(answer, now=at):
                    self.watch.doubt([answer.account_id])
                    self._look_for_sales()
            elif at == self.next_accrual:
                accrue(now=at)
                self.watch.doubt()
                self.next_accrual = _accrual_after(at)
            if self.selling:
                self._work(now=at)

    def _price(self, quotes: Sequence[Quote], *, now: datetime) -> None:
        """The prices of one moment are agreed and kept, and the accounts they can move swept."""
        assets = [self.assets[quote.asset] for quote in quotes]
        enter(
            {asset: [quote] for asset, quote in zip(assets, quotes, strict=True)},
            now=now,
            rule=RECORDED,
            last=self.prices,
        )
        agreed = {asset.pk: self.prices[asset.pk] for asset in assets if asset.pk in self.prices}
        self.progress.prices |= {a.code: agreed[a.pk] for a in assets if a.pk in agreed}
        awake = self.watch.awake(agreed, now=now)
        if awake != []:
            swept = sweep(now=now, account_ids=awake)
            self.progress.swept.add(swept)
            self.watch.rest(awake, self.prices, now=now)
            if swept.calls_issued:
                self.answers.expect()
            if swept.steps["liquidate"]:
                self._look_for_sales()
        if self.selling:
            self._work(now=now)

    def _look_for_sales(self) -> None:
        selling = MarginAccount.objects.filter(state=State.LIQUIDATING)
        self.selling = set(selling.values_list("pk", flat=True))

    def _work(self, *, now: datetime) -> None:
        """Carry the sales on; an account whose sale is over is looked at with the next price."""
        worked = work(now=now, venue=self.venue)
        self.worked_at = now
        self.progress.orders += worked.filled
        if worked.finished or worked.deficits:
            before = self.selling
            self._look_for_sales()
            self.watch.doubt(before - self.selling)


def _accrual_after(now: datetime) -> datetime:
    """The next 00:05 in Hong Kong after `now`."""
    local = now.astimezone(HONG_KONG)
    at = datetime.combine(local.date(), ACCRUES_AT, HONG_KONG)
    return at if at > local else at + timedelta(days=1)


def _outcome(playing: _Playing, accounts: int) -> Outcome:
    filled = Order.objects.filter(state=OrderState.FILLED, side=Side.SELL)
    sums = filled.aggregate(
        gross=Sum("gross", default=Decimal(0)),
        marked=Sum(F("mark") * F("filled_units"), default=Decimal(0)),
    )
    given_up = sums["marked"] - sums["gross"]
    return Outcome(
        scenario=playing.scenario.name,
        accounts=accounts,
        ticks=playing.progress.moments,
        warned=MarginMove.objects.filter(step="warn").values("subject").distinct().count(),
        calls_issued=MarginCall.objects.count(),
        calls_cured=MarginCall.objects.filter(state=CallState.CURED).count(),
        calls_expired=MarginCallMove.objects.filter(step="expire").count(),
        liquidations=MarginCallMove.objects.filter(target=CallState.LIQUIDATING).count(),
        orders=filled.count(),
        sold_hkd=sums["gross"],
        slippage=given_up / sums["marked"] if sums["marked"] else Decimal(0),
        wicks_ignored=playing.progress.swept.cleared,
        bad_debt_hkd=_booked_deficits() + uncovered(now=playing.scenario.ends_at),
        interest_hkd=Accrual.objects.aggregate(sum=Sum("amount", default=Decimal(0)))["sum"],
        loans_hkd=_lent(),
        ledger_balanced=ledger_balanced(),
        units_reconciled=units_reconciled(),
    )


def _booked_deficits() -> Decimal:
    return Deficit.objects.aggregate(sum=Sum("amount", default=Decimal(0)))["sum"]


def uncovered(*, now: datetime) -> Decimal:
    """
    What accounts owe beyond the market value of their collateral, HKD rounded up to the cent.

    It is no deficit before the last of it is sold, and lost all the same. At the last agreed
    prices, fresh or not.
    """
    readings = read(now=now)
    lines = pool_lines([reading.pool_id for reading in readings], now=now)
    short = Decimal(0)
    with localcontext(EXACT):
        for reading in readings:
            worth = (line.market_value or Decimal(0) for line in lines.get(reading.pool_id, ()))
            short += max(Decimal(0), reading.debt - reading.cash - sum(worth))
    return round_up(short, CENT)


def _lent() -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(amount), 0) FROM lending_posting posting"
            "  JOIN lending_entry entry ON entry.id = posting.entry_id"
            "  JOIN lending_ledgeraccount debit ON debit.id = posting.debit_id"
            " WHERE entry.kind = 'draw' AND debit.kind = 'principal'"
        )
        return cursor.fetchone()[0]
