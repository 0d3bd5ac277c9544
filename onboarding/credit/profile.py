"""The credit profile: what a client is worth, by dated assessments that are never edited."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from onboarding.clients import Client, Kind
from onboarding.credit.factors import OF_FIRMS, SMF, VIRTUAL
from onboarding.credit.score import HISTORIES, Grade
from onboarding.credit.worth import AssetClass, Debt, Holding
from onboarding.payloads import HONG_KONG
from onboarding.proposals import Proposal

CLASSES = {
    AssetClass.FIAT: "Fiat money",
    AssetClass.OTHER: "Other assets",
    AssetClass.VIRTUAL: "Virtual assets",
}
EVIDENCE = {
    "bank_statement": "Bank statement",
    "custodian_statement": "Custodian or broker statement",
    "wallet_proof": "Proof of control of a wallet",
    "audited_accounts": "Audited accounts",
    "valuation": "Valuation by a third party",
    "title": "Title or land search",
    "tax": "Tax assessment",
    "employer": "Letter of the employer",
    "accountant": "Certificate of an accountant",
}


def is_firm(client: Client) -> bool:
    return client.kind not in (Kind.PERSON, Kind.JOINT)


def _money(**more) -> models.DecimalField:
    return models.DecimalField(max_digits=24, decimal_places=2, **more)


class CreditAssessment(models.Model):
    """
    HKD. `net_worth` and `liquid_net_worth` are verified, after discounts, and may be below zero.

    `factors` is {name: {score, argument, evidence}} (SMF-11, VAF-5); `card` is [[characteristic,
    points, most, why]] as the card of `card_version` scored. `house_conditions` is what the house's
    own liquidity, capital, loan book and markets allow (SMF-10). No `proposal`: entered at opening.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="credit_assessments")
    assessed_date = models.DateField()
    net_worth = _money()
    liquid_net_worth = _money()
    fiat = _money()
    other = _money()
    virtual = _money()
    debts = _money()
    counts_virtual = models.BooleanField()
    of_firm = models.BooleanField()
    income = _money()
    income_evidence = models.CharField(max_length=200, blank=True)
    income_verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    source_of_wealth = models.TextField()
    source_of_funds = models.TextField()
    payment_history = models.CharField(
        max_length=12, choices=[(str(each), said) for each, said in HISTORIES.items()]
    )
    payment_argument = models.TextField()
    house_conditions = models.TextField()
    factors = models.JSONField()
    card = models.JSONField()
    card_version = models.CharField(max_length=12)
    total = models.PositiveSmallIntegerField()
    capped = models.CharField(max_length=200, blank=True)
    grade = models.CharField(max_length=1, choices=[(str(each), str(each)) for each in Grade])
    proposed_limit = _money()
    proposed_spread = models.DecimalField(max_digits=9, decimal_places=6)
    review_date = models.DateField()
    effective_at = models.DateTimeField()
    reason = models.TextField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(
        Proposal, models.PROTECT, null=True, blank=True, related_name="credit_assessment"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="credit_assessment_maker_is_not_checker"
            ),
            models.CheckConstraint(
                condition=Q(factors__has_keys=list(SMF)),
                name="credit_assessment_argues_the_guidelines_factors",
            ),
            models.CheckConstraint(
                condition=Q(counts_virtual=False, virtual=0)
                | Q(factors__has_keys=[name for name in VIRTUAL if name not in OF_FIRMS]),
                name="credit_assessment_argues_the_virtual_factors",
            ),
            models.CheckConstraint(
                condition=Q(counts_virtual=False)
                | Q(of_firm=False)
                | Q(factors__has_keys=sorted(OF_FIRMS)),
                name="credit_assessment_argues_the_firms_group",
            ),
            models.CheckConstraint(
                condition=~Q(source_of_wealth="")
                & ~Q(source_of_funds="")
                & ~Q(payment_argument="")
                & ~Q(house_conditions="")
                & ~Q(reason=""),
                name="credit_assessment_says_why",
            ),
            models.CheckConstraint(
                condition=Q(income__gte=0, proposed_limit__gte=0)
                & (Q(income=0) | Q(income_verified_by__isnull=False) & ~Q(income_evidence="")),
                name="credit_assessment_income_is_verified",
            ),
            models.CheckConstraint(
                condition=~Q(grade=Grade.E) | Q(proposed_limit=0),
                name="credit_assessment_nothing_on_an_e",
            ),
        ]
        indexes = [
            # Read by every draw and by the calendar of reviews.
            models.Index(fields=["client", "-effective_at"], name="credit_assessment_in_force")
        ]

    def __str__(self):
        return f"{self.client} graded {self.grade} on {self.effective_at:%Y-%m-%d}"


