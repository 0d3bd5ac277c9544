"""A difference between the register and a statement: it has an owner, and freezes until closed."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import transition

from collateral.assets import Asset
from collateral.custody.places import CustodyPlace
from collateral.custody.pool import HeldAt
from collateral.custody.statement import Statement
from collateral.fields import UnitsField
from onboarding.clients import Client
from onboarding.lifecycle import Lifecycle, Move, StateField


class ReconciliationRun(models.Model):
    """One comparison of a statement with the register as it was at the statement's time."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="runs")
    ran_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    compared = models.PositiveIntegerField()
    differing = models.PositiveIntegerField()

    def __str__(self):
        return f"{self.statement}: {self.differing} of {self.compared} differ"


class DifferenceState(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Explained and closed"


class DifferenceKind(models.TextChoices):
    MISSING_HERE = "missing_here", "Not in our register"
    MISSING_THERE = "missing_there", "Not on the statement"
    AMOUNT = "amount", "Another amount"
    AGREES = "agrees", "Agrees now"


class Difference(Lifecycle):
    """
    `here` is what the register had and `there` what the statement says, as last compared.

    While it is open nothing of the asset is released to the client; where it names no client that
    we know, to none whose units rest at the place. Two people close it, with an explanation.
    """

    STEP_FIELDS = ("kind", "here", "there", "last_run", "owner", "closed_at")

    place = models.ForeignKey(CustodyPlace, models.PROTECT, related_name="differences")
    code = models.CharField(max_length=12)
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, related_name="+")
    client_number = models.CharField(max_length=24, blank=True)
    client = models.ForeignKey(Client, models.PROTECT, null=True, related_name="differences")
    kind = models.CharField(max_length=14, choices=DifferenceKind.choices)
    here = UnitsField()
    there = UnitsField()
    first_run = models.ForeignKey(ReconciliationRun, models.PROTECT, related_name="opened")
    last_run = models.ForeignKey(ReconciliationRun, models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    state = StateField(
        default=DifferenceState.OPEN,
        choices=DifferenceState.choices,
        protected=True,
        max_length=20,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place", "code", "client_number"],
                condition=Q(state=DifferenceState.OPEN),
                name="difference_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state=DifferenceState.OPEN, closed_at=None)
                | Q(state=DifferenceState.CLOSED, closed_at__isnull=False),
                name="difference_closed_says_when",
            ),
        ]

    def __str__(self):
        whose = f" of {self.client_number}" if self.client_number else ""
        return f"#{self.pk} {self.code}{whose} at {self.place.code}"

    @property
    def gap(self) -> Decimal:
        """What the statement has more than the register, in units; negative where it has less."""
        return self.there - self.here

    @property
    def figures(self) -> str:
        """Both figures in words, with all the digits they have."""
        return f"{self.here.normalize():f} here, {self.there.normalize():f} there"

    def age_days(self, *, now: datetime) -> int:
        return (now - self.opened_at).days

    @transition(state, source=DifferenceState.OPEN, target=DifferenceState.OPEN)
    def see(self, *, now: datetime, kind: str, here: Decimal, there: Decimal, last_run):
        """A later run finds other figures."""
        self.kind, self.here, self.there, self.last_run = kind, here, there, last_run

    @transition(state, source=DifferenceState.OPEN, target=DifferenceState.OPEN)
    def hand_to(self, *, now: datetime, owner):
        """Somebody else looks into it now."""
        self.owner = owner

    @transition(state, source=DifferenceState.OPEN, target=DifferenceState.CLOSED)
    def close(self, *, now: datetime):
        """It is explained, and a second person is content."""
        self.closed_at = now


class DifferenceMove(Move):
    subject = models.ForeignKey(Difference, models.PROTECT, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "difference move"


def freezes(*, client_id: int, pool_id: int, asset: Asset) -> Difference | None:
    """An open difference that freezes the asset for the client with that pool; None where none."""
    at_places = HeldAt.objects.filter(pool=pool_id, asset=asset, units__gt=0).values("place")
    open_ones = Difference.objects.filter(state=DifferenceState.OPEN, asset=asset)
    return (
        open_ones.filter(Q(client=client_id) | Q(client=None, place__in=at_places))
        .order_by("pk")
        .first()
    )
