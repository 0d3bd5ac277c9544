"""A statement as one table: a program reads what the paper shows, to the last place."""

from collections.abc import Iterator

from broker.reports.export import Column, Kind, Sheet
from broker.reports.paper.deals import deal_number
from broker.reports.paper.statement_paper import reference, what
from broker.reports.paper.words import (
    ACCOUNTS,
    CALL_STATES,
    CALL_STEPS,
    ENTRY,
    LABELS,
    SIDES,
    moved_words,
)
from broker.reports.statement import Statement

COLUMNS = (
    Column("Block"),
    Column("Of"),
    Column("Time", Kind.TIME),
    Column("Reference"),
    Column("What", width=40),
    Column("說明", width=40),
    Column("Amount", Kind.EXACT),
    Column("Balance", Kind.EXACT),
)


def sheet_of(statement: Statement) -> Sheet:
    rows = [
        *_money(statement),
        *_interest(statement),
        *_units(statement),
        *_deals(statement),
        *_calls(statement),
    ]
    return Sheet(f"{statement.account}", statement.period.ends_at, COLUMNS, rows)


def _money(statement: Statement) -> Iterator[tuple]:
    for section in statement.sections:
        if section.is_idle:
            continue
        of = ACCOUNTS[section.kind].english
        yield ("money", of, None, "", *LABELS["opening"], None, section.opening)
        for line in section.lines:
            posted = line.posted
            words = what(statement, line)
            yield (
                "money",
                of,
                posted.at,
                reference(line),
                *words,
                posted.amount,
                line.balance,
            )
        yield ("money", of, None, "", *LABELS["closing"], None, section.closing)


def _interest(statement: Statement) -> Iterator[tuple]:
    interest = statement.interest
    yield ("interest", "", None, "", *LABELS["brought"], None, interest.ends.opening)
    for run in interest.runs:
        for day in run.days:
            said = f"{day.on_date}: {day.balance:f} at {day.rate:f}, actual/{interest.basis}"
            yield ("interest", f"{day.on_date}", None, "", said, "", day.amount, None)
    yield ("interest", "", None, "", *LABELS["charged"], -interest.posted, None)
    yield ("interest", "", None, "", *LABELS["rounding"], interest.rounding, None)
    yield ("interest", "", None, "", *LABELS["carried"], None, interest.ends.closing)


def _units(statement: Statement) -> Iterator[tuple]:
    for line in statement.collateral:
        if not (line.opening or line.lines or line.closing):
            continue
        code, valued = line.asset.code, line.valued
        yield ("units", code, None, "", *LABELS["opening"], None, line.opening)
        for each in line.lines:
            moved = each.moved
            words = moved_words(moved.place, moved.units > 0)
            number = f"U{moved.movement_id:08}"
            yield ("units", code, moved.at, number, *words, moved.units, each.balance)
        yield ("units", code, None, "", *LABELS["closing"], None, line.closing)
        if line.closing and valued.price:
            source = valued.price.source
            at = valued.price.observed_at
            yield ("value", code, at, source, *LABELS["price"], None, valued.price.value)
            yield ("value", code, None, "", *LABELS["market_value"], None, line.market_value)
            yield ("value", code, None, "", *LABELS["haircut"], None, valued.haircut)
            yield ("value", code, None, "", *LABELS["margin_value"], None, line.margin_value)


def _deals(statement: Statement) -> Iterator[tuple]:
    for order in statement.trades:
        number, code = deal_number(order), order.asset.code
        block = "own sale" if order in statement.own_sales else "deal"
        side = SIDES[order.side]
        yield (block, code, order.ended_at, number, *side, order.filled_units, None)
        yield (block, code, order.ended_at, number, *LABELS["gross"], order.gross, None)
        yield (block, code, order.ended_at, number, *LABELS["costs"], order.costs, None)


def _calls(statement: Statement) -> Iterator[tuple]:
    for each in statement.calls:
        call = each.call
        said = CALL_STATES["issued"]
        yield ("call", call.number, call.issued_at, "", *said, call.call_amount, None)
        for step in each.steps:
            words = CALL_STEPS.get(step.step, ENTRY)
            yield ("call", call.number, step.moved_at, "", *words, None, None)
