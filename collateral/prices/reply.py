"""What a party replied, read as if it were hostile: it is what it should be, or no answer. Pure."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from collateral.prices.quote import BadQuote, SourceUnavailable, usable_price

EARLIEST, LATEST = 2009, 2100  # Years.
LONGEST_NUMBER = 60
_WHOLE = re.compile(r"[0-9]{1,17}", re.ASCII)
_VOLUME = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,25})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wrong(why: str) -> SourceUnavailable:
    """A reply that cannot be used; the next one may be better."""
    return SourceUnavailable(why, retry=True)


def json_of(body: bytes) -> Any:
    """
    The reply as JSON, every number as the text it was written in.

    :raises SourceUnavailable: not UTF-8, not JSON, a key twice, too deep, NaN or Infinity
    """
    try:
        return json.loads(
            body.decode("utf-8"),
            parse_float=_digits,
            parse_int=_digits,
            parse_constant=_refused,
            object_pairs_hook=_once,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise wrong(f"the reply is no JSON ({type(error).__name__})") from error


def object_in(value: Any, called: str = "the reply") -> Mapping[str, Any]:
    """:raises SourceUnavailable: not an object"""
    if not isinstance(value, dict):
        raise wrong(f"{called} is no object")
    return value


def only_one(value: Any, called: str = "the reply") -> Any:
    """
    The one row of a list.

    :raises SourceUnavailable: not a list, or not of one
    """
    if not isinstance(value, list) or len(value) != 1:
        raise wrong(f"{called} is no list of one")
    return value[0]


def text_in(row: Mapping[str, Any], name: str) -> str:
    """:raises SourceUnavailable: missing, not text or a number, or very long"""
    value = row.get(name)
    if not isinstance(value, str) or not value or len(value) > LONGEST_NUMBER:
        raise wrong(f"{name} is missing or no text")
    return value


def price_in(row: Mapping[str, Any], name: str) -> Decimal:
    """
    The price in the digits it was said in.

    :raises SourceUnavailable: missing, or cannot be a price
    """
    return price_from(text_in(row, name), name)


def price_from(said: Any, called: str) -> Decimal:
    """As `price_in`, of what was said itself."""
    if not isinstance(said, str) or len(said) > LONGEST_NUMBER:
        raise wrong(f"{called} is no number")
    try:
        return usable_price(said)
    except BadQuote as error:
        raise wrong(f"{called}: {error}") from error


def volume_in(row: Mapping[str, Any], name: str) -> Decimal | None:
    """Units traded, or None where it is not said; never an error, for no price rests on it."""
    said = row.get(name)
    return Decimal(said) if isinstance(said, str) and _VOLUME.fullmatch(said) else None


def best_of(levels: Any, called: str) -> Decimal:
    """
    The price of the first level of one side of a book, `[[price, units], ...]`.

    :raises SourceUnavailable: no levels, or no price
    """
    if not isinstance(levels, list) or not levels:
        raise wrong(f"{called} is empty")
    first = levels[0]
    if not isinstance(first, list) or not first:
        raise wrong(f"{called} is no book")
    return price_from(first[0], called)


def check(row: Mapping[str, Any], name: str, *wanted: str) -> None:
    """:raises SourceUnavailable: what stands under `name` is none of `wanted`; ask no more"""
    said = text_in(row, name)
    if said not in wanted:
        raise SourceUnavailable(f"{name} is {said[:20]!r} and not {wanted[0]}", retry=False)


def milliseconds_in(row: Mapping[str, Any], name: str) -> datetime:
    """:raises SourceUnavailable: no whole number, or far from our days"""
    return _moment(row, name, thousandths=1)


def seconds_in(row: Mapping[str, Any], name: str) -> datetime:
    """:raises SourceUnavailable: no whole number, or far from our days"""
    return _moment(row, name, thousandths=1000)


def iso_in(row: Mapping[str, Any], name: str) -> datetime:
    """:raises SourceUnavailable: not ISO 8601 with a zone, or far from our days"""
    said = text_in(row, name)
    try:
        at = datetime.fromisoformat(said)
    except ValueError as error:
        raise wrong(f"{name} is no time") from error
    if at.utcoffset() is None:
        raise wrong(f"{name} has no time zone")
    return _of_our_days(at, name)


def _moment(row: Mapping[str, Any], name: str, *, thousandths: int) -> datetime:
    said = text_in(row, name)
    if not _WHOLE.fullmatch(said):
        raise wrong(f"{name} is no whole number")
    try:
        at = _EPOCH + timedelta(milliseconds=int(said) * thousandths)
    except OverflowError as error:
        raise wrong(f"{name} is no time") from error
    return _of_our_days(at, name)


def _of_our_days(at: datetime, name: str) -> datetime:
    if not EARLIEST <= at.year < LATEST:
        raise wrong(f"{name} is outside {EARLIEST} to {LATEST}")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise wrong(f"{name} is no time") from error


def _digits(said: str) -> str:
    """A number stays text, so that nothing of it is lost; what is too long is nobody's price."""
    return said if len(said) <= LONGEST_NUMBER else "too long"


def _refused(said: str):
    raise wrong(f"the reply says {said}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise wrong("the reply says one thing twice")
    return row
