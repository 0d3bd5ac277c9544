"""A statement as a document: its blocks in the order a reader asks (STM-3)."""

from decimal import Decimal

from broker.reports.paper.content import (
    NONE,
    accrued,
    block,
    clock,
    column,
    fact,
    hkd,
    label,
    on,
    row,
)
from broker.reports.paper.deals import deals, house_sales
from broker.reports.paper.words import (
    ACCOUNTS,
    CALL_STATES,
    CALL_STEPS,
    COSTS_OF_SALE,
    ENTRY,
    LABELS,
    Words,
    moved_words,
    posted_words,
)
from broker.reports.statement import Collateral, Line, Section, Statement
from broker.templatetags.harbour import had, owed, percent, price, units, usage
from collateral.amounts import NOTHING
from lending.ledger.chart import Kind


def figures_of(statement: Statement) -> list[dict]:
    """The four that stand first."""
    used = statement.usage
    return [
        fact("owed", owed(statement.owed)),
        fact("market_value", had(statement.market_value)),
        fact("margin_value", had(statement.margin_value)),
        fact("usage", usage(used) if used is not None else label("not_measured")),
    ]


def blocks_of(statement: Statement) -> list[dict]:
    made = [
        _summary(statement),
        _collateral(statement),
        *_money(statement),
        _interest(statement),
        *_units(statement),
    ]
    if statement.trades:
        made.append(deals(statement.trades))
    if statement.own_sales:
        made.append(house_sales(statement.own_sales))
    if statement.calls:
        made.append(_calls(statement))
    return made


def _summary(statement: Statement) -> dict:
    rows = []
    for section in statement.sections:
        if section.is_idle and section.kind not in (Kind.CLIENT_CASH, Kind.PRINCIPAL):
            continue
        came = sum((x.posted.amount for x in section.lines if x.posted.amount > 0), NOTHING)
        went = sum((-x.posted.amount for x in section.lines if x.posted.amount < 0), NOTHING)
        name = ACCOUNTS[section.kind]
        rows.append(row(name, hkd(section.opening), hkd(came), hkd(went), hkd(section.closing)))
    columns = [
        column("balance", wide=True),
        *(column(name, right=True) for name in ("opening", "came", "went", "closing")),
    ]
    return block("summary", columns, rows)


def _money(statement: Statement) -> list[dict]:
    rows = []
    for section in statement.sections:
        if section.lines:
            rows += _section(statement, section)
    columns = [
        column("time"),
        column("reference"),
        column("what", wide=True),
        column("amount", right=True),
        column("balance", right=True),
    ]
    return [block("movements", columns, rows)]


def _section(statement: Statement, section: Section) -> list[dict]:
    opening, closing = LABELS["opening"], LABELS["closing"]
    rows = [row(ACCOUNTS[section.kind], "", opening, "", hkd(section.opening), style="group")]
    rows += [
        row(
            clock(line.posted.at),
            reference(line),
            what(statement, line),
            hkd(line.posted.amount),
            hkd(line.balance),
        )
        for line in section.lines
    ]
    return [*rows, row("", "", closing, "", hkd(section.closing), style="total")]


def reference(line: Line) -> str:
    return f"E{line.posted.entry_id:08}"


def what(statement: Statement, line: Line) -> Words:
    """What a posting is called; the venue's costs are told from what a sale repaid."""
    posted = line.posted
    if posted.entry_kind == "sale" and posted.kind == Kind.CLIENT_CASH and posted.amount < 0:
        costs = {f"sale:{trade.client_order_id}": trade.costs for trade in statement.trades}
        first = next(
            each.posted
            for section in statement.sections
            for each in section.lines
            if each.posted.entry_id == posted.entry_id
            and each.posted.kind == posted.kind
            and each.posted.amount < 0
        )
        if posted is first and -posted.amount == costs.get(posted.entry_key):
            return COSTS_OF_SALE
    return posted_words(posted.entry_kind, posted.kind, posted.amount > 0)


