"""The alert: something the monitoring found, until somebody cleared it or gave it to the MLRO."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django_fsm import transition

from onboarding.clients import Client
from onboarding.lifecycle import Lifecycle, LifecycleQuerySet, Move, StateField, move
from onboarding.screening.cases import Case, Origin, Refused, open_case
from onboarding.screening.hits import SCREENERS
from onboarding.screening.monitoring.flows import Rule
from onboarding.users import Role


class AlertState(models.TextChoices):
    OPEN = "open", "Open"
    CLEARED = "cleared", "Cleared"
    ESCALATED = "escalated", "Given to the MLRO"


class AlertQuerySet(LifecycleQuerySet):
    def visible_to(self, user):
        """All to the MLRO; to others not the escalated ones, which are suspicion cases (AML-12)."""
        if user.role == Role.MLRO:
            return self
        return self.exclude(Q(state=AlertState.ESCALATED) & ~Q(decided_by=user))


class Alert(Lifecycle):
    """
    `clients` is the circle of related clients it was found in, `client` the one it points to.

    `flows` are the movements that show it, `thresholds` those in force, `rules` their text.
    """

    STEP_FIELDS = ("decided_by", "decided_at", "decision_reason", "case")

    rule = models.CharField(max_length=40, choices=[(str(rule), str(rule)) for rule in Rule])
    rules = models.CharField(max_length=20)
    thresholds = models.JSONField()
    client = models.ForeignKey(Client, models.PROTECT, related_name="+")
    clients = ArrayField(models.BigIntegerField())
    said = models.TextField()
    flows = models.JSONField()
    refs = ArrayField(models.CharField(max_length=80))
    raised_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)
    case = models.OneToOneField(Case, models.PROTECT, null=True, related_name="+")
    state = StateField(
        default=AlertState.OPEN, choices=AlertState.choices, protected=True, max_length=20
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=AlertState.OPEN, decided_by=None)
                | ~Q(state=AlertState.OPEN) & Q(decided_by__isnull=False) & ~Q(decision_reason=""),
                name="alert_decided_by_somebody_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state=AlertState.ESCALATED, case__isnull=False)
                | ~Q(state=AlertState.ESCALATED) & Q(case=None),
                name="alert_escalated_iff_case",
            ),
        ]
        indexes = [models.Index(fields=["raised_at"], condition=Q(state="open"), name="alert_open")]

    def __str__(self):
        return f"{self.rule.capitalize()}: {self.client}"

    @transition(state, source=AlertState.OPEN, target=AlertState.CLEARED)
    def clear(self, *, now: datetime, by, because: str):
        """There is a good reason for it."""
        self.decided_by, self.decided_at, self.decision_reason = by, now, because

    @transition(state, source=AlertState.OPEN, target=AlertState.ESCALATED)
    def escalate(self, *, now: datetime, by, because: str, case: Case):
        """It is the MLRO's case now."""
        self.decided_by, self.decided_at, self.decision_reason = by, now, because
        self.case = case


class AlertMove(Move):
    subject = models.ForeignKey(Alert, models.PROTECT, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "alert move"


def clear(alert: Alert, *, reason: str, by, now: datetime) -> Alert:
    """
    :raises Refused: no right, no reason, or it is decided
    """
    because = _admitted(alert, reason, by)
    return move(alert, Alert.clear, reason=because, mover=by, now=now, by=by, because=because)


@transaction.atomic
def escalate(alert: Alert, *, reason: str, by, now: datetime) -> Alert:
    """
    Open a case of the MLRO's; business goes on until the MLRO stops it.

    :raises Refused: no right, no reason, or it is decided
    """
    because = _admitted(Alert.objects.locked().get(pk=alert.pk), reason, by)
    case = open_case(
        origin=Origin.ALERT,
        about=str(alert.client),
        suspicion=f"{alert.said}. {because}",
        by=by,
        now=now,
        client=alert.client,
    )
    how = {"by": by, "because": because, "case": case}
    return move(alert, Alert.escalate, reason=because, mover=by, now=now, **how)


def _admitted(alert: Alert, reason: str, by) -> str:
    if by.role not in SCREENERS or not by.is_active:
        raise Refused("Compliance and the MLRO decide alerts.")
    if not reason.strip():
        raise Refused("A decision needs a reason.")
    if alert.state != AlertState.OPEN:
        raise Refused("It is decided already.")
    return reason.strip()
