"""The hit: somebody of ours and an entry of a list that score alike, and a person's word on it."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import transition

from onboarding.lifecycle import Lifecycle, LifecycleQuerySet, Move, StateField
from onboarding.screening.lists import ListCode, ListEntry, ListVersion
from onboarding.screening.screened import Screened
from onboarding.users import Role

# Who decides hits. What they find true is the MLRO's from then on.
SCREENERS = frozenset({Role.COMPLIANCE, Role.MLRO})


class HitState(models.TextChoices):
    OPEN = "open", "Open"
    FALSE = "false", "Not the same"
    TRUE = "true", "The same"
    SUPERSEDED = "superseded", "Asked again on new facts"


class HitQuerySet(LifecycleQuerySet):
    def visible_to(self, user):
        """
        All to the MLRO; to others not the true ones on sanctions lists, which are suspicion cases
        (AML-12), but for those that they decided themselves.
        """
        if user.role == Role.MLRO:
            return self
        secret = Q(state=HitState.TRUE) & ~Q(code=ListCode.PEP) & ~Q(decided_by=user)
        return self.exclude(secret)


class Hit(Lifecycle):
    """
    `ours` are the facts of the party at that time, `points` why it scored (`score.py`).

    One for the same facts on both sides: who was found false stays so until either changes.
    """

    STEP_FIELDS = ("decided_by", "decided_at", "decision_reason")

    screened = models.ForeignKey(Screened, models.PROTECT, related_name="hits")
    entry = models.ForeignKey(ListEntry, models.PROTECT, related_name="hits")
    code = models.CharField(max_length=8, choices=ListCode.choices)
    version = models.ForeignKey(ListVersion, models.PROTECT, related_name="+")
    rule = models.CharField(max_length=20)
    score = models.DecimalField(max_digits=4, decimal_places=1)
    points = models.JSONField()
    ours = models.JSONField()
    ours_fingerprint = models.CharField(max_length=64)
    found_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)
    state = StateField(
        default=HitState.OPEN, choices=HitState.choices, protected=True, max_length=20
    )

    objects = HitQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["screened", "entry", "ours_fingerprint"], name="hit_once_on_the_same_facts"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[HitState.OPEN, HitState.SUPERSEDED], decided_by=None)
                | Q(state__in=[HitState.TRUE, HitState.FALSE], decided_by__isnull=False)
                & ~Q(decision_reason=""),
                name="hit_decided_by_somebody_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["-score"], condition=Q(state="open"), name="hit_open"),
            models.Index(fields=["screened"], condition=Q(state="true"), name="hit_true"),
        ]

    def __str__(self):
        return f"{self.ours['names'][0]} and {self.entry}"

    @transition(state, source=HitState.OPEN, target=HitState.FALSE)
    def find_false(self, *, now: datetime, by, because: str):
        """They are two people."""
        self.decided_by, self.decided_at, self.decision_reason = by, now, because

    @transition(state, source=HitState.OPEN, target=HitState.TRUE)
    def find_true(self, *, now: datetime, by, because: str):
        """They are one."""
        self.decided_by, self.decided_at, self.decision_reason = by, now, because

    @transition(state, source=HitState.OPEN, target=HitState.SUPERSEDED)
    def supersede(self, *, now: datetime):
        """The same question stands again, on newer facts."""


class HitMove(Move):
    subject = models.ForeignKey(Hit, models.PROTECT, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "hit move"
