"""A price file is right to its last line, or refused with file, line and reason."""

import gzip
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collateral.prices import price_file
from collateral.prices.candles import Candle, Day, read_candles, read_days
from collateral.prices.price_file import BadPriceFile

HEADER = "timestamp,open,high,low,close,volume"
FIRST = "2024-08-05T00:00:00Z,100,110,90,105,12.5"
SECOND = "2024-08-05T00:05:00Z,105,106,104,104,0"


@pytest.fixture
def file(tmp_path):
    def write(*lines, name="btc.csv"):
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


def refusal_of(path, read=read_candles) -> str:
    with pytest.raises(BadPriceFile) as refusal:
        read(path, asset="BTC")
    return str(refusal.value).removeprefix(str(path))


def test_a_good_file_is_read_as_it_is_written(file):
    series = read_candles(file(HEADER, FIRST, SECOND), asset="BTC")

    assert (series.asset, series.currency, series.step) == ("BTC", "USD", timedelta(minutes=5))
    assert series.candles[0] == Candle(
        datetime(2024, 8, 5, tzinfo=UTC), *map(Decimal, ("100", "110", "90", "105", "12.5"))
    )
    assert len(series.candles) == 2


def test_packed_marked_reordered_and_zoned_files_are_read_the_same(file, tmp_path):
    plain = read_candles(file(HEADER, FIRST, SECOND), asset="BTC")
    packed = tmp_path / "btc.csv.gz"
    packed.write_bytes(gzip.compress("\n".join([HEADER, FIRST, SECOND]).encode("utf-8-sig")))
    reordered = file(
        "volume,close,low,high,open,timestamp,trades",
        "12.5,105,90,110,100,2024-08-05T08:00:00+08:00,7",
        "0,104,104,106,105,2024-08-05T08:05:00+08:00,0",
        name="other.csv",
    )

    assert read_candles(packed, asset="BTC") == plain
    assert read_candles(reordered, asset="BTC") == plain


def test_a_missing_candle_is_allowed(file):
    later = SECOND.replace("00:05", "00:20")
    series = read_candles(file(HEADER, FIRST, SECOND, later), asset="BTC")

    assert series.step == timedelta(minutes=5)


@pytest.mark.parametrize("volume", ["5e-05", "0.0", "971.3834600000002"])
def test_a_tiny_volume_is_read_as_programs_write_it(file, volume):
    series = read_candles(file(HEADER, FIRST.replace("12.5", volume), SECOND), asset="BTC")

    assert series.candles[0].volume == Decimal(volume)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], ":1: the file is empty"),
        ([HEADER], ":1: a header and no prices"),
        ([HEADER.replace(",volume", "")], ":1: no column volume"),
        (["date,price"], ":1: no column timestamp, open, high, low, close, volume"),
        ([FIRST, SECOND], ":1: no column timestamp, open, high, low, close, volume"),
        ([HEADER + ",open"], ":1: column open stands twice"),
        ([HEADER, FIRST], ":2: one candle alone does not tell how long it is"),
    ],
)
def test_a_file_of_another_shape_is_refused(file, lines, message):
    assert refusal_of(file(*lines)) == message


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2024-08-05T00:05:00Z,-1,106,104,104,0", "open '-1' is negative"),
        ("2024-08-05T00:05:00Z,105,106,0,104,0", "low '0' is zero"),
        ("2024-08-05T00:05:00Z,105,NaN,104,104,0", "high 'NaN' is not finite"),
        ("2024-08-05T00:05:00Z,105,106,104,inf,0", "close 'inf' is not finite"),
        ("2024-08-05T00:05:00Z,105,106,104,n/a,0", "close 'n/a' is not a plain number"),
        ("2024-08-05T00:05:00Z,105,106,104,,0", "close '' is not a plain number"),
        ("2024-08-05T00:05:00Z,1e2,106,104,104,0", "open '1e2' is not a plain number"),
        ("2024-08-05T00:05:00Z,105,104,106,105,0", "high 104 is below low 106"),
        ("2024-08-05T00:05:00Z,107,106,104,104,0", "open 107 is outside low 104 to high 106"),
        ("2024-08-05T00:05:00Z,105,106,104,103,0", "close 103 is outside low 104 to high 106"),
        (
            "2024-08-05T00:05:00Z,105,106,104,104,-3",
            "volume '-3' is not a plain number of 0 or more",
        ),
        (
            "2024-08-05T00:05:00Z,105,106,104,104,nan",
            "volume 'nan' is not a plain number of 0 or more",
        ),
        ("2024-08-05T00:05:00Z,105,106,104,104", "5 fields where the header has 6"),
        ("2024-08-05T00:05:00Z,105,106,104,104,0,9", "7 fields where the header has 6"),
        ("", "0 fields where the header has 6"),
        (
            "2024-08-05T00:05:00,105,106,104,104,0",
            "timestamp '2024-08-05T00:05:00' has no time zone",
        ),
        ("1722816300,105,106,104,104,0", "timestamp '1722816300' is not ISO 8601"),
        (
            "0001-01-01T00:00:00+14:00,105,106,104,104,0",
            "timestamp '0001-01-01T00:00:00+14:00' is outside 1970 to 2100",
        ),
        (
            "2024-08-05T00:00:00Z,105,106,104,104,0",
            "2024-08-05T00:00:00+00:00 repeats the time of the row above",
        ),
        (
            "2024-08-05T08:00:00+08:00,105,106,104,104,0",
            "2024-08-05T00:00:00+00:00 repeats the time of the row above",
        ),
        (
            "2024-08-04T23:55:00Z,105,106,104,104,0",
            "2024-08-04T23:55:00+00:00 is earlier than the row above",
        ),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_reason(file, row, message):
    assert refusal_of(file(HEADER, FIRST, row, SECOND)) == f":3: {message}"


