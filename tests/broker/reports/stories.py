"""An account to which everything happened, told over four days of March."""

from datetime import timedelta
from decimal import Decimal

from broker.reports.period import Period
from collateral.assets import Asset
from lending.liquidation.execute import work
from lending.loans.accrue import accrue, post_interest
from lending.loans.draw import draw
from lending.loans.repay import repay
from lending.margin.account import MarginAccount
from lending.margin.pledge import pledge
from lending.margin.sweep import sweep
from lending.trading.buy import buy
from lending.trading.venues import venue_named
from tests.factories import LONG_AGO, NOON, client_user, manager_for, margin_account, price

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FIRST = LONG_AGO.date()  # Monday 2 March: the account opens and pledges.
DEALT = FIRST + DAY  # It draws, repays, pledges more and buys.
SOLD = FIRST + 2 * DAY  # Noon of this day: a fall, a call, a sale.
AFTER = FIRST + 3 * DAY
WHOLE = Period(FIRST, AFTER)
MADE = NOON + 2 * DAY


def everything_happened() -> MarginAccount:
    account = opened()
    dealt(account)
    fell()
    settled_down()
    return as_read(account)


def opened() -> MarginAccount:
    account = margin_account(pledged={"BTC": "2", "0700": "100"}, owed="100000")
    client_user(account)
    manager_for(account)
    accrue(now=NOON - DAY)
    return as_read(account)


def dealt(account: MarginAccount) -> None:
    """It draws, repays, pledges half a bitcoin and buys a little more; the night comes."""
    at = NOON - DAY
    prices(at, btc="700000")
    draw(account, Decimal("150000"), key=f"draw-{account}", now=at)
    repay(account, Decimal("1234.56"), key=f"repay-{account}", now=at + HOUR)
    prices(at + 2 * HOUR, btc="700000")
    btc = Asset.objects.get(code="BTC")
    pledge(account, btc, Decimal("0.5"), key=f"pledge-{account}", now=at + 2 * HOUR)
    buy(
        account,
        btc,
        Decimal("70000"),
        venue=venue_named("paper"),
        key=f"{account}",
        now=at + 2 * HOUR,
    )
    accrue(now=NOON - 11 * HOUR)


def fell() -> None:
    """Within two minutes of noon everybody is called, past the hard line and sold down."""
    for minute in (0, 1, 2):
        at = NOON + timedelta(minutes=minute)
        prices(at, btc="60000")
        sweep(now=at)
        work(now=at, venue=venue_named("paper"))


def settled_down() -> None:
    """Interest is posted, as on a first of the month, and another night comes."""
    accrue(now=NOON + DAY)
    post_interest(now=NOON + DAY)
    accrue(now=MADE)


def as_read(account: MarginAccount) -> MarginAccount:
    return MarginAccount.objects.select_related("client", "subledger").get(pk=account.pk)


def prices(at, *, btc) -> None:
    price("BTC", btc, at=at, volume=Decimal(10_000))
    price("0700", "400", at=at, volume=Decimal(100_000))
    price("ETH", "24000", at=at, volume=Decimal(10_000))
