"""A file of recorded prices, read to its last line before anything of it is used. Pure."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from collateral.prices.quote import BadQuote, usable_price

LARGEST = 128 * 1024 * 1024  # Bytes, unpacked: a year and a half of one-minute candles.
GZIP = b"\x1f\x8b"
EARLIEST, LATEST = 1970, 2100  # Years. A time outside is a mistake of units or of digits.

# Programs write a very small volume as 5e-05; a price is never so small.
VOLUME = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,25})?(?:[eE]-[0-9]{1,2})?", re.ASCII)

Row = dict[str, str]


class BadPriceFile(ValueError):
    """`path` cannot be used, because of `reason` in `line` (1 is the header)."""

    def __init__(self, path: Path | str, line: int, reason: str):
        super().__init__(f"{path}:{line}: {reason}")
        self.path, self.line, self.reason = path, line, reason


def rows_of(path: Path | str, columns: Sequence[str]) -> Iterator[tuple[int, Row]]:
    """
    Each data row of a CSV file with its line number, under the names in the header.

    Plain or gzip, UTF-8, comma-separated, one header. Columns may stand in any order; columns
    beyond those asked for are not read.

    :raises BadPriceFile: not a file, too large, broken gzip, not UTF-8, empty, a column missing
        or twice, a row of another length
    """
    reader = csv.reader(io.StringIO(_text_of(path), newline=""), strict=True)
    try:
        header = next(reader, None)
        if header is None:
            raise BadPriceFile(path, 1, "the file is empty")
        _check_header(path, header, columns)
        seen = False
        for fields in reader:
            if len(fields) != len(header):
                raise BadPriceFile(
                    path,
                    reader.line_num,
                    f"{len(fields)} fields where the header has {len(header)}",
                )
            seen = True
            yield reader.line_num, dict(zip(header, fields, strict=True))
        if not seen:
            raise BadPriceFile(path, 1, "a header and no prices")
    except csv.Error as error:
        raise BadPriceFile(path, reader.line_num, f"not CSV: {error}") from error


def price_in(row: Row, column: str, *, path: Path | str, line: int) -> Decimal:
    """:raises BadPriceFile: `usable_price` refuses it"""
    try:
        return usable_price(row[column])
    except BadQuote as error:
        raise BadPriceFile(path, line, f"{column} {error}") from error


def volume_in(row: Row, *, path: Path | str, line: int) -> Decimal:
    """
    Units traded: like a price, but a quiet candle may have 0.

    :raises BadPriceFile: negative, text, not finite or far too long
    """
    said = row["volume"]
    if not VOLUME.fullmatch(said):
        raise BadPriceFile(path, line, f"volume {said[:40]!r} is not a plain number of 0 or more")
    return Decimal(said)


def time_in(row: Row, *, path: Path | str, line: int) -> datetime:
    """
    The time in UTC.

    :raises BadPriceFile: not ISO 8601, without a zone, or far from our days
    """
    said = row["timestamp"]
    try:
        at = datetime.fromisoformat(said)
    except ValueError as error:
        raise BadPriceFile(path, line, f"timestamp {said[:40]!r} is not ISO 8601") from error
    if at.utcoffset() is None:
        raise BadPriceFile(path, line, f"timestamp {said[:40]!r} has no time zone")
    if not EARLIEST <= at.year < LATEST:
        raise BadPriceFile(path, line, f"timestamp {said!r} is outside {EARLIEST} to {LATEST}")
    return at.astimezone(UTC)


def date_in(row: Row, *, path: Path | str, line: int) -> date:
    """:raises BadPriceFile: not an ISO date, or far from our days"""
    said = row["date"]
    try:
        day = date.fromisoformat(said)
    except ValueError as error:
        raise BadPriceFile(path, line, f"date {said[:40]!r} is not an ISO date") from error
    if not EARLIEST <= day.year < LATEST:
        raise BadPriceFile(path, line, f"date {said!r} is outside {EARLIEST} to {LATEST}")
    return day


def check_ascending(
    earlier: datetime | date | None, later: datetime | date, *, path: Path | str, line: int
) -> None:
    """:raises BadPriceFile: `later` repeats or precedes the time of the row above"""
    if earlier is None or earlier < later:
        return
    fault = "repeats the time of" if earlier == later else "is earlier than"
    raise BadPriceFile(path, line, f"{later.isoformat()} {fault} the row above")


def _text_of(path: Path | str) -> str:
    octets = _unpacked(path)
    try:
        return octets.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise BadPriceFile(path, line, "not UTF-8") from error


def _unpacked(path: Path | str) -> bytes:
    """The file's bytes; never more than `LARGEST`, however small a gzip packs them."""
    try:
        if not Path(path).is_file():
            raise BadPriceFile(path, 1, "no such file")
        with open(path, "rb") as file:
            packed = file.read(len(GZIP)) == GZIP
            if not packed and str(path).endswith(".gz"):
                raise BadPriceFile(path, 1, "named .gz and not gzip")
            file.seek(0)
            source = gzip.GzipFile(fileobj=file) if packed else file
            octets = source.read(LARGEST + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadPriceFile(path, 1, f"broken gzip: {error}") from error
    except OSError as error:
        raise BadPriceFile(path, 1, f"cannot be read: {error.strerror}") from error
    if len(octets) > LARGEST:
        raise BadPriceFile(path, 1, f"larger than {LARGEST // 1024**2} MiB")
    return octets


def _check_header(path: Path | str, header: list[str], columns: Sequence[str]) -> None:
    if missing := [column for column in columns if column not in header]:
        raise BadPriceFile(path, 1, f"no column {', '.join(missing)}")
    if twice := sorted({column for column in header if header.count(column) > 1}):
        raise BadPriceFile(path, 1, f"column {', '.join(twice)} stands twice")
