"""When the Hong Kong exchange trades, and when it does not."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.prices.market_hours import (
    HKT,
    HONG_KONG,
    ROUND_THE_CLOCK,
    UnknownMarket,
    after_trading,
    is_open,
    next_close,
    next_open,
    next_session,
    session,
)

FIRST = datetime(2019, 1, 1, tzinfo=UTC)

moments = st.integers(0, 9 * 365 * 24 * 3600).map(lambda s: FIRST + timedelta(seconds=s))

CLOSED_IN_2026 = [
    *(date(2026, 1, 1), date(2026, 2, 17), date(2026, 2, 18), date(2026, 2, 19)),
    *(date(2026, 4, 3), date(2026, 4, 6), date(2026, 4, 7), date(2026, 5, 1)),
    *(date(2026, 5, 25), date(2026, 6, 19), date(2026, 7, 1), date(2026, 10, 1)),
    *(date(2026, 10, 19), date(2026, 12, 25)),
]
HALF_IN_2026 = [date(2026, 2, 16), date(2026, 12, 24), date(2026, 12, 31)]


def hkt(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=HKT)


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=nth) for nth in range(365)]


def test_weekdays_without_trading_in_2026():
    shut = [day for day in days_of(2026) if day.weekday() < 5 and session(day) is None]

    assert shut == CLOSED_IN_2026


def test_half_days_in_2026_close_at_noon():
    half = [day for day in days_of(2026) if (hours := session(day)) and len(hours.intervals) == 1]

    assert half == HALF_IN_2026
    for day in half:
        assert session(day).closes_at == hkt(day, 12)
        assert session(day).length == timedelta(minutes=150)
        assert not is_open(HONG_KONG, hkt(day, 14))


def test_the_exchange_was_shut_on_the_day_of_the_crash_of_may_2021():
    assert session(date(2021, 5, 19)) is None
    assert next_session(date(2021, 5, 18)).opens_at == hkt(date(2021, 5, 20), 9, 30)


def test_the_exchange_was_shut_for_a_typhoon():
    assert session(date(2021, 10, 13)) is None


@pytest.mark.parametrize(
    ("hour", "minute", "second", "trades"),
    [
        (9, 29, 59, False),
        (9, 30, 0, True),
        (11, 59, 59, True),
        (12, 0, 0, False),
        (12, 59, 59, False),
        (13, 0, 0, True),
        (15, 59, 59, True),
        (16, 0, 0, False),
    ],
)
def test_edges_of_a_full_day(hour, minute, second, trades):
    monday = date(2024, 8, 5)

    assert session(monday).length == timedelta(minutes=330)
    assert is_open(HONG_KONG, hkt(monday, hour, minute, second)) is trades
    assert is_open(HONG_KONG, hkt(monday, hour, minute, second).astimezone(UTC)) is trades


@given(moments)
def test_coins_trade_round_the_clock(at):
    assert is_open(ROUND_THE_CLOCK, at)
    assert next_open(ROUND_THE_CLOCK, at) == at
    assert next_close(ROUND_THE_CLOCK, at) is None


@given(moments)
def test_next_open_is_open_and_not_before(at):
    opens_at = next_open(HONG_KONG, at)

    assert opens_at >= at
    assert is_open(HONG_KONG, opens_at)
    assert opens_at == at or not is_open(HONG_KONG, opens_at - timedelta(seconds=1))


@given(moments)
def test_next_close_is_shut_and_the_moment_before_it_trades(at):
    closes_at = next_close(HONG_KONG, at)

    assert closes_at > at
    assert not is_open(HONG_KONG, closes_at)
    assert is_open(HONG_KONG, closes_at - timedelta(seconds=1))


def test_over_lunch_the_market_opens_at_one_and_closes_at_four():
    lunch = hkt(date(2024, 8, 5), 12, 15)

    assert next_open(HONG_KONG, lunch) == hkt(date(2024, 8, 5), 13)
    assert next_close(HONG_KONG, lunch) == hkt(date(2024, 8, 5), 16)


def test_a_time_without_zone_and_a_market_without_hours_are_refused():
    with pytest.raises(ValueError, match="no time zone"):
        is_open(HONG_KONG, FIRST.replace(tzinfo=None))
    with pytest.raises(UnknownMarket, match="XNYS"):
        is_open("XNYS", datetime(2024, 8, 5, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("at", "minutes", "until"),
    [
        (hkt(date(2026, 3, 4), 10), 20, hkt(date(2026, 3, 4), 10, 20)),
        (hkt(date(2026, 3, 4), 11, 50), 20, hkt(date(2026, 3, 4), 13, 10)),
        (hkt(date(2026, 3, 4), 16), 20, hkt(date(2026, 3, 5), 9, 50)),
        (hkt(date(2026, 3, 4), 3), 20, hkt(date(2026, 3, 4), 9, 50)),
        (hkt(date(2026, 3, 6), 15, 50), 10, hkt(date(2026, 3, 6), 16)),
        # The eve of the Lunar New Year, and the three days after it.
        (hkt(date(2026, 2, 16), 11, 55), 20, hkt(date(2026, 2, 20), 9, 45)),
        (hkt(date(2026, 3, 4), 10), 330, hkt(date(2026, 3, 5), 10)),
    ],
)
def test_time_of_trading_stands_still_while_the_market_is_shut(at, minutes, until):
    assert after_trading(at, timedelta(minutes=minutes)) == until


@given(moments, st.integers(0, 2000))
def test_so_much_is_traded_and_no_more(at, minutes):
    until = after_trading(at, timedelta(minutes=minutes))

    day, traded = at.astimezone(HKT).date(), timedelta(0)
    while day <= until.astimezone(HKT).date():
        for start, end in hours.intervals if (hours := session(day)) else ():
            traded += max(timedelta(0), min(end, until) - max(start, at))
        day += timedelta(days=1)
    assert traded == timedelta(minutes=minutes)
