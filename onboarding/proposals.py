"""The proposal: what one person asks for and another answers for, with its difference and end."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from onboarding.commands import commands, title_of
from onboarding.hands import OVERSEERS
from onboarding.lifecycle import Lifecycle, LifecycleQuerySet, Move, StateField
from onboarding.users import Role


class State(models.TextChoices):
    PROPOSED = "proposed", "Waiting"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    EXPIRED = "expired", "Expired"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ProposalQuerySet(LifecycleQuerySet):
    def visible_to(self, user, *, now: datetime):
        """
        The proposals that `user` may see: the own ones; an RM those of clients served; other staff
        those of commands their role proposes or decides, and overseers all but restricted ones.
        """
        own = Q(maker=user) | Q(checker=user)
        if user.role == Role.CLIENT or not user.is_active:
            return self.none()
        open_names = [command.name for command in commands() if not command.restricted]
        if user.role == Role.RM:
            served = Q(client__in=clients().served_by(user, on=now.date()))
            return self.filter(own | served & Q(command__in=open_names))
        if user.role in OVERSEERS:
            return self.filter(own | Q(command__in=open_names) | Q(approvers__contains=[user.role]))
        proposed = [command.name for command in commands() if user.role in command.proposes]
        return self.filter(own | Q(command__in=proposed) | Q(approvers__contains=[user.role]))

    def waiting_for(self, user, *, now: datetime):
        """The open proposals that `user` may decide, oldest first."""
        return (
            self.filter(state=State.PROPOSED, expires_at__gt=now, approvers__contains=[user.role])
            .exclude(maker=user)
            .order_by("expires_at", "pk")
        )


class Proposal(Lifecycle):
    """
    `difference` is [[label, before, after]] as it was when proposed. `approvers` are the roles
    that may decide it. `outcome` is what the command returned when it was applied.
    """

    STEP_FIELDS = ("checker", "decided_at", "decision_reason", "outcome")

    command = models.CharField(max_length=40)
    client = models.ForeignKey(
        "onboarding.Client", models.PROTECT, null=True, blank=True, related_name="proposals"
    )
    subject = models.CharField(max_length=200, blank=True)
    payload = models.JSONField()
    difference = models.JSONField()
    approvers = ArrayField(models.CharField(max_length=24, choices=Role.choices))
    reason = models.TextField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)
    outcome = models.JSONField(null=True, blank=True)
    state = StateField(default=State.PROPOSED, choices=State.choices, protected=True, max_length=20)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(checker=None) | ~Q(maker=F("checker")),
                name="proposal_maker_is_not_checker",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[State.APPROVED, State.REFUSED], checker__isnull=False)
                | Q(
                    state__in=[State.PROPOSED, State.EXPIRED, State.WITHDRAWN], checker__isnull=True
                ),
                name="proposal_decided_iff_checker",
            ),
            models.CheckConstraint(
                condition=Q(state=State.PROPOSED, decided_at=None)
                | ~Q(state=State.PROPOSED) & Q(decided_at__isnull=False),
                name="proposal_ended_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state=State.APPROVED, outcome__isnull=False)
                | ~Q(state=State.APPROVED) & Q(outcome__isnull=True),
                name="proposal_outcome_iff_approved",
            ),
            models.CheckConstraint(
                condition=~Q(reason="")
                & (~Q(state__in=[State.APPROVED, State.REFUSED]) | ~Q(decision_reason="")),
                name="proposal_says_why",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("proposed_at")), name="proposal_lives_a_while"
            ),
            models.CheckConstraint(
                condition=Q(approvers__len__gt=0), name="proposal_somebody_may_decide"
            ),
        ]
        indexes = [
            # Read by the inbox and by expire_due.
            models.Index(
                fields=["expires_at"], condition=Q(state="proposed"), name="proposal_waiting"
            ),
            models.Index(fields=["maker", "-proposed_at"], name="proposal_by_maker"),
            models.Index(fields=["-decided_at"], name="proposal_decided"),
        ]

    def __str__(self):
        return f"#{self.pk} {self.title}" + (f": {self.subject}" if self.subject else "")

    @property
    def title(self) -> str:
        return title_of(self.command)

    @transition(state, source=State.PROPOSED, target=State.APPROVED)
    def approve(self, *, now: datetime, checker, reason: str, outcome: dict):
        """A second person took responsibility, and it was applied."""
        self.checker, self.decided_at = checker, now
        self.decision_reason, self.outcome = reason, outcome

    @transition(state, source=State.PROPOSED, target=State.REFUSED)
    def refuse(self, *, now: datetime, checker, reason: str):
        """A second person said no; nothing changed."""
        self.checker, self.decided_at, self.decision_reason = checker, now, reason

    @transition(state, source=State.PROPOSED, target=State.WITHDRAWN)
    def withdraw(self, *, now: datetime, reason: str):
        """The maker took it back."""
        self.decided_at, self.decision_reason = now, reason

    @transition(state, source=State.PROPOSED, target=State.EXPIRED)
    def expire(self, *, now: datetime):
        """Nobody decided in time."""
        self.decided_at = now


class ProposalMove(Move):
    subject = models.ForeignKey(Proposal, models.PROTECT, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "proposal move"


def clients() -> models.Manager:
    """The clients. Their file stands above this one, and is reached by the key to it."""
    return Proposal._meta.get_field("client").related_model.objects
