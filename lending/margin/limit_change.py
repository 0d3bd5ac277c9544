"""
Change the credit limit of an account: dated, reasoned, reviewed within a year, by two people.

The log is the only way to a new limit: the database refuses a limit that changed without its row
(`margin_account_limit_changes_by_approval`).
"""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from collateral.fields import MoneyField
from lending.margin.account import MarginAccount, State
from lending.margin.limit_basis import basis_lines, basis_of
from lending.margin.sweep import review
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.clients import Client, ClientState
from onboarding.credit.profile import CreditAssessment, last_assessment
from onboarding.hands import CREDIT_LIMIT
from onboarding.payloads import as_day, as_hkd, day, money, text, today
from onboarding.sizes import deciders
from onboarding.users import Role

COMMAND = "credit_limit"
REVIEWED_WITHIN = timedelta(days=366)


class Reason(models.TextChoices):
    """Why a limit changes (SMF-11, SMF-12). The first by itself raises nobody's (VAF-4)."""

    VA_FINANCING_AVAILABLE = "va_financing_available", "VA financing available"
    FINANCIAL_SITUATION = "financial_situation", "Financial situation, with objective proof"
    CREDIT_REFERENCE = "credit_reference", "Credit reference or payment history"
    COLLATERAL_QUALITY = "collateral_quality", "Quality of collateral or other support"
    TRADING_PATTERN = "trading_pattern", "Objectives, appetite and trading pattern"
    ADVERSE_EVENT = "adverse_event", "Adverse event"
    YEARLY_REVIEW = "yearly_review", "Yearly review"
    CLIENT_WISH = "client_wish", "The client asked for less"


# Reasons that, alone or together, do not argue for more.
NO_REASON_FOR_MORE = frozenset(
    {Reason.VA_FINANCING_AVAILABLE, Reason.ADVERSE_EVENT, Reason.CLIENT_WISH}
)


class CreditLimitChange(models.Model):
    """
    HKD. `assessment` is the written risk assessment (SMF-12); `basis` names what it rests on.

    `review_date` is when the limit is looked at again, within a year. `credit_assessment` and its
    `grade` are those in force; where the limit rises there must be one (VAF-2), and the worst case
    was taken: `stressed_shortfall` met by `liquid_net_worth`, all of it in `worst_case` (JC-3).
    """

    account = models.ForeignKey(MarginAccount, models.PROTECT, related_name="limit_changes")
    before = MoneyField()
    after = MoneyField()
    reasons = ArrayField(models.CharField(max_length=40, choices=Reason.choices))
    assessment = models.TextField()
    basis = models.CharField(max_length=200, blank=True)
    review_date = models.DateField()
    credit_assessment = models.ForeignKey(
        CreditAssessment, models.PROTECT, null=True, blank=True, related_name="limit_changes"
    )
    grade = models.CharField(max_length=1, blank=True)
    stressed_shortfall = MoneyField(null=True, blank=True)
    liquid_net_worth = MoneyField(null=True, blank=True)
    worst_case = models.JSONField(null=True, blank=True)
    effective_at = models.DateTimeField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="credit_limit_change")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="limit_change_maker_is_not_checker"
            ),
            models.CheckConstraint(
                condition=Q(after__lte=F("before"))
                | ~Q(reasons__contained_by=[str(reason) for reason in sorted(NO_REASON_FOR_MORE)]),
                name="limit_change_more_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(after__gte=0) & ~Q(after=F("before")) & ~Q(assessment=""),
                name="limit_change_is_one_and_says_why",
            ),
            models.CheckConstraint(
                condition=Q(after__lte=F("before"))
                | Q(credit_assessment__isnull=False, worst_case__isnull=False) & ~Q(grade=""),
                name="limit_change_more_rests_on_an_assessment",
            ),
            models.CheckConstraint(
                condition=Q(after__lte=F("before"))
                | Q(
                    stressed_shortfall__isnull=False,
                    liquid_net_worth__isnull=False,
                    stressed_shortfall__lte=F("liquid_net_worth"),
                ),
                name="limit_change_more_is_affordable",
            ),
        ]
        indexes = [models.Index(fields=["account", "-effective_at"], name="limit_change_log")]

    def __str__(self):
        return f"{self.account}: {self.before:,.2f} to {self.after:,.2f}"


