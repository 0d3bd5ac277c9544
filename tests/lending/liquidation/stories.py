"""Accounts that are being sold down, brought there by their own steps."""

from datetime import datetime, timedelta
from decimal import Decimal

from collateral.assets import Asset
from collateral.custody.movements import units_reconciled
from collateral.prices.price import NewPrice, keep
from lending.ledger.balances import ledger_balanced
from lending.margin.account import MarginAccount, State
from lending.margin.sweep import sweep
from lending.trading.order import Order, OrderState
from lending.trading.venues.paper import PaperTrade
from tests.factories import NOON, house

# Wednesday, 11:00 in Hong Kong: every market is open.
MORNING = NOON - timedelta(hours=1)
FOREVER = timedelta(days=30)
DAY = timedelta(hours=24)
MINUTE = timedelta(minutes=1)


def quote(values: dict, *, at: datetime, volume=None, fresh: timedelta = FOREVER) -> None:
    """Agreed prices; `volume` of a minute is one for all, or by code."""
    if not Asset.objects.exists():
        house()
    ids = dict(Asset.objects.values_list("code", "pk"))
    volumes = volume if isinstance(volume, dict) else dict.fromkeys(values, volume)
    keep(
        NewPrice(ids[code], Decimal(value), at, at + fresh, "test", volume=volumes.get(code))
        for code, value in values.items()
    )


def sell_down(*accounts: MarginAccount, at: datetime = MORNING) -> None:
    """
    Let the call of a day ago come due at `at`, by prices that were told then.

    Every account has to be short by more than the minimum transfer amount at those prices.
    """
    sweep(now=at - DAY)
    sweep(now=at)
    for account in accounts:
        account.refresh_from_db()
        assert account.state == State.LIQUIDATING, account.state


def stored(account: MarginAccount) -> MarginAccount:
    return MarginAccount.objects.select_related("subledger", "terms").get(pk=account.pk)


def held(account: MarginAccount) -> dict[str, Decimal]:
    lines = account.pool.holdings.values_list("asset__code", "units")
    return {code: units for code, units in lines if units}


def books_in_order() -> None:
    """What must hold at any moment, whatever was sold."""
    assert ledger_balanced()
    assert units_reconciled()
    for account in MarginAccount.objects.all():
        in_call = account.state in (State.CALLED, State.LIQUIDATING)
        assert account.calls.filter(ended_at=None).count() == in_call, account.state
    for order in Order.objects.exclude(state=OrderState.FILLED):
        assert (order.filled_units, order.gross, order.costs) == (0, 0, 0)
    traded = {trade.client_order_id: trade.units for trade in PaperTrade.objects.all()}
    filled = Order.objects.filter(state=OrderState.FILLED)
    assert {order.client_order_id: order.filled_units for order in filled} == traded
