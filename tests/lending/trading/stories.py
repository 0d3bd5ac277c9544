"""Accounts at the point where something is bought or sold for them."""

from datetime import timedelta
from decimal import Decimal

from collateral.assets import Asset
from lending.ledger.chart import Subledger
from lending.margin.account import MarginAccount, State
from lending.margin.call import MarginCall
from lending.margin.sweep import sweep
from lending.trading.order import Order, Side
from lending.trading.send import plan_order
from tests.factories import NOON, margin_account, price

MINUTE = timedelta(minutes=1)


def sold_down(*, owed="200000", bitcoins="1") -> MarginAccount:
    """An account past the hard line at 300,000 for a bitcoin, confirmed: it is being sold."""
    account = margin_account(owed=owed, pledged={"BTC": bitcoins})
    for at in (NOON - MINUTE, NOON):
        price("BTC", "300000", at=at)
        sweep(now=at)
    account = MarginAccount.objects.get(pk=account.pk)
    assert account.state == State.LIQUIDATING
    return account


def asked(account, units="0.5", *, side=Side.SELL, number=1, at="300000", **what) -> dict:
    """What an order of `account` asks for: a sale for its call, or a purchase."""
    call = MarginCall.objects.filter(account=account, ended_at=None).first()
    return {
        "client_order_id": f"T{account.pk}-{number}",
        "side": side,
        "asset": Asset.objects.get(code="BTC"),
        "units": Decimal(units),
        "mark": Decimal(at),
        "limit_price": Decimal(at),
        "venue": "fake",
        "call": call if side == Side.SELL else None,
    } | what


def planned(account, units="0.5", **what) -> Order:
    return Order.objects.create(account=account, planned_at=NOON, **asked(account, units, **what))


def sent(account, units="0.5", **what) -> Order:
    return plan_order(account, now=NOON, reason="test", **asked(account, units, **what))


def units_of(account, code="BTC") -> Decimal:
    return account.pool.holdings.get(asset__code=code).units


def totals(account) -> tuple:
    subledger = Subledger.objects.get(pk=account.subledger_id)
    return subledger.owed, subledger.cash
