"""Buy: draw on the facility and buy BTC or ETH with it, paid before the order goes out (VAF-27)."""

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from django.db import transaction

from collateral.amounts import CENT, EXACT, NOTHING, quotient_down, round_down
from collateral.assets import Asset, Kind
from collateral.custody.places import va_gate
from collateral.prices.price import Price
from lending.limits.connected import lock_connected
from lending.loans.draw import Draw, DrawRefused, KeyReused, Purpose, draw
from lending.loans.price_gate import purchase_stop
from lending.margin.account import MarginAccount
from lending.margin.sweep import review
from lending.trading.order import Order, OrderState, Side
from lending.trading.send import plan_order, resolve, send
from lending.trading.venue import Venue

PRICE_STEP = Decimal("0.0000000001")
# How much worse than the agreed price a client's purchase may trade.
SLIPPAGE_CAP = Decimal("0.01")
ID_PREFIX = "B-"
# A venue may be silent about an order so long, and what it then says it bought must be let in.
OUTCOME_KNOWN_WITHIN = timedelta(days=2)


def buy(
    account: MarginAccount,
    asset: Asset,
    amount: Decimal,
    *,
    venue: Venue,
    key: str,
    by=None,
    now: datetime,
) -> Order:
    """
    Draw `amount` HKD and buy as much of `asset` as it pays for, costs included.

    The draw is made first, so the order is fully pre-funded; what the order does not spend stays
    the client's cash in the account. Asking twice with one `key` buys once. What is bought lends
    nothing until it is settled.

    :raises DrawRefused: with the binding limit named, or the asset cannot be bought now
    :raises KeyReused: the key stands for another draw or purchase
    """
    advance, order = _reserve(account, asset, amount, venue=venue, key=key, by=by, now=now)
    if order.state == OrderState.SENT and order.planned_at == now:
        order = send(order, venue, now=now)
    elif order.ended_at is None:
        order = resolve(advance.account_id, venue, now=now) or order
    review([advance.account_id], now=now, skip_locked=False)
    return order


@transaction.atomic
def _reserve(account, asset, amount, *, venue, key, by, now) -> tuple[Draw, Order]:
    """The advance and its order, both or neither; those already made under `key` as they are."""
    if asset.kind != Kind.VA or not asset.marginable:
        raise DrawRefused(f"{asset} cannot be bought with this facility.")
    lock_connected(account.client_id, now=now)
    account = MarginAccount.objects.locked().get(pk=account.pk)
    made = Order.objects.filter(client_order_id=_id_of(key)).select_related("draw", "asset").first()
    if made:
        advance = made.draw
        asked = (key, account.pk, asset.pk, amount)
        if (advance.key, made.account_id, made.asset_id, advance.amount) != asked:
            raise KeyReused(f"{key} was a purchase of {made.asset} for {advance.amount}")
        return advance, made
    if account.orders.filter(ended_at=None).exists():
        raise DrawRefused("An order of yours is still at the venue. Try again in a moment.")
    latest = Price.objects.latest_of_each(now=now).select_related("asset")
    price = latest.filter(asset=asset).first()
    if price is None or price.fresh_until < now:
        raise DrawRefused(f"{asset} has no fresh price, so it cannot be bought now.")
    if why := va_gate(now=now) or va_gate(now=now + OUTCOME_KNOWN_WITHIN):
        raise DrawRefused(why)
    stopped = purchase_stop(price, now=now)
    if stopped:
        raise DrawRefused(f"{asset} cannot be bought now: {stopped}.")
    advance = draw(account, amount, purpose=Purpose.BUY, asset=asset, key=key, by=by, now=now)
    units = _affordable(asset, amount, price.value, venue, now=now)
    if not units:
        raise DrawRefused(f"HKD {amount:,.2f} buys less than the smallest lot of {asset}.")
    with localcontext(EXACT):
        worst = round_down(price.value * (1 + SLIPPAGE_CAP), PRICE_STEP)
    order = plan_order(
        account,
        now=now,
        reason=f"HKD {amount:,.2f} drawn for it",
        client_order_id=_id_of(key),
        side=Side.BUY,
        asset=asset,
        units=units,
        mark=price.value,
        limit_price=worst,
        venue=venue.name,
        draw=advance,
    )
    return advance, order


def _affordable(
    asset: Asset, amount: Decimal, price: Decimal, venue: Venue, *, now: datetime
) -> Decimal:
    """The whole lots that `amount` pays for at the worst the order may trade at, costs included."""
    with localcontext(EXACT):
        cost = venue.cost(asset.pk, asset.lot, now=now)
        dear = price * (1 + SLIPPAGE_CAP) * (1 + cost)
        # A venue rounds the value up to the cent, and its costs once more.
        return quotient_down(max(NOTHING, amount - 2 * CENT), dear, asset.lot)


def _id_of(key: str) -> str:
    """The client order id of a purchase: the key itself, or its digest where it is too long."""
    longest = Order._meta.get_field("client_order_id").max_length - len(ID_PREFIX)
    digest = hashlib.sha256(key.encode()).hexdigest()
    return ID_PREFIX + (key if len(key) <= longest else digest[:longest])
