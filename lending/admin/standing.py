"""Where one account stands, for its page: the reading with its inputs, its call, what happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from django.urls import reverse

from collateral.admin.figures import had, owed, percent, units_of, usage
from collateral.amounts import EXACT
from collateral.valuation.pools import PoolLine, pool_lines
from lending.admin.call import left_of
from lending.admin.measured import BANDS, UNPRICED, usage_of
from lending.loans.admission import why_not_lent
from lending.loans.draw import power_of
from lending.margin.account import MarginAccount, MarginMove, State
from lending.margin.call import RUNNING, Binding, CallState, MarginCall, MarginCallMove
from lending.margin.cure import Cure
from lending.margin.ratios import margin_usage
from lending.margin.readings import Reading, read
from lending.margin.ways_out import top_ups, ways_out
from lending.trading.order import Order, OrderState
from onboarding.admin.look_only import hong_kong, to_the_second

HAPPENED = 40  # How many of the last events the page tells; the tabs have the rest.


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure with its name, and what stands beneath it."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One pledged asset as the page says it."""

    code: str
    name: str
    units: str
    price: str
    observed: str
    source: str
    is_fresh: bool
    value: str
    lending_haircut: str
    liquidation_haircut: str
    lends: str


@dataclass(frozen=True, slots=True)
class OpenCall:
    number: str
    url: str
    state: str
    due: str
    left: str | None
    is_running: bool
    accelerated: bool
    binding: str
    call_amount: str
    ways: list[Fact]
    only_repayment_cures: bool


@dataclass(frozen=True, slots=True)
class Happened:
    at: datetime
    what: str
    why: str
    who: str

    @property
    def when(self) -> str:
        return to_the_second(self.at)


@dataclass(frozen=True, slots=True)
class Gauge:
    """Usage on a scale that ends past the hard line; places are per mille of the scale's length."""

    usage: str
    at: int
    warn: int
    call: int
    hard: int | None
    hard_word: str


@dataclass(frozen=True, slots=True)
class Standing:
    read_at: str
    is_priced: bool
    band: str
    tone: str
    facts: list[Fact]
    gauge: Gauge | None
    lines: list[Line]
    cash: str
    call: OpenCall | None
    happened: list[Happened]


def standing_of(account: MarginAccount, user, *, now: datetime) -> Standing | None:
    """
    `account` measured at `now`, for `user`, in a fixed number of statements; None where closed.

    What the user's role may not look at (draws, orders) is left out of what happened.
    """
    reading = next(iter(read(now=now, account_ids=[account.pk])), None)
    if reading is None:
        return None
    lines = pool_lines([account.pool_id], now=now).get(account.pool_id, [])
    band, tone = BANDS[reading.band or UNPRICED]
    return Standing(
        read_at=to_the_second(now),
        is_priced=reading.is_priced,
        band=band,
        tone=tone,
        facts=list(_facts(account, reading, now=now)),
        gauge=_gauge(account, reading),
        lines=[_line(line) for line in lines],
        cash=had(reading.cash),
        call=_open_call(account, reading, now=now),
        happened=sorted(_happened(account, user), key=lambda h: h.at, reverse=True)[:HAPPENED],
    )


def _facts(account: MarginAccount, reading: Reading, *, now: datetime) -> Iterator[Fact]:
    subledger = account.subledger
    yield Fact(
        "Debt",
        owed(reading.debt),
        f"of it {owed(subledger.accrued)} accrued and not yet posted",
    )
    if not reading.is_priced:
        yield Fact("Collateral", "not measured", "a pledged asset has no fresh price")
        return
    yield Fact("Market value", had(reading.market_value), f"of it {had(reading.cash)} in cash")
    yield Fact(
        "Margin value",
        had(reading.margin_value),
        f"hard line at {had(reading.liquidation_value)}",
    )
    yield Fact(
        "Shortfall", owed(reading.shortfall), f"beyond {Binding(reading.binding).label.lower()}"
    )
    why_not = why_not_lent(account, reading, now=now)
    if why_not:
        yield Fact("May still be drawn", "nothing", why_not)
        return
    power = power_of(account, reading)
    yield Fact("May still be drawn", had(power.amount), f"{Binding(power.limit).label} binds")


