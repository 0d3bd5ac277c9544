"""The recorded crashes are whole, and are the crashes that happened."""

import gzip
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from collateral.prices.candles import DailySeries, Series
from collateral.prices.market_hours import session
from collateral.prices.recorded.windows import FOLDER, STEPS, UnknownWindow, load


@pytest.mark.parametrize(
    ("name", "asset", "on", "low"),
    [
        ("crash-2020-03", "BTC", date(2020, 3, 13), "3782.13"),
        ("crash-2020-03", "ETH", date(2020, 3, 13), "86"),
        ("crash-2021-05", "BTC", date(2021, 5, 19), "30000"),
        ("crash-2021-05", "ETH", date(2021, 5, 19), "1888"),
        ("crash-2024-08", "BTC", date(2024, 8, 5), "49000"),
        ("crash-2024-08", "ETH", date(2024, 8, 5), "2111"),
        ("crash-2025-10", "BTC", date(2025, 10, 10), "102000"),
        ("crash-2025-10", "ETH", date(2025, 10, 10), "3435"),
    ],
)
def test_lows_of_the_crashes(name, asset, on, low):
    candles = load(name).series[asset].candles

    lowest = min(candles, key=lambda candle: candle.low)

    assert (lowest.low, lowest.opened_at.date()) == (Decimal(low), on)


@pytest.mark.parametrize(
    ("name", "starts_at", "days", "btc", "eth"),
    [
        ("crash-2020-03", datetime(2020, 3, 11, tzinfo=UTC), 4, 30, 5),
        ("crash-2021-05", datetime(2021, 5, 18, tzinfo=UTC), 4, 1, 5),
        ("crash-2024-08", datetime(2024, 8, 3, tzinfo=UTC), 5, 1, 1),
        ("crash-2025-10", datetime(2025, 10, 9, tzinfo=UTC), 4, 5, 5),
    ],
)
def test_no_candle_of_a_window_is_missing(name, starts_at, days, btc, eth):
    recording = load(name)

    assert recording.starts_at == starts_at
    assert recording.ends_at == starts_at + timedelta(days=days)
    for asset, minutes in (("BTC", btc), ("ETH", eth)):
        series = recording.series[asset]
        assert isinstance(series, Series)
        assert series.step == timedelta(minutes=minutes)
        assert len(series.candles) == days * 24 * 60 // minutes


@pytest.mark.parametrize("name", STEPS)
def test_no_trading_day_of_a_share_is_missing_from_four_weeks_before(name):
    recording = load(name)
    first = recording.starts_at.date() - timedelta(days=28)
    length = (recording.ends_at.date() - first).days
    trading = [day for day in (first + timedelta(nth) for nth in range(length)) if session(day)]

    shares = [one for one in recording.series.values() if isinstance(one, DailySeries)]

    assert len(shares) == (7 if name == "crash-2020-03" else 8)
    assert all([day.date for day in share.days] == trading for share in shares)
    assert all(day.volume > 0 and day.low < day.high for share in shares for day in share.days)


def test_without_history_a_share_begins_on_the_trading_day_before_the_window():
    recording = load("crash-2024-08").without_history()

    days = [day.date for day in recording.series["0700"].days]

    assert days == [date(2024, 8, 2), date(2024, 8, 5), date(2024, 8, 6), date(2024, 8, 7)]


@pytest.mark.parametrize("name", STEPS)
def test_the_dollar_has_a_rate_on_every_day_of_a_window(name):
    recording = load(name)
    day = recording.starts_at.date() - timedelta(days=28)

    while day <= recording.ends_at.date():
        assert Decimal("7.75") - 1 < recording.usd_hkd.at(day) < Decimal("7.86")
        day += timedelta(days=1)


def test_an_unknown_window_is_answered_with_those_there_are():
    with pytest.raises(UnknownWindow, match="crash-2020-03, crash-2021-05"):
        load("crash-1929-10")


def test_every_file_packs_to_the_same_bytes_and_is_small():
    files = sorted(FOLDER.glob("*.csv.gz"))

    assert sum(path.stat().st_size for path in files) < 600_000
    for path in files:
        octets = path.read_bytes()
        assert octets[4:8] == b"\0\0\0\0", f"{path.name} carries a time"
        assert gzip.decompress(octets).endswith(b"\n")


def test_every_file_is_named_in_the_provenance():
    told = (FOLDER / "PROVENANCE.md").read_text()

    for path in FOLDER.glob("*.csv.gz"):
        name = path.name.removesuffix(".csv.gz")
        code = name.split("-")[3] if name.endswith("-daily") and "crash" in name else name
        assert code in told, path.name
