"""When a market trades. Pure, given the calendar of the Hong Kong exchange."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

ROUND_THE_CLOCK = "24h"
HONG_KONG = "XHKG"
HKT = ZoneInfo("Asia/Hong_Kong")

OPENS, LUNCH, REOPENS, CLOSES = time(9, 30), time(12), time(13), time(16)
SATURDAY = 5

Interval = tuple[datetime, datetime]


class UnknownMarket(ValueError):
    """A market whose hours nobody wrote down."""


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day: its intervals of continuous trading, each without its last instant."""

    intervals: tuple[Interval, ...]

    @property
    def opens_at(self) -> datetime:
        return self.intervals[0][0]

    @property
    def closes_at(self) -> datetime:
        return self.intervals[-1][1]

    @property
    def length(self) -> timedelta:
        """Time of trading, lunch left out: 330 minutes, 150 on a half day."""
        return sum((end - start for start, end in self.intervals), timedelta())

    def is_open(self, at: datetime) -> bool:
        return any(start <= at < end for start, end in self.intervals)


@lru_cache(maxsize=4096)
def session(day: date) -> Session | None:
    """
    The continuous trading of the Hong Kong exchange on `day`: 09:30-12:00 and 13:00-16:00.

    Only the morning on the eves of Christmas, New Year and Lunar New Year. None on weekends, on
    the exchange's holidays and on the days it stayed shut for severe weather, as far as the
    calendar knows them. Auctions are left out: an order of ours does not count on one.

    Source: `holidays`, XHKG; domain facts checked for 2026 against a second calendar.
    """
    closed, half = _calendar(day.year)
    if day.weekday() >= SATURDAY or day in closed:
        return None
    morning = (_at(day, OPENS), _at(day, LUNCH))
    if day in half:
        return Session((morning,))
    return Session((morning, (_at(day, REOPENS), _at(day, CLOSES))))


def next_session(day: date) -> Session:
    """The first session on a day after `day`."""
    while True:
        day += timedelta(days=1)
        if found := session(day):
            return found


def is_open(market: str, at: datetime) -> bool:
    """
    Whether `market` trades at `at`; a market is shut at the very instant it closes.

    :raises UnknownMarket: `market` is neither "24h" nor "XHKG"
    :raises ValueError: `at` has no time zone
    """
    local = _in_hong_kong(market, at)
    if market == ROUND_THE_CLOCK:
        return True
    hours = session(local.date())
    return hours is not None and hours.is_open(local)


def next_open(market: str, at: datetime) -> datetime:
    """`at` itself where the market is open then, else the next moment it opens. Errors: above."""
    if is_open(market, at):
        return at
    day = at.astimezone(HKT).date() - timedelta(days=1)
    while True:
        hours = next_session(day)
        for start, _ in hours.intervals:
            if start > at:
                return start
        day = hours.opens_at.date()


def next_close(market: str, at: datetime) -> datetime | None:
    """
    The first end of a trading day after `at`; lunch is no close. None for a market without one.

    Errors as `is_open`.
    """
    local = _in_hong_kong(market, at)
    if market == ROUND_THE_CLOCK:
        return None
    hours = session(local.date())
    if hours is None or hours.closes_at <= at:
        hours = next_session(local.date())
    return hours.closes_at


def after_trading(at: datetime, span: timedelta) -> datetime:
    """
    The moment by which the Hong Kong exchange has traded for `span` since `at`: what was true at
    the close is no older the next morning.

    :raises ValueError: `at` has no time zone, or `span` is negative
    """
    local = _in_hong_kong(HONG_KONG, at)
    if span < timedelta(0):
        raise ValueError(f"{span} is negative")
    hours = session(local.date()) or next_session(local.date())
    while True:
        for start, end in hours.intervals:
            begins = max(start, local)
            if begins >= end:
                continue
            if span <= end - begins:
                return begins + span
            span -= end - begins
        hours = next_session(hours.opens_at.date())


def _in_hong_kong(market: str, at: datetime) -> datetime:
    if market not in (ROUND_THE_CLOCK, HONG_KONG):
        raise UnknownMarket(f"no hours are known for the market {market!r}")
    if at.utcoffset() is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(HKT)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=HKT)


@lru_cache(maxsize=64)
def _calendar(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """The days of `year` on which the exchange is shut, and those it trades only the morning."""
    closed = holidays.financial_holidays("XHKG", years=year)
    half = holidays.financial_holidays("XHKG", years=year, categories=("half_day",))
    return frozenset(closed), frozenset(half)
