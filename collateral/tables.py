"""
A file of rows that somebody outside made: hostile until it is parsed. Pure.

CSV in UTF-8 with a line of titles. What is wrong is said with its line, and nothing is taken of it.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

MOST_BYTES = 5_000_000
MOST_ROWS = 100_000
MOST_LETTERS = 200
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


class BadFile(Exception):
    """It is not what it should be, and where; in words for whoever brought it."""


def rows_of(
    content: bytes, *, needed: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """
    Each row with its line number, its cells trimmed, by their titles.

    :raises BadFile: too large, not text, other titles, a row of another width, a cell too long
    """
    if len(content) > MOST_BYTES:
        raise BadFile(f"The file is larger than {MOST_BYTES:,} bytes.")
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile("The file is not text in UTF-8.") from None
    if "\0" in words:
        raise BadFile("The file is not text: it has null bytes.")
    reader = csv.reader(io.StringIO(words, newline=""), strict=True)
    try:
        titles = [title.strip().lower() for title in next(reader, [])]
        if len(set(titles)) < len(titles) or not set(needed) <= set(titles):
            raise BadFile(f"The first line names the columns: {', '.join(needed)}.")
        if unknown := set(titles) - set(needed) - set(optional):
            raise BadFile(f"There is no column {sorted(unknown)[0][:40]!r}.")
        for count, cells in enumerate(reader, start=1):
            if not any(cell.strip() for cell in cells):
                continue
            line = reader.line_num
            if count > MOST_ROWS:
                raise BadFile(f"The file has more than {MOST_ROWS:,} rows.")
            if len(cells) != len(titles):
                raise BadFile(f"Line {line} has {len(cells)} columns and not {len(titles)}.")
            if any(len(cell) > MOST_LETTERS for cell in cells):
                raise BadFile(f"Line {line} has a cell of more than {MOST_LETTERS} letters.")
            yield line, dict(zip(titles, (cell.strip() for cell in cells), strict=True))
    except csv.Error as error:
        raise BadFile(f"Line {reader.line_num} is no CSV: {error}.") from None


def day_in(words: str, *, line: int) -> date:
    """
    A day as 2026-03-04.

    :raises BadFile: it is none
    """
    try:
        if not _DAY.fullmatch(words):
            raise ValueError
        return date.fromisoformat(words)
    except ValueError:
        raise BadFile(f"Line {line}: {words[:40]!r} is no day like 2026-03-04.") from None


def units_in(words: str, *, line: int) -> Decimal:
    """
    A plain number of nothing or more, of at most 20 digits before the point and 18 after.

    :raises BadFile: it is none
    """
    plain = words.replace(",", "")
    whole, point, places = plain.partition(".")
    is_plain = plain.isascii() and whole.isdigit() and (places.isdigit() if point else True)
    if not is_plain or len(whole) > 20 or len(places) > 18:
        raise BadFile(f"Line {line}: {words[:40]!r} is no number of units.")
    try:
        return Decimal(plain)
    except InvalidOperation:
        raise BadFile(f"Line {line}: {words[:40]!r} is no number of units.") from None