def _account_of(payload: dict) -> MarginAccount:
    number = text(payload, "account", "The account")
    account = MarginAccount.objects.select_related("client").filter(number=number).first()
    if account is None:
        raise Invalid(f"There is no account {number[:12]}.")
    return account


def _client_of(payload: dict) -> Client:
    return _account_of(payload).client


def _reasons(payload: dict) -> list[str]:
    reasons = payload.get("reasons")
    if not isinstance(reasons, list) or not reasons or set(reasons) - set(Reason.values):
        raise Invalid("Name the reasons from the list.")
    return sorted(set(reasons))


def _review_date(payload: dict, *, now: datetime) -> date:
    on = day(payload, "review_date", "The review date")
    if not today(now) < on <= today(now) + REVIEWED_WITHIN:
        raise Invalid("A limit is reviewed within a year, and after today.")
    return on


def _differs(payload: dict, *, now: datetime) -> Difference:
    account = _account_of(payload)
    limit = money(payload, "limit", "The limit")
    reasons = _reasons(payload)
    text(payload, "assessment", "The written assessment")
    review_date = _review_date(payload, now=now)
    if account.state == State.CLOSED or account.client.state == ClientState.CLOSED:
        raise Invalid(f"{account} is closed.")
    if limit == account.credit_limit:
        raise Invalid(f"The limit of {account} is {as_hkd(limit)} already.")
    if limit > account.credit_limit:
        _refuse_unreasoned(account, reasons)
    return [
        (f"{account}: credit limit", as_hkd(account.credit_limit), as_hkd(limit)),
        ("Reasons", "", "; ".join(Reason(reason).label for reason in reasons)),
        *basis_lines(basis_of(account, limit, now=now)),
        ("Reviewed by", "", as_day(review_date)),
    ]


def _refuse_unreasoned(account: MarginAccount, reasons: list[str]) -> None:
    if account.client.state != ClientState.ACTIVE:
        raise Invalid(f"{account.client} is suspended: its limit is not raised.")
    if set(reasons) == {Reason.VA_FINANCING_AVAILABLE}:
        raise Invalid("That VA financing is available does not raise anybody's limit (VAF-4).")
    if set(reasons) <= NO_REASON_FOR_MORE:
        raise Invalid("These reasons do not argue for a higher limit.")


def _approves(payload: dict, *, now: datetime) -> frozenset[Role]:
    """
    Who decides the limit as it would be; a cut is the usual hand's whatever its size, and more than
    the grade proposes is the higher hand's.
    """
    limit, account = money(payload, "limit", "The limit"), _account_of(payload)
    if limit < account.credit_limit:
        return CREDIT_LIMIT.approves
    assessment = last_assessment(account.client, on=today(now))
    if assessment and limit > assessment.proposed_limit:
        return CREDIT_LIMIT.above
    return deciders(CREDIT_LIMIT, COMMAND, limit, now=now)


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    account = MarginAccount.objects.locked().get(pk=_account_of(payload).pk)
    limit = money(payload, "limit", "The limit")
    basis = basis_of(account, limit, now=now)
    found = basis.worst and basis.worst.affordability
    change = CreditLimitChange.objects.create(
        account=account,
        before=account.credit_limit,
        after=limit,
        reasons=_reasons(payload),
        assessment=text(payload, "assessment", "The written assessment"),
        basis=text(payload, "basis", "The basis", needed=False)[:200],
        review_date=_review_date(payload, now=now),
        credit_assessment=basis.assessment,
        grade=basis.assessment.grade if basis.assessment else "",
        stressed_shortfall=found and found.stressed_shortfall,
        liquid_net_worth=found and found.liquid_net_worth,
        worst_case=basis.worst and basis.worst.as_kept(),
        effective_at=now,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
    )
    MarginAccount.objects.filter(pk=account.pk).update(credit_limit=change.after)
    review([account.pk], now=now, skip_locked=False)
    return {"credit_limit_change": str(change.pk), "account": account.number}


register(
    Command(
        name=COMMAND,
        title="Credit limit",
        proposes=CREDIT_LIMIT.proposes,
        approves=_approves,
        apply=_apply,
        differs=_differs,
        client_of=_client_of,
        dated=True,
    )
)