class NetWorthLine(models.Model):
    """
    HKD before the discount, a fraction of one. Counted only where somebody verified the evidence.

    `is_liquid`: money within days, and pledged to nobody, us included.
    """

    assessment = models.ForeignKey(CreditAssessment, models.PROTECT, related_name="lines")
    asset_class = models.CharField(
        max_length=8, choices=[(str(each), said) for each, said in CLASSES.items()]
    )
    described = models.CharField(max_length=200)
    value = _money()
    discount = models.DecimalField(max_digits=9, decimal_places=6)
    is_liquid = models.BooleanField()
    evidence_type = models.CharField(max_length=24, choices=list(EVIDENCE.items()), blank=True)
    evidence_reference = models.CharField(max_length=200, blank=True)
    evidence_date = models.DateField(null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(value__gt=0, discount__gte=0, discount__lte=1),
                name="net_worth_line_is_worth_something",
            ),
            models.CheckConstraint(
                condition=Q(verified_by=None)
                | Q(evidence_date__isnull=False) & ~Q(evidence_type="") & ~Q(evidence_reference=""),
                name="net_worth_line_verified_by_evidence",
            ),
        ]

    def __str__(self):
        return f"{self.described}: {self.value:,.2f}"

    @property
    def holding(self) -> Holding:
        return Holding(
            AssetClass(self.asset_class),
            self.value,
            self.discount,
            verified=self.verified_by_id is not None,
            liquid=self.is_liquid,
        )

    @property
    def counted(self):
        return self.holding.counted


class DebtLine(models.Model):
    """HKD that the client owes to others."""

    assessment = models.ForeignKey(CreditAssessment, models.PROTECT, related_name="debt_lines")
    described = models.CharField(max_length=200)
    amount = _money()
    within_a_year = models.BooleanField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="debt_line_is_owed"),
        ]

    def __str__(self):
        return f"{self.described}: {self.amount:,.2f}"

    @property
    def debt(self) -> Debt:
        return Debt(self.amount, self.within_a_year)


def assessments_on(on: date) -> models.QuerySet:
    """The last assessment of each client as of the end of that day in Hong Kong."""
    return (
        CreditAssessment.objects.filter(effective_at__lt=end_of(on))
        .order_by("client_id", "-effective_at", "-pk")
        .distinct("client_id")
    )


def declared_means(*, on: date) -> dict[int, Decimal]:
    """What each client has, HKD before debts, by its key: the last assessment's; one query."""
    latest = assessments_on(on)
    return {each.client_id: each.fiat + each.other + each.virtual for each in latest}


def last_assessment(client: Client, *, on: date) -> CreditAssessment | None:
    """The one that holds on that day, its review due or not; None where there never was one."""
    return assessments_on(on).filter(client=client).first()


def current_assessment(client: Client, *, on: date) -> CreditAssessment | None:
    """The one that holds on that day, where its review is not past."""
    last = last_assessment(client, on=on)
    return last if last is not None and last.review_date >= on else None


def end_of(on: date) -> datetime:
    """The moment at which that day ends in Hong Kong."""
    return datetime.combine(on + timedelta(days=1), time.min, HONG_KONG)
