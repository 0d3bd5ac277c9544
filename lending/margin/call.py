"""The margin call: the demand itself, its clock, and every step of its life (SMF-41, SMF-42)."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django_fsm import transition

from collateral.fields import MoneyField
from lending.margin.account import MarginAccount
from onboarding.lifecycle import Lifecycle, Move, StateField


class CallState(models.TextChoices):
    ISSUED = "issued", "Issued"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    PART_CURED = "part_cured", "Part cured"
    OVERDUE = "overdue", "Overdue"
    LIQUIDATING = "liquidating", "Collateral being sold"
    CURED = "cured", "Cured"
    CLOSED = "closed", "Closed after sale"


RUNNING = (CallState.ISSUED, CallState.ACKNOWLEDGED, CallState.PART_CURED)
OPEN = (*RUNNING, CallState.OVERDUE, CallState.LIQUIDATING)


class Binding(models.TextChoices):
    """The smallest of the three amounts of SMF-41: what the debt has outgrown."""

    COLLATERAL = "collateral", "Margin value of the collateral"
    CREDIT_LIMIT = "credit_limit", "Credit limit"
    POLICY_AMOUNT = "policy_amount", "Policy amount"


class MarginCall(Lifecycle):
    """
    The figures are those of the reading that made the call, HKD; they are never changed.

    `call_amount` is the cash that cures it, rounded up to 1,000. Where the credit limit or a
    policy amount binds, collateral cannot cure it and none is sold for it. `cure_due_at` only
    ever comes nearer, but for `renew`, which is a new demand after a lapse.
    """

    STEP_FIELDS = ("cure_due_at", "accelerated", "ended_at")

    account = models.ForeignKey(MarginAccount, models.PROTECT, related_name="calls")
    state = StateField(
        default=CallState.ISSUED, choices=CallState.choices, protected=True, max_length=20
    )
    issued_at = models.DateTimeField()
    cure_due_at = models.DateTimeField()
    accelerated = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    binding = models.CharField(max_length=16, choices=Binding.choices)
    debt = models.DecimalField(max_digits=30, decimal_places=10)
    market_value = models.DecimalField(max_digits=70, decimal_places=34)
    margin_value = models.DecimalField(max_digits=70, decimal_places=34)
    liquidation_value = models.DecimalField(max_digits=70, decimal_places=34)
    limit_amount = models.DecimalField(max_digits=70, decimal_places=34)
    shortfall = models.DecimalField(max_digits=70, decimal_places=34)
    call_amount = MoneyField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(ended_at=None), name="margin_call_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, ended_at__isnull=True)
                | (~Q(state__in=OPEN) & Q(ended_at__isnull=False)),
                name="margin_call_open_until_it_ends",
            ),
        ]
        indexes = [
            models.Index(
                fields=["cure_due_at"], condition=Q(state__in=RUNNING), name="margin_call_due"
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def number(self) -> str:
        return f"MC{self.pk:07}"

    @transition(state, source=CallState.ISSUED, target=CallState.ACKNOWLEDGED)
    def acknowledge(self, *, now: datetime):
        """The client has read it. The clock runs on."""

    @transition(
        state,
        source=[CallState.ISSUED, CallState.ACKNOWLEDGED],
        target=CallState.PART_CURED,
    )
    def part_cure(self, *, now: datetime):
        """The client has paid or pledged something, and not yet enough."""

    @transition(state, source=[*RUNNING, CallState.OVERDUE], target=CallState.CURED)
    def cure(self, *, now: datetime):
        """Usage is at or under the cure level and there is no shortfall."""
        self.ended_at = now

    @transition(state, source=[*RUNNING], target=None)
    def accelerate(self, *, now: datetime, window: timedelta):
        """It got worse: the lesser of the time left and `window` remains."""
        self.accelerated = True
        self.cure_due_at = min(self.cure_due_at, now + window)

    @transition(state, source=[*RUNNING], target=CallState.OVERDUE)
    def lapse(self, *, now: datetime):
        """The time is up and there is no shortfall to sell for; it stays open, draws blocked."""

    @transition(state, source=CallState.OVERDUE, target=CallState.ISSUED)
    def renew(self, *, now: datetime, window: timedelta, accelerated: bool = False):
        """The shortfall came back after the deadline: a new notice, and `window` to answer it."""
        self.accelerated = accelerated
        self.cure_due_at = now + window

    @transition(state, source=[*RUNNING], target=CallState.LIQUIDATING)
    def expire(self, *, now: datetime):
        """The time is up and the shortfall is still there."""

    @transition(state, source=[*RUNNING, CallState.OVERDUE], target=CallState.LIQUIDATING)
    def liquidate(self, *, now: datetime):
        """Past the hard line there is no time left."""

    @transition(state, source=CallState.LIQUIDATING, target=CallState.CLOSED)
    def close(self, *, now: datetime):
        """The sale is over."""
        self.ended_at = now


class MarginCallMove(Move):
    subject = models.ForeignKey(MarginCall, models.PROTECT, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "margin call move"