def _gauge(account: MarginAccount, reading: Reading) -> Gauge | None:
    used = usage_of(reading)
    if used is None:
        return None
    hard = margin_usage(reading.liquidation_value, reading.margin_value)
    end = max(Decimal("1.1"), (hard or 0) * Decimal("1.1"), min(used, 3) * Decimal("1.05"))

    def place(share: Decimal) -> int:
        return min(1000, int(1000 * share / end))

    return Gauge(
        usage=usage(used),
        at=place(used),
        warn=place(account.terms.warn),
        call=place(Decimal(1)),
        hard=hard and place(hard),
        hard_word=usage(hard) if hard else "",
    )


def _line(line: PoolLine) -> Line:
    price = line.price
    with localcontext(EXACT):
        value, lends = line.market_value, line.margin_value
    return Line(
        code=line.code,
        name=line.name,
        units=units_of(line.units, max(0, -line.step.normalize().as_tuple().exponent)),
        price="no price yet" if price is None else f"{price:,.2f}",
        observed=to_the_second(line.observed_at) if line.observed_at else "",
        source=line.source,
        is_fresh=line.is_fresh,
        value=had(value) if line.is_fresh else "–",
        lending_haircut=percent(line.lending_haircut),
        liquidation_haircut=percent(line.liquidation_haircut),
        lends=had(lends) if line.is_fresh else "–",
    )


def _open_call(account: MarginAccount, reading: Reading, *, now: datetime) -> OpenCall | None:
    if reading.call_id is None:
        return None
    call = MarginCall.objects.get(pk=reading.call_id)
    cure = ways_out(reading, account.terms, top_ups(now=now))
    return OpenCall(
        number=call.number,
        url=reverse("admin:lending_margincall_change", args=[call.pk]),
        state=call.get_state_display(),
        due=hong_kong(call.cure_due_at),
        left=left_of(call, now=now),
        is_running=call.state in RUNNING and call.cure_due_at > now,
        accelerated=call.accelerated,
        binding=call.get_binding_display(),
        call_amount=owed(call.call_amount),
        ways=list(_ways(account, cure)) if cure else [],
        only_repayment_cures=bool(cure and cure.only_repayment_cures),
    )


def _ways(account: MarginAccount, cure: Cure) -> Iterator[Fact]:
    out_of_warning = f"{owed(cure.cash_out_of_warning)} to {percent(account.terms.warn)}"
    yield Fact("Cash", f"HKD {owed(cure.cash)}", out_of_warning)
    for code, units in cure.units.items():
        if units is not None:
            yield Fact(code, f"{units.normalize():,f} {code}", "pledged")


def _happened(account: MarginAccount, user) -> Iterator[Happened]:
    moves = MarginMove.objects.filter(subject=account).select_related("mover")
    for move in moves.order_by("-pk")[:HAPPENED]:
        yield Happened(move.moved_at, State(move.target).label, move.reason, _who(move.mover))
    steps = MarginCallMove.objects.filter(subject__account=account).select_related(
        "mover", "subject"
    )
    for move in steps.order_by("-pk")[:HAPPENED]:
        what = f"{move.subject.number}: {CallState(move.target).label.lower()}"
        yield Happened(move.moved_at, what, move.reason, _who(move.mover))
    if user.has_perm("lending.view_draw"):
        for draw in account.draws.select_related("drawn_by").order_by("-pk")[:HAPPENED]:
            why = draw.get_purpose_display()
            yield Happened(draw.drawn_at, f"Drew HKD {had(draw.amount)}", why, _who(draw.drawn_by))
    if user.has_perm("lending.view_repayment"):
        for paid in account.repayments.select_related("paid_by").order_by("-pk")[:HAPPENED]:
            what = f"Repaid HKD {had(paid.amount)}"
            yield Happened(paid.paid_at, what, paid.get_source_display(), _who(paid.paid_by))
    if user.has_perm("lending.view_order"):
        yield from map(_traded, _filled(account))


def _filled(account: MarginAccount):
    filled = account.orders.filter(state=OrderState.FILLED).select_related("asset")
    return filled.order_by("-pk")[:HAPPENED]


def _traded(order: Order) -> Happened:
    verb = "Sold" if order.side == "sell" else "Bought"
    what = f"{verb} {units_of(order.filled_units, order.asset.places)} {order.asset}"
    return Happened(order.ended_at, what, f"for HKD {had(order.gross)}", "")


def _who(user) -> str:
    return str(user) if user else "the house, by rule"
