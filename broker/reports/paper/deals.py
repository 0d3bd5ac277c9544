"""Deals as rows: of a statement, and of a contract note (STM-1)."""

from collections.abc import Iterable

from broker.reports.paper.content import block, clock, column, hkd, row
from broker.reports.paper.words import LABELS, SIDES, Words
from broker.templatetags.harbour import price, units_short
from lending.trading.order import Order, Side

_COLUMNS = (
    ("time", False),
    ("reference", False),
    ("what", False),
    ("units", True),
    ("price", True),
    ("gross", True),
    ("costs", True),
    ("net", True),
)


def deals(orders: Iterable[Order]) -> dict:
    """One row for each contract: what it came to, the venue's costs, what was paid or received."""
    return block("trades", _columns(), [_deal(order) for order in orders])


def house_sales(orders: Iterable[Order]) -> dict:
    """STM-3(e): the same of sales on our own initiative, with the margin call each was for."""
    rows = []
    for order in orders:
        rows.append(_deal(order))
        called = Words(*(f"{word} {order.call.number}" for word in LABELS["for_call"]))
        rows.append(row("", "", called, "", "", "", "", ""))
    return block("own_sales", _columns(), rows)


def deal_number(order: Order) -> str:
    return f"T{order.pk:08}"


def _columns() -> list[dict]:
    return [column(name, right=right, wide=name == "what") for name, right in _COLUMNS]


def _deal(order: Order) -> dict:
    is_sale = order.side == Side.SELL
    net = order.gross - order.costs if is_sale else order.gross + order.costs
    side = SIDES[order.side]
    return row(
        clock(order.ended_at),
        deal_number(order),
        Words(f"{side.english}: {order.asset.code}", f"{side.chinese} {order.asset.name_chinese}"),
        units_short(order.filled_units),
        price(order.price),
        hkd(order.gross),
        hkd(order.costs),
        hkd(net),
    )