def test_the_last_line_is_read_before_anything_is_used(file):
    good = [
        f"2024-08-05T{minute // 60:02}:{minute % 60:02}:00Z,100,110,90,105,1"
        for minute in range(600)
    ]

    bad = good[-1].replace(",90,", ",0,")

    assert refusal_of(file(HEADER, *good[:-1], bad)) == ":601: low '0' is zero"


def test_candles_off_their_grid_or_of_an_odd_length_are_refused(file):
    off_grid = SECOND.replace("00:05:00", "00:12:00")
    assert refusal_of(file(HEADER, FIRST, SECOND, off_grid)) == (
        ":4: 0:07:00 after the row above is no multiple of 0:05:00"
    )
    assert refusal_of(file(HEADER, FIRST, SECOND.replace("08-05T", "08-07T"))) == (
        ":3: candles 2 days, 0:05:00 apart: a second to a day is read"
    )


def test_what_is_no_readable_file_is_refused(file, tmp_path):
    assert refusal_of(tmp_path / "none.csv") == ":1: no such file"
    assert refusal_of(tmp_path) == ":1: no such file"

    broken = tmp_path / "a.csv.gz"
    broken.write_bytes(gzip.compress(b"x" * 5000)[:-12])
    assert refusal_of(broken).startswith(":1: broken gzip: ")
    broken.write_bytes(b"timestamp,open")
    assert refusal_of(broken) == ":1: named .gz and not gzip"
    whole = bytearray(gzip.compress(bytes(range(256)) * 9))
    whole[30] ^= 255
    broken.write_bytes(whole)
    assert refusal_of(broken).startswith(":1: broken gzip: ")

    latin = tmp_path / "latin.csv"
    latin.write_bytes(f"{HEADER}\n{FIRST}\n".encode() + b"caf\xe9\n")
    assert refusal_of(latin) == ":3: not UTF-8"

    assert refusal_of(file(HEADER, FIRST, '"unclosed')).startswith(":3: not CSV: ")


def test_a_file_that_unpacks_beyond_the_cap_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(price_file, "LARGEST", 1024**2)
    bomb = tmp_path / "bomb.csv.gz"
    bomb.write_bytes(gzip.compress(b"0" * (1024**2 + 1)))

    assert refusal_of(bomb) == ":1: larger than 1 MiB"


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_candles_or_refused(tmp_path_factory, octets, packed):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    body = HEADER.encode() + b"\n" + octets
    path.write_bytes(gzip.compress(body) if packed else body)

    with pytest.raises(BadPriceFile, match=r"any\.csv:\d+: "):
        read_candles(path, asset="BTC")


def test_days_of_a_share_are_read_and_cut(file):
    path = file(
        "date,open,high,low,close,volume",
        "2024-08-02,370,372,365,366.2,20000000",
        "2024-08-05,360,361,345,350.4,40000000",
        "2024-08-06,352,360,351,358,30000000",
        "2024-08-07,359,362,357,361,20000000",
    )

    series = read_days(path, asset="0700")

    assert series.days[1] == Day(
        date(2024, 8, 5), *map(Decimal, ("360", "361", "345", "350.4", "40000000"))
    )
    kept = series.between(date(2024, 8, 6), date(2024, 8, 6)).days
    assert [day.date for day in kept] == [date(2024, 8, 5), date(2024, 8, 6)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2024-08-04,1,1,1,1,0", ":3: 2024-08-04 was not a trading day in Hong Kong"),
        ("2021-05-19,1,1,1,1,0", ":3: 2021-05-19 is earlier than the row above"),
        ("2024-08-05,9,8,7,7,1", ":3: open 9 is outside low 7 to high 8"),
        ("05/08/2024,1,1,1,1,0", ":3: date '05/08/2024' is not an ISO date"),
        ("2150-08-05,1,1,1,1,0", ":3: date '2150-08-05' is outside 1970 to 2100"),
    ],
)
def test_a_bad_day_is_refused_with_its_line_and_reason(file, row, message):
    path = file("date,open,high,low,close,volume", "2024-08-02,1,1,1,1,5", row)

    assert refusal_of(path, read_days) == message
