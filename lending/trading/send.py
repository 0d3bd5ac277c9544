"""Send: an order goes to its venue once, and what became of it is written down."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from lending.margin.account import MarginAccount
from lending.trading.order import AT_VENUE, Order, OrderState
from lending.trading.settle import settle
from lending.trading.venue import Fill, Ticket, Venue, VenueError
from onboarding.lifecycle import move


@transaction.atomic
def plan_order(account: MarginAccount, *, now: datetime, reason: str, **what) -> Order:
    """
    Write an order down and mark it sent, before the venue hears of it. The caller holds the
    account's lock. From here on a killed worker leaves an order that `resolve` finds.

    :raises IntegrityError: `order_one_at_a_time`, or its id is taken
    """
    order = Order.objects.create(account=account, planned_at=now, **what)
    return move(order, Order.send, reason=reason, now=now)


def send(order: Order, venue: Venue, *, now: datetime) -> Order:
    """
    Give a sent order to the venue, and settle what it traded; call it outside a transaction.

    A venue that fails for certain cancels the order; one whose answer is lost leaves it unknown.
    An order that somebody else is asking after, or has ended, is not sent: it comes back as it is.
    """
    with _alone_at_venue(order.account_id) as is_alone:
        order = Order.objects.select_related("asset").get(pk=order.pk)
        if not is_alone or order.state != OrderState.SENT:
            return order
        try:
            fill = venue.place(_ticket(order), now=now)
        except VenueError as error:
            step = Order.doubt if error.unknown else Order.cancel
            return move(order, step, reason=str(error), now=now)
        return _conclude(order, fill, now=now)


def resolve(account_id: int, venue: Venue, *, now: datetime) -> Order | None:
    """
    Ask the venue what became of an order that was left open, and write it down.

    Returns it, or None where there is none. It is never sent again: where the venue has not
    traded it, it is cancelled, and whoever still needs it plans a new one.

    :raises VenueError: the venue does not answer, or somebody else is sending the order this
        moment; it stays as it is
    """
    left_open = Order.objects.filter(account_id=account_id, state__in=AT_VENUE)
    if not left_open.exists():
        return None
    with _alone_at_venue(account_id) as is_alone:
        if not is_alone:
            raise VenueError("somebody else is sending it", retry=True, unknown=True)
        order = left_open.first()
        if order is None:
            return None
        if order.state == OrderState.PLANNED:
            return move(order, Order.cancel, reason="never sent", now=now)
        return _conclude(order, venue.find(order.client_order_id), now=now)


@contextmanager
def _alone_at_venue(account_id: int) -> Iterator[bool]:
    """
    Whether nobody else sends or resolves an order of the account until we leave.

    An order that is on its way looks, at the venue, like one that never came. The lock is our
    connection's and ends with it, so a killed worker holds up nobody.
    """
    name = f"order of account {account_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        [is_alone] = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def _conclude(order: Order, fill: Fill | None, *, now: datetime) -> Order:
    if fill is None:
        return move(order, Order.cancel, reason="nothing traded", now=now)
    return settle(order, fill, now=now)


def _ticket(order: Order) -> Ticket:
    return Ticket(
        client_order_id=order.client_order_id,
        asset_id=order.asset_id,
        asset=order.asset.code,
        market=order.asset.market,
        side=order.side,
        units=order.units,
        limit_price=order.limit_price,
    )
