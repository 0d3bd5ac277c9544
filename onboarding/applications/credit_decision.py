"""
Credit for an application: how much the account may owe, at which spread, by two people.

The account is born with it. That virtual assets can be financed argues for nothing here (VAF-4):
the assessment says what the limit rests on.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from onboarding.applications.application import Application, State
from onboarding.applications.checks import Check, Finding, not_passed, register_check
from onboarding.applications.named import in_state
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.hands import APPLICATION_CREDIT
from onboarding.payloads import (
    as_day,
    as_hkd,
    as_percent,
    day,
    fraction,
    money,
    text,
    today,
)
from onboarding.sizes import deciders
from onboarding.users import Role

REVIEWED_WITHIN = timedelta(days=366)
_SPREAD_BELOW = Decimal("0.31")  # The account's own ceiling.
_SIZE = "credit_limit"  # A first limit has the size of any limit.


class CreditDecision(models.Model):
    """HKD; `spread` a fraction of one a year over the benchmark. The last of an edition holds."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="credit_decisions")
    edition = models.PositiveIntegerField()
    limit = models.DecimalField(max_digits=20, decimal_places=2)
    spread = models.DecimalField(max_digits=9, decimal_places=6)
    assessment = models.TextField()
    basis = models.CharField(max_length=200, blank=True)
    review_date = models.DateField()
    decided_at = models.DateTimeField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="credit_decision")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="credit_decision_maker_is_not_checker"
            ),
            models.CheckConstraint(
                condition=Q(limit__gt=0) & Q(spread__gte=0, spread__lt="0.31") & ~Q(assessment=""),
                name="credit_decision_is_one_and_says_why",
            ),
        ]

    def __str__(self):
        return f"{self.application_id}: {self.limit:,.2f}"


def decision_of(application: Application) -> CreditDecision | None:
    """What credit decided on the application as it is."""
    rows = application.credit_decisions.filter(edition=application.edition)
    return rows.select_related("maker", "checker", "proposal").order_by("-pk").first()


def _decided(application: Application, *, now: datetime) -> Finding:
    decision = decision_of(application)
    if decision is None:
        return Finding(False, "Credit has not decided yet.")
    if decision.review_date <= today(now):
        return Finding(False, "The decision is due for review: credit decides again.")
    said = f"{as_hkd(decision.limit)} at {as_percent(decision.spread)} over the benchmark"
    return Finding(True, f"{said}, by {decision.maker} and {decision.checker}.")


register_check(Check.CREDIT, _decided)


def _terms(payload: dict, *, now: datetime) -> tuple[Decimal, Decimal, date]:
    limit = money(payload, "limit", "The limit")
    spread = fraction(payload, "spread", "The spread")
    review_date = day(payload, "review_date", "The review date")
    if not limit:
        raise Invalid("A limit of nothing is a refusal: propose that instead.")
    if spread >= _SPREAD_BELOW:
        raise Invalid(f"The spread must be below {as_percent(_SPREAD_BELOW)}.")
    if not today(now) < review_date <= today(now) + REVIEWED_WITHIN:
        raise Invalid("A limit is reviewed within a year, and after today.")
    text(payload, "assessment", "The written assessment")
    return limit, spread, review_date


def _differs(payload: dict, *, now: datetime) -> Difference:
    application = in_state(payload, [State.CREDIT])
    limit, spread, review_date = _terms(payload, now=now)
    before = decision_of(application)
    return [
        (f"{application}: first credit limit", as_hkd(before and before.limit), as_hkd(limit)),
        ("Spread over the benchmark", as_percent(before and before.spread), as_percent(spread)),
        ("Reviewed by", "", as_day(review_date)),
        # Shown, so that a change meanwhile makes the proposal stale.
        ("Edition of the application", str(application.edition), str(application.edition)),
    ]


def _approves(payload: dict, *, now: datetime) -> frozenset[Role]:
    limit = money(payload, "limit", "The limit")
    return deciders(APPLICATION_CREDIT, _SIZE, limit, now=now)


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    application = Application.objects.locked().get(pk=in_state(payload, [State.CREDIT]).pk)
    limit, spread, review_date = _terms(payload, now=now)
    affordability = [
        each
        for each in not_passed(application, now=now)
        if each.check == Check.AFFORDABILITY and (each.by_rule or each.record)
    ]
    if affordability:
        raise Invalid(f"{affordability[0].title}: {affordability[0].words}")
    decision = CreditDecision.objects.create(
        application=application,
        edition=application.edition,
        limit=limit,
        spread=spread,
        assessment=text(payload, "assessment", "The written assessment"),
        basis=text(payload, "basis", "The basis", needed=False)[:200],
        review_date=review_date,
        decided_at=now,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
    )
    return {"credit_decision": str(decision.pk), "application": application.number}


register(
    Command(
        name="application_credit",
        title="Credit for an application",
        proposes=APPLICATION_CREDIT.proposes,
        approves=_approves,
        apply=_apply,
        differs=_differs,
        dated=True,
    )
)
