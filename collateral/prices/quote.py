"""What a source says an asset is worth, and the one door that hostile numbers must pass. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

DIGITS = 28  # Of a price column; 18 of them before the point.
LEAST = Decimal("0.00000001")  # The smallest price kept: below it a rounding could make nothing.
MOST = Decimal(10) ** 18

# Plain digits: no sign, no exponent, no underscore, none of the other digits that Python takes.
PLAIN = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,40})?", re.ASCII)


class BadQuote(ValueError):
    """A price that cannot be one: not a plain number, zero, negative, not finite, out of range."""


class SourceUnavailable(Exception):
    """
    A source gave no price.

    `retry` tells whether asking again may help: a late answer may come, a pair that the source
    does not quote will not.
    """

    def __init__(self, reason: str, *, retry: bool):
        super().__init__(reason)
        self.retry = retry


@dataclass(frozen=True, slots=True)
class Quote:
    """
    `source` saw `asset` at `price` in `currency` for one unit, at `observed_at`.

    - Usable from `observed_at` to `fresh_until`, both included.
    - `volume_per_minute`: units traded in a minute then, or None where the source does not know.
    - `venue`: the house behind the source, which has one voice however many sources it has; the
      source itself where it is not said.
    - `width`: ask less bid, as a fraction of their mean; None where the source says one price.
    - `is_last_resort`: heard only where the others are too few.

    :raises BadQuote: `price` is not usable, a time has no zone, or it was stale when observed
    """

    source: str
    asset: str
    currency: str
    price: Decimal
    observed_at: datetime
    fresh_until: datetime
    volume_per_minute: Decimal | None = None
    venue: str = ""
    width: Decimal | None = None
    is_last_resort: bool = False

    def __post_init__(self):
        usable_price(self.price)
        if self.observed_at.utcoffset() is None or self.fresh_until.utcoffset() is None:
            raise BadQuote(f"{self.source} {self.asset}: a time without a zone")
        if self.fresh_until < self.observed_at:
            raise BadQuote(f"{self.source} {self.asset}: stale before it was observed")

    @property
    def house(self) -> str:
        return self.venue or self.source

    def is_fresh(self, now: datetime) -> bool:
        return self.observed_at <= now <= self.fresh_until


class Source(Protocol):
    """Whoever quotes prices. One adapter file each, in `sources/`."""

    name: str

    def quote(self, asset: str, *, now: datetime) -> Quote:
        """
        What the source says of `asset` at `now`. It may be stale: whoever uses it judges that.

        :raises SourceUnavailable: no quote, with `retry`
        """


def usable_price(said: str | Decimal) -> Decimal:
    """
    The price in what a file or a party said, in the digits it was said in.

    From 0.00000001 to under 10 to the 18th, at most 28 digits. Text is plain ASCII digits with
    one point at most: `1e5`, `+1`, `1_000`, ` 1`, `NaN` and full-width digits are refused. A
    Decimal with a positive exponent is refused too: it is what `1e5` becomes in a JSON parser.

    :raises BadQuote: says what was said and what is wrong with it
    """
    if isinstance(said, str):
        if not PLAIN.fullmatch(said):
            raise BadQuote(f"{_shown(said)} is {_fault(said)}")
        price = Decimal(said)
    elif isinstance(said, Decimal):
        price = said
    else:
        raise BadQuote(f"{_shown(said)} is neither text nor a decimal")
    if not price.is_finite():
        raise BadQuote(f"{price} is not finite")
    if price <= 0:
        raise BadQuote(f"{_shown(said)} is {'zero' if price == 0 else 'negative'}")
    if price.as_tuple().exponent > 0:
        raise BadQuote(f"{_shown(said)} is written with an exponent")
    if not LEAST <= price < MOST:
        raise BadQuote(f"{_shown(said)} is outside {LEAST:f} to 1 and 18 zeros")
    if len(price.as_tuple().digits) > DIGITS:
        raise BadQuote(f"{_shown(said)} has more than {DIGITS} digits")
    return price


def _fault(said: str) -> str:
    if PLAIN.fullmatch(said.removeprefix("-")):
        return "negative"
    if said.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return "not finite"
    return "not a plain number"


def _shown(said: object) -> str:
    """Short and harmless in a log line."""
    text = repr(said) if isinstance(said, str) else str(said)
    return text if len(text) <= 40 else f"{text[:37]}..."
