"""Settle: where units and money meet, in one transaction."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from collateral.custody.movements import Place, Transfer, record
from lending.ledger import entries
from lending.ledger.chart import Subledger
from lending.ledger.post import Event, post
from lending.loans.repay import meet_debt
from lending.margin.account import MarginAccount
from lending.trading.order import Order, Side
from lending.trading.venue import Fill
from onboarding.lifecycle import move


class NotWhatWasOrdered(Exception):
    """The venue says it traded something else than we asked for; people must look at it."""


@transaction.atomic
def settle(order: Order, fill: Fill, *, now: datetime) -> Order:
    """
    Write down what an order traded: the order, the units and the money, or none of them.

    A sale: units leave the pool; the proceeds are the client's money, the venue's costs come out
    of them, and what is left meets the debt (costs, overdue interest, interest, fees, principal);
    a surplus stays the client's. A purchase: the client's cash pays, and the units enter the pool.

    :raises NotWhatWasOrdered: the fill of another order, more units than ordered, units for
        nothing, or costs above the proceeds
    :raises TransitionNotAllowed: the order has ended already; nothing is changed
    """
    account = MarginAccount.objects.locked().get(pk=order.account_id)
    is_ours = fill.client_order_id == order.client_order_id
    is_paid = 0 <= fill.costs <= fill.gross and fill.gross > 0
    if not (is_ours and is_paid and 0 < fill.units <= order.units):
        raise NotWhatWasOrdered(f"{order}: {fill}")
    order = move(
        order,
        Order.fill,
        reason=f"{fill.units.normalize():f} for HKD {fill.gross:,.2f}, costs {fill.costs:,.2f}",
        now=now,
        units=fill.units,
        gross=fill.gross,
        costs=fill.costs,
        ref=fill.ref,
    )
    _move_units(account, order, now=now)
    subledger = Subledger.objects.select_for_update(no_key=True).get(pk=account.subledger_id)
    if order.side == Side.SELL:
        _apply_proceeds(account, subledger, order, now=now)
    else:
        _pay(subledger, order, now=now)
    return order


def _move_units(account: MarginAccount, order: Order, *, now: datetime) -> None:
    bought = order.side == Side.BUY
    transfer = Transfer(
        key=f"order:{order.client_order_id}",
        asset=order.asset,
        units=order.filled_units,
        pool=account.pool_id,
        into_pool=bought,
        other_place=Place.VENUE,
        narrative=f"{'bought' if bought else 'sold'} under {order.client_order_id}",
    )
    record([transfer], now=now)


def _apply_proceeds(
    account: MarginAccount, subledger: Subledger, order: Order, *, now: datetime
) -> dict[str, Decimal]:
    return meet_debt(
        account,
        subledger,
        order.gross - order.costs,
        key=order.client_order_id,
        before=entries.sold(order.gross, order.costs),
        kind="sale",
        narrative=f"sale of {order.asset} for {account}",
        now=now,
    )


def _pay(subledger: Subledger, order: Order, *, now: datetime) -> None:
    legs = entries.bought(order.gross, order.costs)
    narrative = f"purchase of {order.asset}"
    event = Event(f"purchase:{order.client_order_id}", "purchase", narrative, subledger.pk, legs)
    post(event, now=now)
