"""What a proposal's payload says, read from text: each refusal in words for who filled it in."""

from datetime import date, datetime
from decimal import Context, Decimal, InvalidOperation, localcontext
from zoneinfo import ZoneInfo

from onboarding.commands import Invalid

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
AT_APPROVAL = "when approved"
LONGEST_TEXT = 4_000
# Units have up to 38 digits, and a number is looked at before it is known to have no more.
_WIDE = Context(prec=LONGEST_TEXT)


def text(payload: dict, key: str, called: str, *, needed: bool = True) -> str:
    """The words under `key`, trimmed."""
    words = payload.get(key) or ""
    if not isinstance(words, str) or "\0" in words:
        raise Invalid(f"{called} is not text.")
    if needed and not words.strip():
        raise Invalid(f"{called} is missing.")
    if len(words) > LONGEST_TEXT:
        raise Invalid(f"{called} is longer than {LONGEST_TEXT:,} characters.")
    return words.strip()


def fraction(payload: dict, key: str, called: str) -> Decimal:
    """A fraction of one, at most six places."""
    return _number(payload, key, called, places=6, most=Decimal(1))


def money(payload: dict, key: str, called: str) -> Decimal:
    """HKD of nothing or more, to the cent."""
    return _number(payload, key, called, places=2, most=Decimal(10) ** 21)


def units(payload: dict, key: str, called: str) -> Decimal:
    """Units of an asset, above zero, at most 18 places."""
    value = _number(payload, key, called, places=18, most=Decimal(10) ** 19)
    if not value:
        raise Invalid(f"{called} must be above zero.")
    return value


def number(payload: dict, key: str, called: str, *, most: int) -> Decimal:
    """A whole number above zero."""
    value = _number(payload, key, called, places=0, most=Decimal(most))
    if not value:
        raise Invalid(f"{called} must be above zero.")
    return value


def whole(payload: dict, key: str, called: str, *, most: Decimal) -> Decimal:
    """A whole number of nothing or more."""
    return _number(payload, key, called, places=0, most=most)


def _number(payload: dict, key: str, called: str, *, places: int, most: Decimal) -> Decimal:
    words = text(payload, key, called)
    try:
        value = Decimal(words.replace(",", ""))
    except InvalidOperation:
        raise Invalid(f"{called} is not a number: {words[:40]}.") from None
    if not value.is_finite() or value < 0 or value > most:
        raise Invalid(f"{called} must be between 0 and {most:,f}.")
    with localcontext(_WIDE):
        has_more = value != round(value, places)
    if has_more:
        raise Invalid(f"{called} has more than {places} decimals.")
    return value


def day(payload: dict, key: str, called: str) -> date:
    words = text(payload, key, called)
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise Invalid(f"{called} is not a date: {words[:40]}.") from None


def moment(payload: dict, key: str, *, now: datetime) -> datetime | None:
    """
    The time from which it shall hold; None for the moment of the approval.

    :raises Invalid: not a time, or one that has passed
    """
    words = text(payload, key, "The time", needed=False)
    if not words:
        return None
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        raise Invalid(f"The time is not one: {words[:40]}.") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=HONG_KONG)
    if at <= now:
        raise Invalid(f"The time it should hold from, {as_moment(at)}, has passed.")
    return at


def today(now: datetime) -> date:
    """The day in Hong Kong."""
    return now.astimezone(HONG_KONG).date()


def as_percent(ratio: Decimal | None) -> str:
    """0.6 is 60%; without idle zeros."""
    return "none" if ratio is None else f"{(ratio * 100).normalize():f}%"


def as_hkd(amount: Decimal | None) -> str:
    return "none" if amount is None else f"HKD {amount:,.2f}"


def as_day(on: date) -> str:
    return f"{on:%-d %b %Y}"


def as_moment(at: datetime | None) -> str:
    return AT_APPROVAL if at is None else f"{at.astimezone(HONG_KONG):%-d %b %Y, %H:%M} HKT"
