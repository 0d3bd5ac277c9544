"""A period of a statement: whole days of Hong Kong, from the first to the last, both in it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from collateral.prices.market_hours import HKT


@dataclass(frozen=True, slots=True)
class Period:
    """From midnight to midnight: `starts_at` is in it, `ends_at` is not."""

    first: date
    last: date

    def __post_init__(self):
        if self.last < self.first:
            raise ValueError(f"a period from {self.first} to {self.last}")

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.first, time.min, HKT)

    @property
    def ends_at(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time.min, HKT)

    def __str__(self):
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"


def day_of(day: date) -> Period:
    return Period(day, day)


def month_of(day: date) -> Period:
    """The calendar month that `day` is in."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def today_of(now: datetime) -> date:
    return now.astimezone(HKT).date()
