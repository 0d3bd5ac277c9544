"""The credit page of a client: what it is worth, why it is graded so, and what it could bear."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from broker.backoffice.desk import show, staff_page
from broker.backoffice.propose_forms import proposable_by
from lending.limits.effective import EffectiveRoom, effective_room
from lending.limits.group_limit import GroupLimit, group_room
from lending.margin.account import MarginAccount, State
from lending.margin.affordable import NotMeasurable, WorstCase, worst_case
from lending.margin.limit_change import COMMAND as CREDIT_LIMIT
from lending.margin.limit_change import CreditLimitChange
from onboarding.clients import Client
from onboarding.credit.assess import COMMAND as CREDIT_ASSESSMENT
from onboarding.credit.factors import FACTORS, titled
from onboarding.credit.profile import CreditAssessment, last_assessment
from onboarding.payloads import today

VIEW = "onboarding.view_creditassessment"
VIEW_GROUP = "lending.view_grouplimit"
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One account: the room its limits leave, and where to propose what the grade proposes."""

    account: MarginAccount
    room: EffectiveRoom
    propose: str


@require_safe
@staff_page
def credit(request: HttpRequest, number: str) -> HttpResponse:
    """A client of somebody else is not found by a relationship manager."""
    user = request.user
    if not user.has_perm(VIEW):
        raise PermissionDenied
    now = timezone.now()
    client = get_object_or_404(Client.objects.visible_to(user, on=today(now)), number=number)
    assessment = last_assessment(client, on=today(now))
    proposable = proposable_by(user)
    accounts = list(
        client.margin_accounts.exclude(state=State.CLOSED)
        .select_related("subledger")
        .order_by("number")
    )
    context = {
        "now": now,
        "client": client,
        "assessment": assessment,
        "tone": _tone(assessment, on=today(now)),
        "lines": list(assessment.lines.select_related("verified_by").order_by("pk"))
        if assessment
        else [],
        "debts": list(assessment.debt_lines.order_by("pk")) if assessment else [],
        "factors": _factors(assessment),
        "accounts": [
            Line(each, effective_room(each, now=now), _proposal_of(each, assessment))
            for each in accounts
        ],
        "worst": _worst(accounts, assessment, now=now),
        "history": client.credit_assessments.select_related("maker", "checker").order_by(
            "-effective_at", "-pk"
        )[:SHOWN],
        "changes": CreditLimitChange.objects.filter(account__client=client)
        .select_related("account", "maker", "checker")
        .order_by("-effective_at", "-pk")[:SHOWN],
        "may_assess": CREDIT_ASSESSMENT in proposable,
        "may_propose": CREDIT_LIMIT in proposable,
        **(_group(client, now=now) if user.has_perm(VIEW_GROUP) else {}),
    }
    return show(request, "backoffice/credit/page.html", context, title=f"Credit of {client}")


def _tone(assessment: CreditAssessment | None, *, on: date) -> tuple[str, str]:
    """The word and the colour of the review."""
    if assessment is None:
        return "Never assessed", "danger"
    if assessment.review_date < on:
        return f"Overdue by {(on - assessment.review_date).days} days", "danger"
    return "Current", "success"


def _factors(assessment: CreditAssessment | None) -> list[tuple[str, dict]]:
    if assessment is None:
        return []
    return [
        (titled(name), assessment.factors[name]) for name in FACTORS if name in assessment.factors
    ]


def _proposal_of(account: MarginAccount, assessment: CreditAssessment | None) -> str:
    """The form of a limit, filled in with what the grade proposes."""
    asked = {"account": account.number}
    if assessment:
        asked |= {
            "limit": f"{assessment.proposed_limit:f}",
            "review_date": assessment.review_date.isoformat(),
            "basis": f"Credit assessment {assessment.pk}, grade {assessment.grade}",
        }
    return f"{reverse('propose', args=[CREDIT_LIMIT])}?{urlencode(asked)}"


def _worst(
    accounts: list[MarginAccount], assessment: CreditAssessment | None, *, now: datetime
) -> WorstCase | str:
    """The worst case at the limits as they are, or why there is none."""
    if assessment is None:
        return "Without an assessment there is nothing to compare it with."
    why = "The client has no open account."
    for account in accounts:
        try:
            return worst_case(account, account.credit_limit, assessment, now=now)
        except NotMeasurable as reason:
            why = str(reason)
    return why


def _group(client: Client, *, now: datetime) -> dict:
    room = group_room(client.pk, now=now)
    if room is None:
        return {"group": None, "sees_group": True}
    return {
        "sees_group": True,
        "group": room,
        "members": Client.objects.filter(pk__in=room.members).order_by("number"),
        "group_limits": GroupLimit.objects.filter(members__overlap=list(room.members))
        .select_related("maker", "checker")
        .order_by("-effective_at", "-pk")[:SHOWN],
    }
