"""The application: one wish to become a client, from the first page to the open account."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from onboarding.applications.eligible import Category
from onboarding.clients import Client, Kind
from onboarding.lifecycle import Lifecycle, LifecycleQuerySet, Move, StateField
from onboarding.users import Role


class State(models.TextChoices):
    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    IN_REVIEW = "in_review", "In review"
    INFORMATION_ASKED = "information_asked", "Information asked"
    CREDIT = "credit", "With credit"
    APPROVED = "approved", "Approved"
    OPENED = "opened", "Opened"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"


ENDED = (State.OPENED, State.REFUSED, State.WITHDRAWN, State.EXPIRED)
WITH_US = (State.SUBMITTED, State.IN_REVIEW, State.CREDIT)
_BEFORE_APPROVAL = [
    State.SUBMITTED,
    State.IN_REVIEW,
    State.INFORMATION_ASKED,
    State.CREDIT,
]


class ApplicationQuerySet(LifecycleQuerySet):
    def of(self, user):
        """The applications that `user` fills in or signs."""
        return self.filter(applicants__user=user)

    def visible_to(self, user):
        """
        An applicant's own, a relationship manager's own, and all for other staff who may look at
        applications. Everybody else sees none.
        """
        if not user.is_active:
            return self.none()
        if user.role == Role.CLIENT:
            return self.of(user)
        if not user.has_perm("onboarding.read_applications"):
            return self.none()
        return self.filter(manager=user) if user.role == Role.RM else self

    def open(self):
        return self.exclude(state__in=ENDED)


class Application(Lifecycle):
    """
    `edition` grows with every change of what the applicant told; what somebody confirmed or checked
    holds for one edition and no other. `touched_at` is the applicant's last act.

    `portfolio` and `assets` are HKD as declared. `signatures` is how many must confirm.
    """

    STEP_FIELDS = (
        "submitted_at",
        "officer",
        "state_since",
        "client",
        "proposal",
    )

    number = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    edition = models.PositiveIntegerField(default=1)
    category = models.CharField(max_length=16, choices=Category.choices, blank=True)
    portfolio = models.DecimalField(max_digits=20, decimal_places=2, null=True, blank=True)
    assets = models.DecimalField(max_digits=20, decimal_places=2, null=True, blank=True)
    signatures = models.PositiveSmallIntegerField(null=True, blank=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    state_since = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    client = models.OneToOneField(
        Client, models.PROTECT, null=True, blank=True, related_name="application"
    )
    proposal = models.OneToOneField(
        "onboarding.Proposal", models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = StateField(default=State.DRAFT, choices=State.choices, protected=True, max_length=20)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        permissions = [
            ("read_applications", "Can read applications"),
            ("read_checks", "Can read on what checks rest"),
            ("review_applications", "Can review applications"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(portfolio=None) | Q(portfolio__gte=0),
                name="application_portfolio_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(assets=None) | Q(assets__gte=0), name="application_assets_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[State.DRAFT, State.WITHDRAWN, State.EXPIRED])
                | Q(submitted_at__isnull=False),
                name="application_past_draft_was_submitted",
            ),
            models.CheckConstraint(
                condition=Q(state=State.OPENED, client__isnull=False)
                | (~Q(state=State.OPENED) & Q(client=None)),
                name="application_opened_iff_client",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.APPROVED, State.OPENED])
                | Q(proposal__isnull=False, manager__isnull=False),
                name="application_approved_by_two",
            ),
            models.CheckConstraint(
                condition=Q(touched_at__gte=F("started_at")), name="application_touched_after_start"
            ),
        ]
        indexes = [
            # Read by the pipeline, and by what expires.
            models.Index(fields=["state", "state_since"], name="application_by_state"),
        ]

    def __str__(self):
        return f"{self.number} {self.name}".strip()

    @property
    def name(self) -> str:
        """Who applies, as far as it is known."""
        names = [party.name for party in self.applying()]
        return " and ".join(names)

    def applying(self) -> list:
        """The parties that would become the client, in the order entered."""
        return [party for party in self.parties.all() if "applicant" in party.roles]

    @property
    def is_ended(self) -> bool:
        return self.state in ENDED

    @transition(state, source=State.DRAFT, target=State.SUBMITTED)
    def submit(self, *, now: datetime):
        """Whoever must sign has confirmed that it is complete and true."""
        self.submitted_at = self.state_since = now

    @transition(state, source=State.SUBMITTED, target=State.IN_REVIEW)
    def take(self, *, now: datetime, officer):
        """An officer looks after it from here."""
        self.officer, self.state_since = officer, now

    @transition(state, source=[State.IN_REVIEW, State.CREDIT], target=State.INFORMATION_ASKED)
    def ask(self, *, now: datetime):
        """Something is missing, and the applicant is asked for it."""
        self.state_since = now

    @transition(state, source=State.INFORMATION_ASKED, target=State.IN_REVIEW)
    def answer(self, *, now: datetime):
        """All that was asked for is there."""
        self.state_since = now

    @transition(state, source=State.IN_REVIEW, target=State.CREDIT)
    def pass_to_credit(self, *, now: datetime):
        """The review found nothing that speaks against it; credit says how much."""
        self.state_since = now

    @transition(state, source=State.CREDIT, target=State.IN_REVIEW)
    def hand_back(self, *, now: datetime):
        """Credit wants something looked at again."""
        self.state_since = now

    @transition(state, source=State.CREDIT, target=State.APPROVED)
    def approve(self, *, now: datetime, proposal):
        """Two people agreed to open it; the account is opened in the same transaction."""
        self.proposal, self.state_since = proposal, now

    @transition(state, source=State.APPROVED, target=State.OPENED)
    def open(self, *, now: datetime, client: Client):
        """The client and the account are there."""
        self.client, self.state_since = client, now

    @transition(state, source=_BEFORE_APPROVAL, target=State.REFUSED)
    def refuse(self, *, now: datetime):
        """Two people said no."""
        self.state_since = now

    @transition(state, source=[State.DRAFT, *_BEFORE_APPROVAL], target=State.WITHDRAWN)
    def withdraw(self, *, now: datetime):
        """The applicant does not want it any more."""
        self.state_since = now

    @transition(state, source=[State.DRAFT, State.INFORMATION_ASKED], target=State.EXPIRED)
    def expire(self, *, now: datetime):
        """The applicant let it lie too long."""
        self.state_since = now


class ApplicationMove(Move):
    subject = models.ForeignKey(Application, models.PROTECT, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "application move"
