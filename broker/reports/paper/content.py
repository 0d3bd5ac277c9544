"""The pieces a document is made of: facts, figures, and blocks of rows, as data for its layout."""

from datetime import date, datetime
from decimal import Decimal

from broker.reports.paper.words import LABELS, Words
from collateral.prices.market_hours import HKT

MINUS = "−"
NONE = "—"


def label(name: str) -> list[str]:
    return list(LABELS[name])


def fact(name: str, value) -> dict:
    return {"words": label(name), "value": value}


def column(name: str, *, right: bool = False, wide: bool = False) -> dict:
    return {"words": label(name), "right": right, "wide": wide}


def row(*cells, style: str = "plain") -> dict:
    return {"cells": [_cell(cell) for cell in cells], "style": style}


def block(name: str, columns: list[dict], rows: list[dict], *notes: str) -> dict:
    return {
        "title": label(name),
        "columns": columns,
        "rows": rows,
        "notes": [label(note) for note in notes],
        "none": label("nothing"),
    }


def _cell(cell):
    return list(cell) if isinstance(cell, Words) else cell


def hkd(amount: Decimal | None) -> str:
    """HKD to the cent, of an amount that has no more places."""
    return NONE if amount is None else signed(amount, f"{abs(amount):,.2f}")


def accrued(amount: Decimal) -> str:
    """Interest to its ten places, so that a reader can add it up."""
    return signed(amount, f"{abs(amount):,.10f}")


def signed(amount: Decimal, text: str) -> str:
    return MINUS + text if amount < 0 else text


def on(day: date) -> str:
    return f"{day:%-d %b %Y}"


def clock(at: datetime) -> str:
    return f"{at.astimezone(HKT):%-d %b %Y %H:%M:%S}"
