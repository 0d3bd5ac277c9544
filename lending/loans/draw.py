"""Draw: lend cash to a margin account, to the draw level and no further."""

from datetime import datetime
from decimal import Decimal, localcontext

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from collateral.amounts import CENT, EXACT, round_down
from collateral.assets import Asset
from collateral.fields import MoneyField
from lending.ledger import entries
from lending.ledger.post import Event, post
from lending.limits.admit import amount_gate
from lending.limits.connected import lock_connected
from lending.loans.admission import why_not_lent
from lending.loans.price_gate import at_the_mean
from lending.margin.account import MarginAccount
from lending.margin.bands import Limit
from lending.margin.ratios import DrawingPower, drawing_power
from lending.margin.readings import Reading, read
from lending.margin.sweep import review


class Purpose(models.TextChoices):
    """What an advance is for. The money never leaves the account (26EC5 finances dealing only)."""

    PURCHASING_CASH = "purchasing_cash", "Purchasing cash, kept in the account"
    BUY = "buy", "To buy a virtual asset now"


class DrawRefused(Exception):
    """No advance, and why, in the client's words. `power` is what may be drawn, where known."""

    def __init__(self, why: str, power: DrawingPower | None = None):
        super().__init__(why)
        self.power = power


class KeyReused(Exception):
    """The same key was used for another draw before."""


class Draw(models.Model):
    """An advance that was made. `key` is the caller's own: asking twice lends once."""

    account = models.ForeignKey(MarginAccount, models.PROTECT, related_name="draws")
    key = models.CharField(max_length=80, unique=True)
    amount = MoneyField()
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, related_name="+")
    drawn_at = models.DateTimeField()
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="draw_amount_positive"),
            models.CheckConstraint(
                condition=Q(purpose=Purpose.BUY, asset__isnull=False)
                | (~Q(purpose=Purpose.BUY) & Q(asset__isnull=True)),
                name="draw_names_what_it_buys",
            ),
        ]

    def __str__(self):
        return f"{self.amount} to {self.account}"


BINDS = {
    Limit.COLLATERAL: "your collateral binds",
    Limit.CREDIT_LIMIT: "your credit limit binds",
    Limit.POLICY_AMOUNT: "the amount set for you in our lending policy binds",
}


def power_of(account: MarginAccount, reading: Reading) -> DrawingPower:
    """What may still be drawn, rounded down to the cent, and the limit that binds; unpriced: 0."""
    if reading.margin_value is None:
        return DrawingPower(Decimal(0), Limit.COLLATERAL)
    with localcontext(EXACT):
        without_cash = reading.margin_value - reading.cash
    return drawing_power(
        debt=reading.debt,
        margin_value_without_cash=without_cash,
        credit_limit=reading.credit_limit,
        policy_amount=reading.policy_amount,
        level=account.terms.draw,
    )


@transaction.atomic
def draw(
    account: MarginAccount,
    amount: Decimal,
    *,
    purpose: Purpose = Purpose.PURCHASING_CASH,
    asset: Asset | None = None,
    key: str,
    by=None,
    now: datetime,
) -> Draw:
    """
    Lend `amount` HKD: principal is owed, and the money is the client's cash in the account.

    :raises DrawRefused: with the binding limit named; nothing is changed
    :raises KeyReused: the key stands for another draw
    """
    lock_connected(account.client_id, now=now)
    account = (
        MarginAccount.objects.locked()
        .select_related("terms", "relation", "client")
        .get(pk=account.pk)
    )
    made = Draw.objects.filter(key=key).first()
    if made:
        if (made.account_id, made.amount, made.purpose, made.asset) != (
            account.pk,
            amount,
            purpose,
            asset,
        ):
            raise KeyReused(f"{key} was a draw of {made.amount}")
        return made
    _admit(account, amount, now=now)
    event = Event(
        f"draw:{key}",
        "draw",
        f"advance to {account}",
        account.subledger_id,
        entries.advanced(amount),
    )
    post(event, now=now)
    made = Draw.objects.create(
        account=account,
        key=key,
        amount=amount,
        purpose=purpose,
        asset=asset,
        drawn_at=now,
        drawn_by=by,
    )
    review([account.pk], now=now, skip_locked=False)
    return made


def _admit(account: MarginAccount, amount: Decimal, *, now: datetime) -> None:
    """The preconditions of an advance, each with its own refusal, and then its amount."""
    if amount <= 0 or round_down(amount, CENT) != amount:
        raise DrawRefused("Enter an amount above zero, in dollars and cents.")
    readings = read(now=now, account_ids=[account.pk])
    if not readings:
        raise DrawRefused("This account is closed.")
    [reading] = readings
    why_not = why_not_lent(account, reading, now=now)
    if why_not:
        raise DrawRefused(why_not)
    power = power_of(account, at_the_mean(account, reading, now=now))
    if amount > power.amount:
        raise DrawRefused(
            f"You may draw at most HKD {power.amount:,.2f}: {BINDS[power.limit]}.", power
        )
    beyond = amount_gate(account, amount, now=now)
    if beyond:
        raise DrawRefused(beyond)
