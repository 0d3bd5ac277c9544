"""What may not be done at a price, and for how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from collateral.prices.consensus import Standing
from collateral.prices.stops import STOPPED, Act, stop_of
from tests.factories import NOON

WAIT = timedelta(minutes=2)


@dataclass
class At:
    standing: str = Standing.AGREED
    code: str = "BTC"
    thin_since: datetime | None = None
    jump_until: datetime | None = None


def stopped(act, *prices, now=NOON):
    return stop_of(act, prices, thin_wait=WAIT, now=now)


@pytest.mark.parametrize("standing", list(Standing))
def test_every_standing_has_its_line(standing):
    assert set(STOPPED[standing]) <= set(Act)


# Written out again: what is stopped at a price of each standing.
TABLE = {
    "agreed": set(),
    "fallback": set(),
    "thin": {"advance", "purchase", "release", "soft sale", "hard sale"},
    "aged": {"advance", "purchase", "release", "soft sale", "hard sale"},
    "manual": {"advance", "purchase", "release"},
}


@pytest.mark.rule("VAF-11")
@pytest.mark.rule("VAF-12")
@pytest.mark.parametrize("standing", TABLE)
def test_each_act_at_each_price(standing):
    price = At(standing, thin_since=NOON if standing == "thin" else None)

    assert {act for act in Act if stopped(act, At(), price)} == TABLE[standing]


@pytest.mark.rule("VAF-12")
@pytest.mark.parametrize(("seconds", "goes_on"), [(0, False), (119, False), (120, True)])
def test_a_hard_sale_goes_on_at_a_price_that_has_been_thin_for_two_minutes(seconds, goes_on):
    thin = At(Standing.THIN, thin_since=NOON - timedelta(seconds=seconds))

    assert (stopped(Act.HARD_SALE, thin) is None) == goes_on
    assert stopped(Act.SOFT_SALE, thin)


def test_one_doubtful_price_among_good_ones_is_enough():
    why = stopped(Act.ADVANCE, At(code="ETH"), At(Standing.AGED))
    assert why == "the price of BTC is not renewed by the market"


@pytest.mark.rule("VAF-10")
def test_a_jump_stops_soft_sales_until_its_end_and_nothing_else():
    jumped = At(jump_until=NOON + timedelta(seconds=1))

    assert {act for act in Act if stopped(act, jumped)} == {Act.SOFT_SALE}
    assert stopped(Act.SOFT_SALE, jumped, now=NOON + timedelta(seconds=1)) is None
