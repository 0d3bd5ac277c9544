"""
Execute: carry every forced sale on, slice by slice, until the target is reached and no further.

Before each slice the account is locked, priced, tested and sized again. An order is written down
before the venue hears of it; one that a killed worker left behind is asked for at the venue and
never sent twice.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from django.db import transaction

from collateral.amounts import CENT, EXACT, round_up
from collateral.valuation.pools import PoolLine, pool_lines
from lending.liquidation.deficit import book_deficit
from lending.liquidation.plan import Slice, is_tradable, next_slice, sale_plan, worth_selling
from lending.liquidation.waits import why_sale_waits
from lending.loans.repay import Source, repay
from lending.margin.account import MarginAccount, State
from lending.margin.bands import is_past_hard_line
from lending.margin.call import MarginCall
from lending.margin.readings import Reading, read
from lending.margin.sweep import open_call
from lending.margin.terms import MarginTerms
from lending.trading.order import AT_VENUE, Order, OrderState, Side
from lending.trading.send import plan_order, resolve, send
from lending.trading.settle import NotWhatWasOrdered
from lending.trading.venue import Venue, VenueError
from onboarding.lifecycle import move
from onboarding.screening.gate import Act, screening_gate, stopped

log = logging.getLogger(__name__)

# How much worse than the mark a slice may trade, costs apart: past the hard line, and before it.
HARD_CAP = Decimal("0.015")
SOFT_CAP = Decimal("0.005")
PRICE_STEP = Decimal("0.0000000001")
# A run ends after so many slices of one account; the next run goes on.
SLICES_A_RUN = 50


@dataclass(slots=True)
class Worked:
    """
    What one run did: orders that traded, sales that ended, accounts left with a deficit, and sales
    that wait for the venue's answer or for a price that may be sold at.
    """

    filled: int = 0
    finished: int = 0
    deficits: int = 0
    unanswered: int = 0
    held_up: int = 0


def work(*, now: datetime, venue: Venue, account_ids: list[int] | None = None) -> Worked:
    """
    Carry on the sales of all accounts that are being sold down, or of those named.

    Hard-line accounts first, then the larger shortfall, then by id. An account whose assets have
    no fresh price, no open market or no depth waits; one that somebody else holds is left to them.
    Nothing more is sold for a client whose sales the MLRO has stopped (`held.py`).
    """
    worked = Worked()
    selling = MarginAccount.objects.filter(state=State.LIQUIDATING)
    if account_ids is not None:
        selling = selling.filter(pk__in=account_ids)
    readings = read(now=now, account_ids=selling.order_by("pk").values_list("pk", flat=True))
    if not readings:
        return worked
    lines = pool_lines([reading.pool_id for reading in readings], now=now)
    depths = _Depths(venue, now)
    targets = dict(MarginTerms.objects.values_list("pk", "target"))
    at_venue = set(
        Order.objects.filter(account__in=selling, state__in=AT_VENUE).values_list(
            "account", flat=True
        )
    )
    held_back = set(selling.filter(client__in=stopped(Act.SALE)).values_list("pk", flat=True))
    for reading in sorted(readings, key=_urgency):
        if reading.account_id in held_back and reading.account_id not in at_venue:
            continue
        held = worth_selling(lines.get(reading.pool_id, []))
        target = targets[reading.terms_id]
        if reading.account_id in at_venue or _has_work(reading, held, depths, target):
            try:
                _work_on(reading.account_id, venue, depths, worked, now=now)
            except VenueError as error:
                log.warning("the sale of #%s waits for the venue: %s", reading.account_id, error)
                worked.unanswered += 1
            except NotWhatWasOrdered:
                # People must look at it. The others' sales go on.
                log.exception("the sale of #%s stands still", reading.account_id)
                worked.unanswered += 1
    return worked


class _Depths(dict):
    """Units that can be traded now, by asset id: asked once a run, and again after each order."""

    def __init__(self, venue: Venue, now: datetime):
        super().__init__()
        self.venue, self.now = venue, now

    def learn(self, line: PoolLine) -> Decimal | None:
        if line.asset_id not in self:
            try:
                depth = self.venue.depth(line.asset_id, market=line.market, now=self.now)
            except VenueError as error:
                log.warning("the venue does not say its depth in %s: %s", line.code, error)
                depth = Decimal(0)
            self[line.asset_id] = depth
        return self[line.asset_id]


def _urgency(reading: Reading) -> tuple:
    if reading.margin_value is None:
        return (2, Decimal(0), reading.account_id)
    hard = is_past_hard_line(debt=reading.debt, liquidation_value=reading.liquidation_value)
    return (0 if hard else 1, reading.margin_value - reading.debt, reading.account_id)


def _has_work(reading: Reading, held: list[PoolLine], depths: _Depths, target: Decimal) -> bool:
    """Something can be sold, or nothing is left to be sold, or the sale is over."""
    if not reading.is_priced:
        return False
    if not held or reading.cash:
        return True
    if any(is_tradable(line, depths.learn(line)) for line in held):
        return True
    return _is_over(reading, target)


def _is_over(reading: Reading, target: Decimal) -> bool:
    with localcontext(EXACT):
        return reading.debt <= target * reading.margin_value


def _work_on(
    account_id: int, venue: Venue, depths: _Depths, worked: Worked, *, now: datetime
) -> None:
    found = resolve(account_id, venue, now=now)
    worked.filled += bool(found and found.state == OrderState.FILLED)
    for _ in range(SLICES_A_RUN):
        order = _next_order(account_id, venue, depths, worked, now=now)
        if order is None:
            return
        order = send(order, venue, now=now)
        depths.pop(order.asset_id, None)
        if order.state != OrderState.FILLED:
            worked.unanswered += order.state == OrderState.UNKNOWN
            return
        worked.filled += 1


@transaction.atomic
def _next_order(
    account_id: int, venue: Venue, depths: _Depths, worked: Worked, *, now: datetime
) -> Order | None:
    """
    Under the account's lock: end the sale if it is over, else write down its next slice.

    None where there is nothing to send now.
    """
    account = (
        MarginAccount.objects.locked(skip_locked=True)
        .select_related("terms", "client")
        .filter(pk=account_id, state=State.LIQUIDATING)
        .first()
    )
    if account is None or account.orders.filter(state__in=AT_VENUE).exists():
        return None
    # An order at the venue was settled before this; the next one is not made (AML-11).
    if screening_gate(account.client, Act.SALE, on=now):
        return None
    call = open_call(account)
    reading = _reading_after_cash(account, call, now=now)
    if not reading.is_priced:
        return None
    if _is_over(reading, account.terms.target):
        _finish(account, call, reading, now=now)
        worked.finished += 1
        return None
    held = worth_selling(pool_lines([account.pool_id], now=now).get(account.pool_id, []))
    if not held:
        _end_uncovered(account, call, worked, now=now)
        return None
    chosen = _slice(account, reading, held, venue, depths, now=now)
    if chosen is None:
        return None
    waits = why_sale_waits(reading, held, target=account.terms.target, now=now)
    if waits:
        log.warning("the sale of #%s waits: %s", account_id, waits)
        worked.held_up += 1
        return None
    return _order(account, call, reading, chosen, venue, now=now)


def _reading_after_cash(account: MarginAccount, call: MarginCall, *, now: datetime) -> Reading:
    """The client's own cash in the account meets the debt before anything is sold."""
    [reading] = read(now=now, account_ids=[account.pk])
    if not (reading.cash and reading.debt and reading.is_priced):
        return reading
    repay(
        account,
        min(reading.cash, round_up(reading.debt, CENT)),
        source=Source.CASH,
        key=f"{call.number}-cash-{account.repayments.count()}",
        now=now,
    )
    [reading] = read(now=now, account_ids=[account.pk])
    return reading


