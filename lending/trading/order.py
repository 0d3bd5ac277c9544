"""An order: what we asked a venue to buy or sell for an account, under an id of our own."""

from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django_fsm import transition

from collateral.assets import Asset
from collateral.fields import MoneyField, PriceField, UnitsField
from lending.loans.draw import Draw
from lending.margin.account import MarginAccount
from lending.margin.call import MarginCall
from onboarding.lifecycle import Lifecycle, Move, StateField


class Side(models.TextChoices):
    BUY = "buy", "Buy"
    SELL = "sell", "Sell"


class OrderState(models.TextChoices):
    PLANNED = "planned", "Planned"
    SENT = "sent", "Sent"
    UNKNOWN = "unknown", "Outcome unknown"
    FILLED = "filled", "Filled"
    CANCELLED = "cancelled", "Cancelled"


AT_VENUE = (OrderState.PLANNED, OrderState.SENT, OrderState.UNKNOWN)


class Order(Lifecycle):
    """
    `client_order_id` is made from what the order is for and its number, never drawn by chance: a
    restart cannot send it twice, and the venue can be asked what became of it.

    `mark` is the agreed price when it was planned, `limit_price` the worst it may trade at. A sale
    is for the client's default (`call`) or by the client; a purchase spends a draw or own cash.
    """

    STEP_FIELDS = ("filled_units", "gross", "costs", "venue_order_id", "ended_at")

    client_order_id = models.CharField(max_length=40, unique=True)
    account = models.ForeignKey(MarginAccount, models.PROTECT, related_name="orders")
    side = models.CharField(max_length=4, choices=Side.choices)
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    units = UnitsField()
    mark = PriceField()
    limit_price = PriceField()
    venue = models.CharField(max_length=20)
    call = models.ForeignKey(MarginCall, models.PROTECT, null=True, related_name="orders")
    draw = models.ForeignKey(Draw, models.PROTECT, null=True, related_name="orders")
    planned_at = models.DateTimeField()
    state = StateField(
        default=OrderState.PLANNED, choices=OrderState.choices, protected=True, max_length=20
    )
    filled_units = UnitsField(default=0)
    gross = MoneyField(default=0)
    costs = MoneyField(default=0)
    venue_order_id = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(units__gt=0), name="order_units_positive"),
            models.CheckConstraint(
                condition=Q(filled_units__gte=0, filled_units__lte=models.F("units")),
                name="order_fills_no_more_than_it_asked",
            ),
            models.UniqueConstraint(
                fields=["account"], condition=Q(state__in=AT_VENUE), name="order_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state__in=AT_VENUE, ended_at__isnull=True)
                | (~Q(state__in=AT_VENUE) & Q(ended_at__isnull=False)),
                name="order_open_until_it_ends",
            ),
            # VAF-16: collateral is sold for a recorded default (the call) or by its client.
            models.CheckConstraint(
                condition=Q(side=Side.SELL) | Q(call__isnull=True),
                name="order_for_a_call_is_a_sale",
            ),
        ]
        permissions = []

    def __str__(self):
        return self.client_order_id

    @property
    def price(self) -> Decimal | None:
        """HKD for one unit as it traded, before costs; None where nothing did."""
        return self.gross / self.filled_units if self.filled_units else None

    @property
    def slippage(self) -> Decimal | None:
        """How much worse than the mark it traded, costs apart, as a fraction of the mark."""
        if not self.filled_units:
            return None
        worse = self.mark - self.price if self.side == Side.SELL else self.price - self.mark
        return worse / self.mark

    @transition(state, source=OrderState.PLANNED, target=OrderState.SENT)
    def send(self, *, now: datetime):
        """It goes to the venue next: from here on only the venue knows what became of it."""

    @transition(state, source=OrderState.SENT, target=OrderState.UNKNOWN)
    def doubt(self, *, now: datetime):
        """The venue did not answer. It will be asked, and the order is not sent again."""

    @transition(state, source=[OrderState.SENT, OrderState.UNKNOWN], target=OrderState.FILLED)
    def fill(self, *, now: datetime, units: Decimal, gross: Decimal, costs: Decimal, ref: str):
        """It traded, in part or whole; what did not trade is cancelled with it."""
        self.filled_units, self.gross, self.costs = units, gross, costs
        self.venue_order_id, self.ended_at = ref, now

    @transition(
        state,
        source=[OrderState.PLANNED, OrderState.SENT, OrderState.UNKNOWN],
        target=OrderState.CANCELLED,
    )
    def cancel(self, *, now: datetime):
        """Nothing traded."""
        self.ended_at = now


class OrderMove(Move):
    subject = models.ForeignKey(Order, models.PROTECT, related_name="moves")
