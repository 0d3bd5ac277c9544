"""US dollars in Hong Kong dollars, day by day as recorded. Pure."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path

from collateral.amounts import EXACT
from collateral.prices.price_file import (
    BadPriceFile,
    check_ascending,
    date_in,
    price_in,
    rows_of,
)

OLDEST = timedelta(days=7)  # The longest run of bank holidays is shorter.
LOWEST, HIGHEST = Decimal("7.70"), Decimal("7.90")  # The peg's band, 7.75 to 7.85, and a margin.
HKD_STEP = Decimal("0.00000001")


class MissingRate(LookupError):
    """No USD/HKD rate for a day, nor for the seven days before it."""


class RateOutOfBand(ValueError):
    """A USD/HKD rate that the peg does not allow: a wrong file or a wrong digit."""


class UsdHkd:
    """HKD for one USD, by day; one `fixed` rate where the caller names it."""

    def __init__(self, rates: Mapping[date, Decimal]):
        """:raises RateOutOfBand: a rate outside 7.70 to 7.90"""
        for day, rate in rates.items():
            _check_band(rate, f"on {day}")
        self._days = sorted(rates)
        self._rates = dict(rates)
        self._fixed: Decimal | None = None

    @classmethod
    def fixed(cls, rate: Decimal) -> "UsdHkd":
        """
        The same rate on every day.

        :raises RateOutOfBand: outside 7.70 to 7.90
        """
        _check_band(rate, "as given")
        every_day = cls({})
        every_day._fixed = rate
        return every_day

    def at(self, day: date) -> Decimal:
        """
        The rate of `day`, or the last one before it, at most seven days old.

        :raises MissingRate: there is none; the message names the option that gives one
        """
        if self._fixed is not None:
            return self._fixed
        found = bisect_right(self._days, day) - 1
        if found < 0 or day - self._days[found] > OLDEST:
            raise MissingRate(f"no USD/HKD rate for {day}: pass one, as in --usd-hkd 7.80")
        return self._rates[self._days[found]]


def read_rates(path: Path | str) -> UsdHkd:
    """
    The rates in a file `date,hkd_per_usd`, plain or gzip.

    :raises BadPriceFile: with file, line and reason
    """
    rates: dict[date, Decimal] = {}
    last = None
    for line, row in rows_of(path, ("date", "hkd_per_usd")):
        day = date_in(row, path=path, line=line)
        check_ascending(last, day, path=path, line=line)
        rate = price_in(row, "hkd_per_usd", path=path, line=line)
        if not LOWEST <= rate <= HIGHEST:
            raise BadPriceFile(path, line, f"{rate} is outside {LOWEST} to {HIGHEST}")
        rates[day] = rate
        last = day
    return UsdHkd(rates)


def in_hkd(usd: Decimal, rate: Decimal) -> Decimal:
    """`usd` at `rate` in HKD: the exact product, rounded half-even to eight places."""
    with localcontext(EXACT):
        exact = usd * rate
    return exact.quantize(HKD_STEP, rounding=ROUND_HALF_EVEN)


def _check_band(rate: Decimal, where: str) -> None:
    if not rate.is_finite() or not LOWEST <= rate <= HIGHEST:
        raise RateOutOfBand(f"USD/HKD {rate} {where} is outside {LOWEST} to {HIGHEST}")
