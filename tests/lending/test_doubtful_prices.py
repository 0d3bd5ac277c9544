"""What the book does and leaves at doubtful prices, and while the platform is down."""

from datetime import timedelta
from decimal import Decimal

import pytest

from collateral.assets import Asset
from collateral.prices.venue_health import VenueHealth
from lending.liquidation.execute import work
from lending.loans.draw import DrawRefused, draw
from lending.margin.account import MarginAccount, State
from lending.margin.sweep import sweep
from lending.margin.ways_out import top_ups
from lending.trading.buy import buy
from lending.trading.order import Order, OrderState
from lending.trading.venues.paper import PaperVenue
from onboarding.lifecycle import move
from tests.factories import NOON, house, margin_account, price

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
PAPER = PaperVenue()
DOUBTS = {
    "thin": {"standing": "thin", "why": "2 of 3", "thin_since": NOON},
    "aged": {"standing": "aged", "why": "silent", "aged_from": NOON - MINUTE},
    "manual": {"standing": "manual", "why": "two people"},
    "fallback": {"standing": "fallback", "why": "hashkey: silent"},
}


@pytest.fixture(autouse=True)
def _the_house(db):
    house()


def platform(step=None, *, venue="hashkey", executes=True):
    row = VenueHealth.objects.create(venue=venue, executes=executes, since=NOON)
    if step:
        move(row, step, reason="x", now=NOON, why="x")


def draws(account, *, now=NOON) -> str | None:
    """Why a draw of a dollar is refused."""
    try:
        draw(account, Decimal(1), key=f"{now}-{account.pk}", now=now)
    except DrawRefused as refusal:
        return str(refusal)


def buys(account, *, now=NOON) -> str | None:
    btc = Asset.objects.get(code="BTC")
    try:
        buy(account, btc, Decimal(10_000), venue=PAPER, key=f"{now}", now=now)
    except DrawRefused as refusal:
        return str(refusal)


# --- Lending -------------------------------------------------------------------------------------


@pytest.mark.rule("VAF-11")
@pytest.mark.parametrize("doubt", ["thin", "aged", "manual"])
def test_nothing_is_lent_or_bought_at_a_doubtful_price(doubt):
    account = margin_account(pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON, **DOUBTS[doubt])

    assert draws(account).startswith("Advances are stopped: the price of BTC is ")
    assert buys(account).startswith("BTC cannot be bought now: the price of BTC is ")
    # Whose collateral it is not may go on.
    other = margin_account(pledged={"ETH": "10"})
    price("ETH", "20000", at=NOON)
    assert draws(other) is None


@pytest.mark.rule("VAF-11")
def test_a_fallback_lends_less_and_lends():
    account = margin_account(pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON, widen=Decimal("0.01"), **DOUBTS["fallback"])

    [btc] = [each for each in top_ups(now=NOON) if each.asset == "BTC"]
    assert btc.lending_haircut == Decimal("0.61")
    assert draws(account) is None
    # 700,000 x 39% x 85%, and not a cent more.
    with pytest.raises(DrawRefused, match=r"at most HKD 232,049\.00"):
        draw(account, Decimal("232049.01"), key="more", now=NOON)


@pytest.mark.rule("VAF-12")
@pytest.mark.parametrize(
    ("step", "drawn", "bought"),
    [(None, True, True), (VenueHealth.degrade, True, False), (VenueHealth.fall, False, False)],
)
def test_what_the_platforms_health_stops(step, drawn, bought):
    platform(step)
    account = margin_account(pledged={"BTC": "1"})
    shares = margin_account(pledged={"0700": "1000"})
    price("BTC", "700000", at=NOON)
    price("0700", "500", at=NOON)

    assert (draws(account) is None) == drawn
    assert (buys(account) is None) == bought
    assert draws(shares) is None
    if not drawn:
        assert draws(account) == "Advances are stopped: the trading platform is down."


def test_another_venues_health_stops_nothing():
    platform(VenueHealth.fall, venue="kraken", executes=False)
    account = margin_account(pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON)

    assert draws(account) is None
    assert buys(account) is None


# --- Calls and sales -----------------------------------------------------------------------------


def stored(account):
    return MarginAccount.objects.get(pk=account.pk)


@pytest.mark.rule("VAF-12")
@pytest.mark.parametrize("doubt", sorted(DOUBTS))
def test_a_margin_call_is_made_at_whatever_price_there_is(doubt):
    platform(VenueHealth.fall)
    account = margin_account(pledged={"BTC": "1"}, owed="270000")
    price("BTC", "600000", at=NOON, **DOUBTS[doubt])
    sweep(now=NOON)

    assert stored(account).state == State.CALLED


def overdue(account, *, btc="600000", **doubt):
    """The call's deadline passes, short of the margin value and far from the hard line."""
    price("BTC", btc, at=NOON)
    sweep(now=NOON)
    now = NOON + DAY
    facts = DOUBTS[doubt["doubt"]] if doubt else {}
    price("BTC", btc, at=now, fresh=DAY, volume=Decimal(10_000), **facts)
    sweep(now=now)
    assert stored(account).state == State.LIQUIDATING
    return now


def sold():
    return Order.objects.filter(state=OrderState.FILLED).count()


