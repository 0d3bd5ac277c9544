"""Two engines that must agree: the replay's bad debt and that of a plain-Python oracle."""

import json
import os
import subprocess
import sys
from datetime import datetime
from decimal import Decimal

import pytest

from broker import env
from broker.replay import scenario
from tests.broker.replay.oracle import bad_debt
from tests.broker.replay.play_one import cut

WINDOW, ACCOUNTS = "crash-2020-03", 16
# The trough of the crash: what ought to have been sold and was not is uncovered here.
TROUGH = "2020-03-13T02:30:00+00:00"
ONE_BP = Decimal("0.0001")


def played(scale, venue):
    told = subprocess.run(
        [
            sys.executable,
            "tests/broker/replay/play_one.py",
            *(WINDOW, str(ACCOUNTS), scale, TROUGH, venue),
        ],
        cwd=env.BASE_DIR,
        env=os.environ | {"PYTHONPATH": str(env.BASE_DIR)},
        check=True,
        capture_output=True,
        text=True,
    )
    said = json.loads(told.stdout.splitlines()[-1])
    assert said["sane"]
    return Decimal(said["bad"]), Decimal(said["lent"]), int(said["orders"])


def expected(scale):
    playing = cut(scenario.recorded(WINDOW, scale=Decimal(scale)), datetime.fromisoformat(TROUGH))
    return Decimal(bad_debt(playing, accounts=ACCOUNTS, seed=1))


@pytest.mark.parametrize("scale", ["1.5", "2"])
def test_bad_debt_is_the_oracles_within_a_basis_point_of_the_loans(scale):
    bad, lent, orders = played(scale, "paper")

    assert orders > 0
    assert abs(bad - expected(scale)) <= ONE_BP * lent


def test_a_build_without_sales_fails_it():
    bad, lent, orders = played("2", "shut")

    assert orders == 0
    assert abs(bad - expected("2")) > ONE_BP * lent
