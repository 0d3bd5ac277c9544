"""
The professional-investor status: what was assessed, on which evidence, and until when it holds.

Anybody may be assessed; only a passing assessment is confirmed, by two people (`confirm.py`). What
was assessed is never edited: a change is a new assessment. Without a confirmed status of the day a
client is retail (PI-9).
"""

from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from onboarding.clients import Client, Kind
from onboarding.eligibility import ASSET_CLASSES, CATEGORIES, LINE_TYPES, Category
from onboarding.lifecycle import Lifecycle, LifecycleQuerySet, Move, StateField
from onboarding.proposals import Proposal


class StatusState(models.TextChoices):
    ASSESSED = "assessed", "Assessed"
    CONFIRMED = "confirmed", "Confirmed"
    REPLACED = "replaced", "Replaced by a newer one"
    LAPSED = "lapsed", "Lapsed"
    WITHDRAWN = "withdrawn", "Withdrawn"


# What a client of each kind can be; the database holds it too.
CATEGORIES_OF = {
    Kind.PERSON: (Category.INDIVIDUAL,),
    Kind.JOINT: (Category.INDIVIDUAL,),
    Kind.CORPORATE: (Category.CORPORATE, Category.HOLDING),
    Kind.TRUST: (Category.TRUST,),
    Kind.INSTITUTION: (Category.INSTITUTIONAL,),
}


_BY_PORTFOLIO = [Category.INDIVIDUAL.value, Category.CORPORATE.value]
_BY_ASSETS = [Category.TRUST.value, Category.CORPORATE.value]


class StatusQuerySet(LifecycleQuerySet):
    def holding(self, *, on: date):
        """Confirmed and within its days; what a status rests on is not looked at."""
        return self.filter(state=StatusState.CONFIRMED, from_date__lte=on, until_date__gt=on)

    def visible_to(self, user, *, on: date):
        """An RM sees the clients served, other staff with the right every one."""
        if not user.has_perm("onboarding.view_investorstatus"):
            return self.none()
        if user.role == "rm":
            return self.filter(client__in=Client.objects.served_by(user, on=on).values("pk"))
        return self


class InvestorStatus(Lifecycle):
    """
    `verdict` is the explained answer as it was given: lines, tests, why. `until_date` is the first
    day on which it holds no longer. `reminded` is the nearest reminder that was given, in days.
    """

    STEP_FIELDS = ("proposal", "confirmed_at", "from_date", "until_date", "reminded")

    client = models.ForeignKey(Client, models.PROTECT, related_name="investor_statuses")
    category = models.CharField(max_length=16, choices=list(CATEGORIES.items()))
    limb = models.CharField(max_length=1, blank=True)
    holders = models.JSONField(default=list)
    verdict = models.JSONField()
    passed = models.BooleanField()
    portfolio = models.DecimalField(max_digits=24, decimal_places=2, null=True)
    total_assets = models.DecimalField(max_digits=24, decimal_places=2, null=True)
    assessed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField()
    proposal = models.OneToOneField(
        Proposal, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    from_date = models.DateField(null=True, blank=True)
    until_date = models.DateField(null=True, blank=True)
    reminded = models.PositiveSmallIntegerField(null=True, blank=True)
    state = StateField(
        default=StatusState.ASSESSED, choices=StatusState.choices, protected=True, max_length=20
    )

    objects = StatusQuerySet.as_manager()

    class Meta:
        verbose_name = "professional investor status"
        verbose_name_plural = "professional investor statuses"
        constraints = [
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(state=StatusState.CONFIRMED),
                name="investor_one_confirmed_status",
            ),
            models.CheckConstraint(
                condition=Q(state=StatusState.ASSESSED)
                | Q(
                    passed=True,
                    proposal__isnull=False,
                    confirmed_at__isnull=False,
                    from_date__isnull=False,
                    until_date__isnull=False,
                ),
                name="investor_confirmed_by_a_passing_verdict",
            ),
            models.CheckConstraint(
                condition=Q(passed=False)
                | Q(category=Category.INSTITUTIONAL) & ~Q(limb="")
                | Q(category=Category.HOLDING)
                | Q(category__in=_BY_PORTFOLIO, portfolio__isnull=False, portfolio__gt=0)
                | Q(category__in=_BY_ASSETS, total_assets__isnull=False, total_assets__gt=0),
                name="investor_passed_on_something",
            ),
            models.CheckConstraint(
                condition=Q(until_date=None) | Q(until_date__gt=F("from_date")),
                name="investor_status_lasts_a_day",
            ),
        ]
        indexes = [
            # Read by renew.py every night.
            models.Index(
                fields=["until_date"],
                condition=Q(state="confirmed"),
                name="investor_status_ends",
            )
        ]

    def __str__(self):
        return f"{self.client}: {CATEGORIES[Category(self.category)].lower()}"

    @property
    def lines(self) -> list[dict]:
        """The verdict's lines with the words of their codes."""
        return [
            line
            | {
                "type_said": LINE_TYPES[line["type"]],
                "class_said": ASSET_CLASSES[line["asset_class"]],
            }
            for line in self.verdict["lines"]
        ]

    @transition(state, source=StatusState.ASSESSED, target=StatusState.CONFIRMED)
    def confirm(self, *, now: datetime, proposal: Proposal, from_date: date, until_date: date):
        """Two people agreed; it holds from that day on."""
        self.proposal, self.confirmed_at = proposal, now
        self.from_date, self.until_date = from_date, until_date

    @transition(state, source=StatusState.CONFIRMED, target=StatusState.CONFIRMED)
    def remind(self, *, now: datetime, days: int):
        """The client hears that it ends, and what to bring."""
        self.reminded = days

    @transition(state, source=StatusState.CONFIRMED, target=StatusState.REPLACED)
    def replace(self, *, now: datetime):
        """A newer assessment took its place."""

    @transition(state, source=StatusState.CONFIRMED, target=StatusState.LAPSED)
    def lapse(self, *, now: datetime):
        """Its day came, or what it rests on fell: the client is retail and draws nothing."""

    @transition(state, source=StatusState.CONFIRMED, target=StatusState.WITHDRAWN)
    def withdraw(self, *, now: datetime):
        """The client gave it up, or it was found not to be so."""


