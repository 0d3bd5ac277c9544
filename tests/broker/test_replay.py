"""The command: bad input is refused before anything is made, and one seed ends one way."""

import json
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from broker import env

HEADER = "timestamp,open,high,low,close,volume"


def candles(tmp_path, *lines, name="btc.csv"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n")
    return path


def row(n, price="7000"):
    return f"2020-03-12T00:{n:02}:00Z,{price},{price},{price},{price},5"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["timestamp,open,high,low,close", row(0)[:-2]], "volume"),
        (["timestamp,open,low,close,volume", row(0)], "high"),
        ([HEADER, row(0), row(1, "-7000")], ":3:"),
        ([HEADER, row(0), row(1, "0")], ":3:"),
        ([HEADER, row(0), row(1, "NaN")], ":3:"),
        ([HEADER, row(0), row(1, "seven")], ":3:"),
        ([HEADER, row(1), row(0)], ":3:"),
        ([HEADER, row(0), row(0)], ":3:"),
        ([HEADER], "btc.csv"),
        ([""], "btc.csv"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path, lines, reason):
    path = candles(tmp_path, *lines)

    with pytest.raises(CommandError, match=reason):
        call_command("replay", prices=[f"BTC={path}"])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "not both"),
        ({"name": "crash-2020-03", "prices": ["BTC=a"]}, "not both"),
        ({"name": "crash-1929"}, "crash-2020-03"),
        ({"name": "crash-2020-03", "scale": "much"}, "--scale"),
        ({"name": "crash-2020-03", "scale": "-1"}, "scale"),
        ({"name": "crash-2020-03", "usd_hkd": "1"}, "7"),
        ({"name": "crash-2020-03", "accounts": 0}, "--accounts"),
        ({"prices": ["BTC"]}, "ASSET=PATH"),
        ({"prices": ["DOGE=a.csv"]}, "DOGE"),
        ({"prices": ["BTC=nowhere.csv"]}, "nowhere.csv"),
    ],
)
def test_what_cannot_be_played_is_said_in_words(options, reason):
    name = options.pop("name", None)
    with pytest.raises(CommandError, match=reason):
        call_command("replay", *([name] if name else []), **options)


def test_a_day_without_a_rate_asks_for_one_by_name(tmp_path):
    lines = [line.replace("2020-", "1999-") for line in (row(0), row(1))]

    with pytest.raises(CommandError, match="--usd-hkd 7.80"):
        call_command("replay", prices=[f"BTC={candles(tmp_path, HEADER, *lines)}"])


def run(path, *options, hash_seed):
    return subprocess.run(
        [sys.executable, "manage.py", "replay", "--prices", f"BTC={path}", "--json", *options],
        cwd=env.BASE_DIR,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
    )


def test_one_seed_ends_one_way(tmp_path):
    falling = [row(n, str(7000 - 120 * n)) for n in range(30)]
    path = candles(tmp_path, HEADER, *falling)
    ended = []
    for hash_seed in ("1", "2"):
        told = run(path, "--accounts", "12", "--seed", "7", hash_seed=hash_seed)
        assert told.returncode == 0, told.stderr
        ended.append(json.loads(told.stdout.splitlines()[-1]))

    for one in ended:
        assert one.pop("duration_s") >= 0
    assert ended[0] == ended[1]
    assert ended[0]["calls_issued"] > 0
    assert ended[0]["ledger_balanced"]
    assert ended[0]["units_reconciled"]
    assert list(ended[0]) == [
        "scenario",
        "accounts",
        "ticks",
        "warned",
        "calls_issued",
        "calls_cured",
        "calls_expired",
        "liquidations",
        "orders",
        "sold_hkd",
        "wicks_ignored",
        "bad_debt_hkd",
        "ledger_balanced",
        "units_reconciled",
    ]