@pytest.mark.rule("VAF-11")
@pytest.mark.parametrize(
    ("doubt", "goes_on"), [("thin", False), ("aged", False), ("manual", True), ("fallback", True)]
)
def test_a_soft_sale_waits_for_a_price_that_may_be_sold_at(doubt, goes_on):
    account = margin_account(pledged={"BTC": "1"}, owed="260000")
    now = overdue(account, doubt=doubt)
    # However long it has been so.
    worked = work(now=now + 10 * MINUTE, venue=PAPER)

    assert (sold() > 0) == goes_on
    assert worked.held_up == (0 if goes_on else 1)


@pytest.mark.rule("VAF-10")
def test_a_soft_sale_waits_after_a_jump_and_then_goes_on():
    account = margin_account(pledged={"BTC": "1"}, owed="260000")
    now = overdue(account)
    price(
        "BTC",
        "600000",
        at=now + MINUTE,
        fresh=DAY,
        volume=Decimal(10_000),
        jump_until=now + 10 * MINUTE,
    )
    work(now=now + MINUTE, venue=PAPER)
    assert not sold()

    work(now=now + 10 * MINUTE, venue=PAPER)
    assert sold()


@pytest.mark.rule("VAF-12")
def test_a_soft_sale_waits_while_the_platform_is_down_and_goes_on_when_it_is_well():
    account = margin_account(pledged={"BTC": "1"}, owed="260000")
    platform(VenueHealth.fall)
    now = overdue(account)
    work(now=now, venue=PAPER)
    assert not sold()

    row = VenueHealth.objects.get()
    move(row, VenueHealth.recover, reason="well", now=now, why="well")
    work(now=now, venue=PAPER)
    assert sold()


def past_the_line(account, **facts):
    for minute in (0, 1):
        at = NOON + minute * MINUTE
        price("BTC", "300000", at=at, fresh=DAY, volume=Decimal(10_000), **facts)
        sweep(now=at)
    assert stored(account).state == State.LIQUIDATING


@pytest.mark.rule("VAF-12")
def test_a_sale_past_the_hard_line_goes_on_after_two_minutes_of_a_thin_price():
    account = margin_account(pledged={"BTC": "1"}, owed="260000")
    past_the_line(account, **DOUBTS["thin"])

    work(now=NOON + MINUTE, venue=PAPER)
    work(now=NOON + 2 * MINUTE - timedelta(seconds=1), venue=PAPER)
    assert not sold()
    work(now=NOON + 2 * MINUTE, venue=PAPER)
    assert sold()


@pytest.mark.rule("VAF-12")
@pytest.mark.parametrize(
    ("doubt", "goes_on"), [("aged", False), ("manual", True), ("fallback", True)]
)
def test_a_sale_past_the_hard_line_goes_on_at_every_price_but_an_old_one(doubt, goes_on):
    account = margin_account(pledged={"BTC": "1"}, owed="260000")
    past_the_line(account, **DOUBTS[doubt])
    work(now=NOON + 5 * MINUTE, venue=PAPER)

    assert (sold() > 0) == goes_on


@pytest.mark.rule("VAF-12")
def test_neither_a_jump_nor_a_platform_that_is_down_holds_up_a_sale_past_the_hard_line():
    platform(VenueHealth.fall)
    account = margin_account(pledged={"BTC": "1"}, owed="260000")
    past_the_line(account, jump_until=NOON + DAY)
    work(now=NOON + MINUTE, venue=PAPER)

    assert sold()


# --- Two prices ----------------------------------------------------------------------------------


def test_what_has_only_just_risen_lends_nothing_more_yet():
    account = margin_account(pledged={"BTC": "1"})
    price("BTC", "500000", at=NOON - MINUTE)
    price("BTC", "700000", at=NOON)

    # 500,000 + 200,000 x (1 - exp(-1/10)) is 519,032.52: of that 40% x 85%.
    with pytest.raises(DrawRefused, match=r"at most HKD 176,471\.05"):
        draw(account, Decimal("176471.06"), key="a", now=NOON)
    draw(account, Decimal("176471.05"), key="b", now=NOON)


def test_what_has_just_fallen_is_lent_on_at_its_price():
    account = margin_account(pledged={"BTC": "1"})
    price("BTC", "900000", at=NOON - MINUTE)
    price("BTC", "700000", at=NOON)

    draw(account, Decimal(238_000), key="a", now=NOON)


def test_a_wick_at_the_deadline_sells_softly_only_when_it_lasts():
    account = margin_account(pledged={"BTC": "1"}, owed="240000")
    now = overdue(account, btc="590000")
    price("BTC", "640000", at=now + MINUTE, fresh=DAY, volume=Decimal(10_000))
    wick = now + 10 * MINUTE
    price("BTC", "640000", at=wick - 10 * timedelta(seconds=1), fresh=DAY, volume=Decimal(10_000))
    price("BTC", "599000", at=wick, fresh=DAY, volume=Decimal(10_000))

    worked = work(now=wick, venue=PAPER)
    assert (sold(), worked.held_up) == (0, 1)

    for minute in range(1, 6):
        at = wick + minute * MINUTE
        price("BTC", "599000", at=at, fresh=DAY, volume=Decimal(10_000))
    work(now=wick + 5 * MINUTE, venue=PAPER)
    assert sold()


def test_a_sale_past_the_hard_line_asks_for_no_mean():
    account = margin_account(pledged={"BTC": "1"}, owed="260000")
    price("BTC", "700000", at=NOON - MINUTE, fresh=DAY)
    past_the_line(account)
    work(now=NOON + MINUTE, venue=PAPER)

    assert sold()
