"""The securities margin relation: only under an active one may virtual assets be financed."""

from datetime import datetime

from django.db import models
from django_fsm import transition

from onboarding.clients import Client
from onboarding.lifecycle import Lifecycle, Move, StateField


class RelationState(models.TextChoices):
    PENDING = "pending", "Pending"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    CLOSED = "closed", "Closed"


class MarginRelation(Lifecycle):
    """VAF-3: the parent of the client's margin accounts; without it active, nothing is lent."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="relations")
    state = StateField(default=RelationState.PENDING, choices=RelationState.choices, protected=True)

    class Meta:
        verbose_name = "securities margin relation"
        constraints = [
            models.UniqueConstraint(
                fields=["client"],
                condition=~models.Q(state=RelationState.CLOSED),
                name="relation_one_open_per_client",
            ),
        ]

    def __str__(self):
        return f"securities margin relation of {self.client}"

    @transition(state, source=RelationState.PENDING, target=RelationState.ACTIVE)
    def activate(self, *, now: datetime):
        """The client's securities margin account is open."""

    @transition(state, source=RelationState.ACTIVE, target=RelationState.SUSPENDED)
    def suspend(self, *, now: datetime):
        """No further advance under it; margin is still watched and called."""

    @transition(state, source=RelationState.SUSPENDED, target=RelationState.ACTIVE)
    def resume(self, *, now: datetime):
        """Advances may be made again."""

    @transition(
        state,
        source=[RelationState.PENDING, RelationState.ACTIVE, RelationState.SUSPENDED],
        target=RelationState.CLOSED,
    )
    def close(self, *, now: datetime):
        """It is over, and every account under it was closed before it (VAF-3)."""


class MarginRelationMove(Move):
    subject = models.ForeignKey(MarginRelation, models.PROTECT, related_name="moves")