def _slice(
    account: MarginAccount,
    reading: Reading,
    held: list[PoolLine],
    venue: Venue,
    depths: _Depths,
    *,
    now: datetime,
) -> Slice | None:
    planned = sale_plan(
        held,
        venue,
        debt=reading.debt,
        margin_value=reading.margin_value,
        target=account.terms.target,
        depths={line.asset_id: depths.learn(line) for line in held},
        now=now,
    )
    return next_slice(planned, held)


def _order(
    account: MarginAccount,
    call: MarginCall,
    reading: Reading,
    chosen: Slice,
    venue: Venue,
    *,
    now: datetime,
) -> Order:
    line = chosen.line
    hard = is_past_hard_line(debt=reading.debt, liquidation_value=reading.liquidation_value)
    with localcontext(EXACT):
        limit_price = round_up(line.price * (1 - (HARD_CAP if hard else SOFT_CAP)), PRICE_STEP)
    return plan_order(
        account,
        now=now,
        reason=f"{call}: owes {reading.debt:,.2f} against a margin value of"
        f" {reading.margin_value:,.2f}",
        client_order_id=f"{call.number}-{call.orders.count() + 1:03}",
        side=Side.SELL,
        asset_id=line.asset_id,
        units=chosen.units,
        mark=line.price,
        limit_price=limit_price,
        venue=venue.name,
        call=call,
    )


def _end_uncovered(
    account: MarginAccount, call: MarginCall, worked: Worked, *, now: datetime
) -> None:
    if book_deficit(account, call, now=now):
        worked.deficits += 1
        return
    [reading] = read(now=now, account_ids=[account.pk])
    _finish(account, call, reading, now=now)
    worked.finished += 1


def _finish(account: MarginAccount, call: MarginCall, reading: Reading, *, now: datetime) -> None:
    with localcontext(EXACT):
        thin = reading.debt > account.terms.warn * reading.margin_value
    step = MarginAccount.ease if thin else MarginAccount.restore
    reason = f"owes {reading.debt:,.2f} against a margin value of {reading.margin_value:,.2f}"
    move(account, step, reason=reason, now=now)
    move(call, MarginCall.close, reason=reason, now=now)
