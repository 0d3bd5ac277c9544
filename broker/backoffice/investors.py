"""Professional investors for staff: who is one and until when, a client's papers, and the form."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from broker.backoffice.assess_forms import AssessForm
from broker.backoffice.desk import show, staff_page
from broker.backoffice.groups import seen_by
from broker.backoffice.groups import shown as shown_group
from broker.backoffice.propose_forms import proposable_by
from onboarding.admin.investors import STATUS_TONES
from onboarding.approvals import Proposal, Refused, State, propose
from onboarding.clients import Client
from onboarding.groups import group_of
from onboarding.hands import CONFIRM_INVESTOR
from onboarding.investors.assess import assess
from onboarding.investors.confirm import CONFIRM
from onboarding.investors.exemptions import exemptions, knowledge_gate
from onboarding.investors.limits import CONFIRMATION, months_of, reminder_days
from onboarding.investors.qualified import Market, confirmed_until, qualification_of
from onboarding.investors.standing import professional, status_of
from onboarding.investors.status import InvestorStatus, StatusState
from onboarding.payloads import today

VIEW = "onboarding.view_investorstatus"
PER_PAGE = 50
TABS = (
    ("confirmed", "Confirmed"),
    ("soon", "Ends soon"),
    ("assessed", "Assessed, not confirmed"),
    ("over", "Lapsed or withdrawn"),
    ("retail", "Clients without a status"),
)


@require_safe
@staff_page
def investors(request: HttpRequest) -> HttpResponse:
    """One tab of the statuses that the reader may see, the earliest end first."""
    _let_in(request.user)
    now = timezone.now()
    tabs = dict(TABS)
    tab = request.GET.get("show", "confirmed")
    tab = tab if tab in tabs else "confirmed"
    rows = _retail(request.user, now=now) if tab == "retail" else _rows(request.user, tab, now=now)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "now": now,
        "tab": tab,
        "tabs": TABS,
        "page": page,
        "rows": [(None, row) if tab == "retail" else (row, row.client) for row in page.object_list],
        "tones": STATUS_TONES,
        "today": today(now),
    }
    return show(request, "backoffice/investors/list.html", context, title="Professional investors")


def _let_in(user) -> None:
    if not user.has_perm(VIEW):
        raise PermissionDenied


def _rows(user, tab: str, *, now: datetime):
    on = today(now)
    rows = InvestorStatus.objects.visible_to(user, on=on).select_related("client")
    if tab == "assessed":
        newest = rows.filter(state=StatusState.ASSESSED).values("client").annotate(pk=Max("pk"))
        return rows.filter(pk__in=newest.values("pk")).order_by("-pk")
    if tab == "over":
        ended = rows.filter(state__in=[StatusState.LAPSED, StatusState.WITHDRAWN])
        return ended.order_by("-until_date", "-pk")
    rows = rows.filter(state=StatusState.CONFIRMED)
    if tab == "soon":
        rows = rows.filter(until_date__lte=on + timedelta(days=reminder_days(now=now)[-1]))
    return rows.order_by("until_date", "pk")


def _retail(user, *, now: datetime):
    clients = Client.objects.visible_to(user, on=today(now))
    confirmed = InvestorStatus.objects.holding(on=today(now)).values("client")
    return clients.exclude(pk__in=confirmed).order_by("number")


def _client(user, number: str, *, now: datetime) -> Client:
    _let_in(user)
    return get_object_or_404(Client.objects.visible_to(user, on=today(now)), number=number)


@require_safe
@staff_page
def investor(request: HttpRequest, number: str) -> HttpResponse:
    """Everything that a client's status rests on: lines, papers, verdict, history."""
    now = timezone.now()
    client = _client(request.user, number, now=now)
    on = today(now)
    statuses = list(
        client.investor_statuses.select_related("assessed_by", "proposal__checker").order_by("-pk")
    )
    holds = status_of(client, on=on)
    shown = next((status for status in statuses if status == holds), None) or next(
        iter(statuses), None
    )
    group = group_of(client, on=on)
    waiting = Proposal.objects.filter(command=CONFIRM, client=client, state=State.PROPOSED)
    context = {
        "now": now,
        "client": client,
        "holds": holds,
        "status": shown,
        "evidence": shown.evidence.order_by("pk") if shown else [],
        "rests": _rests(shown, on=on) if shown else [],
        "statuses": [(status, STATUS_TONES[status.state]) for status in statuses],
        "moves": [
            move
            for status in statuses
            for move in status.moves.select_related("mover").order_by("-pk")
        ],
        "waiting": waiting.filter(expires_at__gt=now).order_by("pk"),
        "exempt": sorted(each.replace("_", " ") for each in exemptions(client, on=on)),
        "knowledge": knowledge_gate(client, on=on),
        "attempts": client.attempts.select_related("user").order_by("-pk")[:10],
        "trainings": client.trainings.select_related("user").order_by("-pk"),
        "markets": _markets(client, now=now),
        "group": shown_group(group, seen_by(request.user, now=now)) if group else [],
        "may_assess": request.user.role in CONFIRM_INVESTOR.proposes,
        "may_propose": proposable_by(request.user),
    }
    return show(request, "backoffice/investors/investor.html", context, title=str(client))


def _rests(status: InvestorStatus, *, on) -> list:
    rests = list(status.rests.select_related("other").order_by("pk"))
    standing = professional([rest.other_id for rest in rests], on=on)
    return [(rest, rest.other_id in standing) for rest in rests]


def _markets(client: Client, *, now: datetime) -> list:
    """Of each market: its newest assessment, and until when it is confirmed."""
    on, months = today(now), months_of(CONFIRMATION, now=now)
    found = [(market, qualification_of(client, market, on=on)) for market in Market]
    return [
        (market.label, row, confirmed_until(row, on=on, months=months))
        for market, row in found
        if row
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def assess_investor(request: HttpRequest, number: str) -> HttpResponse:
    """Papers and lines, then the verdict; one that passes is proposed in the same act."""
    now = timezone.now()
    client = _client(request.user, number, now=now)
    if request.user.role not in CONFIRM_INVESTOR.proposes:
        raise PermissionDenied
    form = AssessForm(request.POST if request.method == "POST" else None, client=client)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                status = assess(client, **form.asked(), by=request.user, now=now)
                if status.passed:
                    proposal = propose(
                        CONFIRM,
                        {"status": str(status.pk)},
                        by=request.user,
                        reason=form.cleaned_data["reason"],
                        now=now,
                        subject=str(client),
                    )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            if status.passed:
                messages.success(request, f"{proposal} proposed. {status.verdict['why']}")
                return redirect("proposal", proposal.pk)
            messages.error(request, status.verdict["why"])
            return redirect("investor", client.number)
    context = {"client": client, "form": form, "now": now}
    title = f"Assess {client}"
    return show(request, "backoffice/investors/assess.html", context, title=title)
