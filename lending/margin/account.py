"""The margin account: what a client owes against what is pledged, and how it stands."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django_fsm import transition

from collateral.custody.pool import Pool
from collateral.fields import MoneyField, RatioField
from lending.ledger.chart import Subledger
from lending.ledger.post import HONG_KONG
from lending.margin.relation import MarginRelation
from lending.margin.terms import MarginTerms
from onboarding.clients import Client
from onboarding.lifecycle import Lifecycle, LifecycleQuerySet, Move, StateField


class State(models.TextChoices):
    HEALTHY = "healthy", "Healthy"
    WARNED = "warned", "Warned"
    CALLED = "called", "Margin call"
    LIQUIDATING = "liquidating", "Being sold down"
    IN_DEFICIT = "in_deficit", "In deficit"
    CLOSED = "closed", "Closed"


class MarginAccountQuerySet(LifecycleQuerySet):
    def visible_to(self, user, *, now: datetime):
        """
        The accounts that `user` may see: a signatory's own, an RM's own clients', and all for
        other staff who may look at margin accounts. Everybody else sees none.
        """
        if user.role == "client":
            return self.filter(client__in=Client.objects.of(user))
        if user.role == "rm":
            today = now.astimezone(HONG_KONG).date()
            return self.filter(client__in=Client.objects.served_by(user, on=today))
        return self if user.has_perm("lending.view_marginaccount") else self.none()


class MarginAccount(Lifecycle):
    """
    `hard_line_since` is the first fresh reading past the hard line, until one is back above.

    `spread` is the yearly rate over the benchmark; `credit_limit` and `policy_amount` are HKD.
    """

    STEP_FIELDS = ("hard_line_since",)

    number = models.CharField(max_length=12, unique=True)
    client = models.ForeignKey(Client, models.PROTECT, related_name="margin_accounts")
    relation = models.ForeignKey(MarginRelation, models.PROTECT, related_name="accounts")
    pool = models.OneToOneField(Pool, models.PROTECT, related_name="account")
    subledger = models.OneToOneField(Subledger, models.PROTECT, related_name="account")
    terms = models.ForeignKey(MarginTerms, models.PROTECT, related_name="+")
    credit_limit = MoneyField()
    policy_amount = MoneyField(null=True, blank=True)
    spread = RatioField()
    opened_at = models.DateTimeField()
    state = StateField(default=State.HEALTHY, choices=State.choices, protected=True, max_length=20)
    hard_line_since = models.DateTimeField(null=True, blank=True)

    objects = MarginAccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(credit_limit__gte=0)
                & (Q(policy_amount=None) | Q(policy_amount__gte=0)),
                name="margin_account_limits_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(spread__gte=0, spread__lt="0.31"),
                name="margin_account_spread_within_ceiling",
            ),
        ]

    def __str__(self):
        return self.number

    @transition(state, source=State.HEALTHY, target=State.WARNED)
    def warn(self, *, now: datetime):
        """Say that cover is thin. Nothing is asked of the client."""

    @transition(state, source=State.WARNED, target=State.HEALTHY)
    def recover(self, *, now: datetime):
        """Cover is good again; the warning ends below where it began."""

    @transition(state, source=[State.HEALTHY, State.WARNED], target=State.CALLED)
    def call(self, *, now: datetime):
        """Demand a cure. The demand itself, with its clock, is the `MarginCall`."""

    @transition(state, source=State.CALLED, target=State.HEALTHY)
    def cure(self, *, now: datetime):
        """The call is answered and cover is good."""
        self.hard_line_since = None

    @transition(state, source=[State.CALLED, State.LIQUIDATING], target=State.WARNED)
    def ease(self, *, now: datetime):
        """The call is answered or the sale is over, and cover is still thin."""
        self.hard_line_since = None

    @transition(state, source=[State.HEALTHY, State.WARNED, State.CALLED], target=State.LIQUIDATING)
    def liquidate(self, *, now: datetime):
        """Sell collateral down to the target and no further."""

    @transition(state, source=State.LIQUIDATING, target=State.HEALTHY)
    def restore(self, *, now: datetime):
        """The sale is over and cover is good."""
        self.hard_line_since = None

    @transition(state, source=State.LIQUIDATING, target=State.IN_DEFICIT)
    def fall_into_deficit(self, *, now: datetime):
        """Nothing is left to sell and a debt remains."""

    @transition(state, source=[State.HEALTHY, State.WARNED], target=State.CLOSED)
    def close(self, *, now: datetime):
        """Nothing is owed and nothing is held in it."""


class MarginMove(Move):
    subject = models.ForeignKey(MarginAccount, models.PROTECT, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "margin account move"
