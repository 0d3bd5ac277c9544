"""The history of an account's margin calls over the API."""

from datetime import timedelta
from decimal import Decimal

import pytest

from lending.loans.repay import repay
from lending.margin.sweep import sweep
from tests.factories import NOON, client_user, price

pytestmark = pytest.mark.django_db


def test_it_tells_every_call_with_every_step_the_newest_first(caller_for, called):
    repay(called, Decimal(1_000), key="part", now=NOON)
    for minute, btc in ((1, "900000"), (2, "480000")):
        at = NOON + timedelta(minutes=minute)
        price("BTC", btc, at=at, fresh=timedelta(hours=1))
        sweep(now=at)

    calls = caller_for(client_user(called)).get(f"/accounts/{called.number}/calls/").json["results"]

    assert [call["state"] for call in calls] == ["issued", "cured"]
    assert calls[0]["steps"] == []
    assert [step["step"] for step in calls[1]["steps"]] == ["part_cure", "cure"]
    assert calls[1]["steps"][1] == {
        "step": "cure",
        "state": "cured",
        "at": "2026-03-04T12:01:00+08:00",
    }
    assert calls[1]["ended_at"] == "2026-03-04T12:01:00+08:00"
    assert calls[0]["ended_at"] is None


def test_its_figures_are_those_of_the_reading_that_made_it(caller_for, called):
    [said] = (
        caller_for(client_user(called)).get(f"/accounts/{called.number}/calls/").json["results"]
    )

    assert said["debt"] == "200000.00"
    assert said["market_value"] == "490000.00"
    assert said["margin_value"] == said["limit_amount"] == "196000.00"
    assert said["liquidation_value"] == "318500.00"
    assert said["shortfall"] == "4000.00"
    assert said["call_amount"] == "14000.00"


def test_who_was_never_called_has_no_history(caller, account):
    assert caller.get(f"/accounts/{account.number}/calls/").json["results"] == []


def test_somebody_else_s_history_is_not_found(caller, called):
    assert caller.get(f"/accounts/{called.number}/calls/").status == 404
