"""
Export: a sheet of figures as CSV and as XLSX. The same sheet gives the same bytes.

Money is rounded here, once: what is owed up to the cent, what is had down. A number stays a number
where a spreadsheet can hold all its digits, and is text where it cannot.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

import xlsxwriter

from collateral.amounts import CENT, round_down, round_up
from collateral.prices.market_hours import HKT

# A spreadsheet keeps a number as a double: so many digits are exact in every one.
EXACT_DIGITS = 15

# What a spreadsheet takes for the start of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Kind(Enum):
    TEXT = "text"
    OWED = "owed"  # HKD, rounded up to the cent.
    HAD = "had"  # HKD, rounded down to the cent.
    RATIO = "ratio"  # A fraction of one, as it is.
    COUNT = "count"
    EXACT = "exact"  # A number with all its places.
    TIME = "time"  # In Hong Kong, to the minute.


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    kind: Kind = Kind.TEXT
    width: int = 16


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows hold values as the columns say: text, Decimal, int, datetime, or None for no figure."""

    title: str
    as_of: datetime
    columns: Sequence[Column]
    rows: Sequence[tuple]


def to_csv(sheet: Sheet) -> bytes:
    """UTF-8, one line of titles; a text that a spreadsheet would run as a formula is quoted."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.title for column in sheet.columns])
    for row in sheet.rows:
        writer.writerow(
            [_plain(value, column.kind) for value, column in zip(row, sheet.columns, strict=True)]
        )
    return text.getvalue().encode()


def to_xlsx(sheet: Sheet) -> bytes:
    """One worksheet with its titles frozen; the times inside the file are those of `as_of`."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties(
            {"title": sheet.title, "created": sheet.as_of.astimezone(HKT).replace(tzinfo=None)}
        )
        formats = {
            Kind.OWED: book.add_format({"num_format": "#,##0.00", "align": "right"}),
            Kind.HAD: book.add_format({"num_format": "#,##0.00", "align": "right"}),
            Kind.RATIO: book.add_format({"num_format": "0.00%"}),
            Kind.TIME: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }
        page = book.add_worksheet(sheet.title)
        titles = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        for place, column in enumerate(sheet.columns):
            page.set_column(place, place, column.width)
            page.write_string(0, place, column.title, titles)
        for line, row in enumerate(sheet.rows, start=1):
            for place, (value, column) in enumerate(zip(row, sheet.columns, strict=True)):
                _write(page, line, place, value, column.kind, formats.get(column.kind))
        page.freeze_panes(1, 1)
        page.autofilter(0, 0, max(1, len(sheet.rows)), len(sheet.columns) - 1)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.set_footer(f"&L{sheet.title} as of {_time(sheet.as_of)} HKT&RPage &P of &N")
    return file.getvalue()


def _write(page, line: int, place: int, value, kind: Kind, style) -> None:
    if value is None or value == "":
        page.write_blank(line, place, None, style)
    elif kind is Kind.TEXT:
        page.write_string(line, place, value)
    elif kind is Kind.TIME:
        page.write_datetime(line, place, value.astimezone(HKT).replace(tzinfo=None), style)
    else:
        number = _rounded(value, kind)
        if len(number.as_tuple().digits) > EXACT_DIGITS:
            page.write_string(line, place, f"{number:f}", style)
        else:
            page.write_number(line, place, number, style)


def _plain(value, kind: Kind) -> str:
    if value is None:
        return ""
    if kind is Kind.TEXT:
        return f"'{value}" if value.startswith(FORMULA) else value
    if kind is Kind.TIME:
        return _time(value)
    number = _rounded(value, kind)
    return _trimmed(number) if kind is Kind.EXACT else f"{number:f}"


def _trimmed(number: Decimal) -> str:
    """All its places without idle zeros, and two at least."""
    whole, _, rest = f"{number:f}".partition(".")
    return f"{whole}.{rest.rstrip('0'):0<2}"


def _rounded(value: Decimal | int, kind: Kind) -> Decimal:
    if kind is Kind.OWED:
        return round_up(value, CENT).quantize(CENT)
    if kind is Kind.HAD:
        return round_down(value, CENT).quantize(CENT)
    return Decimal(value)


def _time(at: datetime) -> str:
    return f"{at.astimezone(HKT):%Y-%m-%d %H:%M}"
