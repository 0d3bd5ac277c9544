"""An order goes to its venue once, whatever the venue says or does not say."""

from datetime import timedelta
from decimal import Decimal

import pytest

from collateral.custody.movements import units_reconciled
from lending.ledger.balances import ledger_balanced
from lending.trading.order import Order, OrderState
from lending.trading.send import resolve, send
from lending.trading.venue import VenueError
from tests.factories import NOON, margin_account
from tests.lending.trading.fake import FakeVenue
from tests.lending.trading.stories import planned, sent, sold_down, totals, units_of
from tests.proofs import refused, together

LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def account(db):
    return sold_down()


@pytest.fixture
def venue():
    return FakeVenue(price=Decimal(300_000), costs=Decimal(375))


def steps(order) -> list[str]:
    return list(Order.objects.get(pk=order.pk).moves.order_by("pk").values_list("step", flat=True))


def test_an_order_is_written_down_as_sent_before_the_venue_hears_of_it(account):
    order = sent(account)

    assert Order.objects.get().state == order.state == OrderState.SENT
    assert steps(order) == ["send"]


def test_a_second_order_is_not_written_down_beside_it(account):
    sent(account)
    with refused("order_one_at_a_time"):
        sent(account, number=2)

    assert Order.objects.count() == 1


def test_what_trades_is_settled(account, venue):
    order = send(sent(account), venue, now=NOON)

    assert order.state == OrderState.FILLED
    assert (units_of(account), totals(account)) == (Decimal("0.5"), (200_000 - 149_625, 0))
    [ticket] = venue.tickets
    assert (ticket.client_order_id, ticket.units) == (order.client_order_id, Decimal("0.5"))
    assert (ticket.asset, ticket.market, ticket.side) == ("BTC", "24h", "sell")
    assert ticket.limit_price == 300_000


@pytest.mark.parametrize(
    ("says", "reason"), [("nothing", "nothing traded"), ("refuses", "the market is halted")]
)
def test_what_does_not_trade_is_cancelled(account, venue, says, reason):
    venue.says = says

    order = send(sent(account), venue, now=NOON)

    assert (order.state, order.ended_at) == (OrderState.CANCELLED, NOON)
    assert order.moves.latest("pk").reason == reason
    assert (units_of(account), totals(account)) == (1, (200_000, 0))


@pytest.mark.parametrize("says", ["unheard", "trades unheard"])
def test_an_answer_that_is_lost_leaves_the_order_in_doubt(account, venue, says):
    venue.says = says

    order = send(sent(account), venue, now=NOON)

    assert (order.state, order.ended_at) == (OrderState.UNKNOWN, None)
    assert units_of(account) == 1


@pytest.mark.parametrize("says", ["trades unheard", "trades and dies"])
def test_what_traded_unheard_is_found_and_settled_once(account, venue, says):
    order, venue.says = sent(account), says
    if says == "trades and dies":
        with pytest.raises(KeyboardInterrupt):
            send(order, venue, now=NOON)
    else:
        send(order, venue, now=NOON)

    found = resolve(account.pk, venue, now=LATER)

    assert (found.state, found.ended_at) == (OrderState.FILLED, LATER)
    assert units_of(account) == Decimal("0.5")
    assert (len(venue.tickets), venue.asked) == (1, [order.client_order_id])
    assert resolve(account.pk, venue, now=LATER) is None
    assert ledger_balanced()
    assert units_reconciled()


@pytest.mark.parametrize("says", ["unheard", "dies"])
def test_what_never_traded_is_cancelled_and_never_sent_again(account, venue, says):
    order, venue.says = sent(account), says
    if says == "dies":
        with pytest.raises(KeyboardInterrupt):
            send(order, venue, now=NOON)
    else:
        send(order, venue, now=NOON)

    found = resolve(account.pk, venue, now=LATER)

    assert (found.state, found.ended_at) == (OrderState.CANCELLED, LATER)
    assert len(venue.tickets) == 1
    assert units_of(account) == 1


def test_a_venue_that_says_nothing_leaves_the_order_as_it_is(account, venue):
    venue.says, venue.is_silent = "trades unheard", True
    order = send(sent(account), venue, now=NOON)

    with pytest.raises(VenueError):
        resolve(account.pk, venue, now=LATER)

    assert Order.objects.get(pk=order.pk).state == OrderState.UNKNOWN
    venue.is_silent = False
    assert resolve(account.pk, venue, now=LATER).state == OrderState.FILLED


def test_an_order_that_was_never_sent_is_cancelled_without_asking(account, venue):
    order = planned(account)

    assert resolve(account.pk, venue, now=LATER).state == OrderState.CANCELLED
    assert (steps(order), venue.asked) == (["cancel"], [])


def test_nothing_is_open_and_nobody_is_asked(account, venue):
    sent(margin_account(pledged={"BTC": "1"}))

    assert resolve(account.pk, venue, now=LATER) is None
    assert venue.asked == []


def test_an_order_that_has_ended_is_not_sent(account, venue):
    order = sent(account)
    send(order, venue, now=NOON)

    assert send(order, venue, now=NOON).state == OrderState.FILLED
    assert len(venue.tickets) == 1
    assert units_of(account) == Decimal("0.5")


@pytest.mark.django_db(transaction=True)
def test_who_sends_and_who_asks_do_not_cross(venue):
    """An order on its way looks, to who asks after it, like one that never came."""
    account = sold_down()
    order = sent(account)

    outcomes = together(
        lambda: send(order, venue, now=NOON),
        lambda: resolve(account.pk, venue, now=NOON),
        lambda: send(order, venue, now=NOON),
        lambda: resolve(account.pk, venue, now=NOON),
    )

    unexpected = [e for e in outcomes if isinstance(e, Exception) and not isinstance(e, VenueError)]
    assert unexpected == []
    stored = Order.objects.get(pk=order.pk)
    became = (stored.state, len(venue.trades))
    assert became in ((OrderState.FILLED, 1), (OrderState.CANCELLED, 0))
    assert len(venue.tickets) <= 1
    assert units_of(account) == 1 - stored.filled_units
    assert units_reconciled()