class InvestorMove(Move):
    subject = models.ForeignKey(InvestorStatus, models.PROTECT, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "investor move"


class EvidenceType(models.TextChoices):
    CUSTODIAN_STATEMENT = "custodian_statement", "Statement of a custodian"
    ACCOUNTANT_CERTIFICATE = "accountant_certificate", "Certificate of an auditor or CPA"
    AUDITED_ACCOUNTS = "audited_accounts", "Audited financial statements"
    PUBLIC_FILING = "public_filing", "Public filing"
    REGISTER_EXTRACT = "register_extract", "Extract of a regulator's register"
    OWNERSHIP_RECORD = "ownership_record", "Register of members"
    VALUATION = "valuation", "Valuation by somebody else"


# What proves each category; a valuation only supports (PI-8).
PROVES = {
    Category.INSTITUTIONAL: {EvidenceType.REGISTER_EXTRACT},
    Category.INDIVIDUAL: {EvidenceType.CUSTODIAN_STATEMENT, EvidenceType.ACCOUNTANT_CERTIFICATE},
    Category.CORPORATE: {
        EvidenceType.AUDITED_ACCOUNTS,
        EvidenceType.CUSTODIAN_STATEMENT,
        EvidenceType.PUBLIC_FILING,
    },
    Category.TRUST: {
        EvidenceType.AUDITED_ACCOUNTS,
        EvidenceType.CUSTODIAN_STATEMENT,
        EvidenceType.PUBLIC_FILING,
    },
    Category.HOLDING: {EvidenceType.OWNERSHIP_RECORD},
}


class Evidence(models.Model):
    """
    A paper that an assessment rests on; never edited. `amount` is what it shows in `currency`, and
    `rate` the HKD of one unit that day. `sha256` and `reference` say which file it is.
    """

    status = models.ForeignKey(InvestorStatus, models.PROTECT, related_name="evidence")
    type = models.CharField(max_length=24, choices=EvidenceType.choices)
    issuer = models.CharField(max_length=120)
    as_of_date = models.DateField()
    received_date = models.DateField()
    amount = models.DecimalField(max_digits=24, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=4, default="HKD")
    rate = models.DecimalField(max_digits=18, decimal_places=8, default=1)
    reference = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(
                condition=Q(received_date__gte=F("as_of_date")),
                name="evidence_received_after_its_day",
            ),
            models.CheckConstraint(
                condition=~Q(reference="") | ~Q(sha256=""), name="evidence_can_be_found_again"
            ),
            models.CheckConstraint(
                condition=Q(rate__gt=0) & (Q(amount=None) | Q(amount__gte=0)),
                name="evidence_shows_no_less_than_nothing",
            ),
        ]

    def __str__(self):
        return f"{self.get_type_display()}, {self.issuer}, {self.as_of_date:%Y-%m-%d}"


class RestsOn(models.Model):
    """A holding corporation's status rests on `other`: owner of `share` of it, or owned (PI-4)."""

    status = models.ForeignKey(InvestorStatus, models.PROTECT, related_name="rests")
    other = models.ForeignKey(Client, models.PROTECT, related_name="+")
    is_owner = models.BooleanField()
    share = models.DecimalField(max_digits=9, decimal_places=8)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=1), name="rests_on_a_share_of_one"
            ),
            models.UniqueConstraint(
                fields=["status", "other", "is_owner"], name="rests_on_each_once"
            ),
        ]

    def __str__(self):
        return f"{self.status} rests on {self.other}"
