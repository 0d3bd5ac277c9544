"""A whole document of each kind: head, blocks and the sentences that the rules ask for."""

from broker.reports.paper.content import block, clock, column, hkd, row
from broker.reports.paper.deals import deals, house_sales
from broker.reports.paper.head import headed
from broker.reports.paper.statement_paper import blocks_of, figures_of, reference
from broker.reports.paper.words import Words, posted_words
from broker.reports.statement import Statement
from broker.templatetags.harbour import units
from onboarding.entity import LegalEntity


def content_of(statement: Statement, kind: str, *, number: str, broker: LegalEntity) -> dict:
    """What `document.typ` sets for a document of that kind."""
    if kind == "note":
        parts = {"blocks": _note(statement), "notes": ("capacity", "margin_account", "settles")}
    elif kind == "receipt":
        parts = {"blocks": [_receipt(statement)], "notes": ("margin_account",)}
    else:
        parts = {"blocks": blocks_of(statement), "figures": figures_of(statement)}
    return headed(kind, statement.account, statement.period, number=number, broker=broker, **parts)


def _note(statement: Statement) -> list[dict]:
    ours = statement.own_sales
    asked = [trade for trade in statement.trades if trade not in ours]
    return [*([deals(asked)] if asked else []), *([house_sales(ours)] if ours else [])]


def _receipt(statement: Statement) -> dict:
    rows = [
        row(
            clock(line.posted.at),
            reference(line),
            posted_words(line.posted.entry_kind, line.posted.kind, True),
            f"HKD {hkd(line.posted.amount)}",
        )
        for line in statement.money_received
    ]
    rows += [
        row(
            clock(line.moved.at),
            f"U{line.moved.movement_id:08}",
            Words(asset.name, asset.name_chinese),
            f"{asset.code} {units(line.moved.units, asset.step)}",
        )
        for asset, line in statement.units_received
    ]
    columns = [
        column("time"),
        column("reference"),
        column("what", wide=True),
        column("amount", right=True),
    ]
    return block("received", columns, rows)