def _interest(statement: Statement) -> dict:
    interest = statement.interest
    rows = [row(LABELS["brought"], "", "", "", accrued(interest.ends.opening), style="group")]
    for run in interest.runs:
        first, last = run.days[0], run.days[-1]
        rows.append(
            row(
                on(first.on_date) if first is last else f"{on(first.on_date)} – {on(last.on_date)}",
                f"{len(run.days)}",
                hkd(first.balance),
                f"{percent(first.rate)} / {interest.basis}",
                accrued(run.amount),
            )
        )
    rows += [
        row(LABELS["accrued"], "", "", "", accrued(interest.accrued)),
        row(LABELS["charged"], "", "", "", accrued(-interest.posted)),
        row(LABELS["rounding"], "", "", "", accrued(interest.rounding)),
        row(LABELS["carried"], "", "", "", accrued(interest.ends.closing), style="total"),
    ]
    columns = [
        column("from_to", wide=True),
        column("days", right=True),
        column("closing_debt", right=True),
        column("rate", right=True),
        column("amount", right=True),
    ]
    return block("interest", columns, rows)


def _collateral(statement: Statement) -> dict:
    held = [line for line in statement.collateral if line.closing]
    rows = [_worth(line) for line in held]
    if held:
        rows.append(
            row(
                "",
                "",
                "",
                "",
                had(statement.market_value),
                "",
                "",
                had(statement.margin_value),
                style="total",
            )
        )
    columns = [
        column("asset"),
        column("units", right=True),
        column("price", right=True),
        column("price_source", wide=True),
        column("market_value", right=True),
        column("haircut", right=True),
        column("margin_ratio", right=True),
        column("margin_value", right=True),
    ]
    stale = ["stale"] if not statement.is_measured else []
    return block("collateral", columns, rows, *stale, "ratio_said", "not_repledged")


def _worth(line: Collateral) -> dict:
    valued = line.valued
    said = NONE
    if valued.price:
        mark = "" if valued.is_fresh else " †"
        said = f"{valued.price.source}, {clock(valued.price.observed_at)}{mark}"
    return row(
        _asset(line),
        units(line.closing, line.asset.step),
        price(valued.price.value if valued.price else None),
        said,
        had(line.market_value),
        percent(valued.haircut),
        percent(valued.margin_ratio),
        had(line.margin_value),
    )


def _asset(line: Collateral) -> Words:
    return Words(line.asset.code, line.asset.name_chinese)


def _units(statement: Statement) -> list[dict]:
    rows = []
    for line in statement.collateral:
        if not line.lines:
            continue
        opening, closing = LABELS["opening"], LABELS["closing"]
        step = line.asset.step
        rows.append(row(_asset(line), "", opening, "", units(line.opening, step), style="group"))
        rows += [
            row(
                clock(each.moved.at),
                f"U{each.moved.movement_id:08}",
                moved_words(each.moved.place, each.moved.units > 0),
                units(each.moved.units, step),
                units(each.balance, step),
            )
            for each in line.lines
        ]
        rows.append(row("", "", closing, "", units(line.closing, step), style="total"))
    columns = [
        column("time"),
        column("reference"),
        column("what", wide=True),
        column("units", right=True),
        column("balance", right=True),
    ]
    return [block("units_moved", columns, rows)]


def _calls(statement: Statement) -> dict:
    rows = []
    for each in statement.calls:
        call = each.call
        rows.append(
            row(
                call.number,
                clock(call.issued_at),
                CALL_STATES[each.state],
                hkd(Decimal(call.call_amount)),
                style="group",
            )
        )
        rows += [
            row("", clock(step.moved_at), CALL_STEPS.get(step.step, ENTRY), "")
            for step in each.steps
        ]
    columns = [
        column("reference"),
        column("time"),
        column("state", wide=True),
        column("called", right=True),
    ]
    return block("calls", columns, rows)
