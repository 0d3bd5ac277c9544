"""The approvals inbox: what waits for me, what I proposed, what was decided; many at once."""

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from broker.backoffice.desk import show, staff_page
from broker.backoffice.propose_forms import proposable_by
from broker.signin.step_up import second_factor_to_act
from onboarding.approvals import Proposal, Refused, State, approve_many, obstacle_to

PER_PAGE = 50
MOST_AT_ONCE = 500
TABS = (
    ("waiting", "Waits for me"),
    ("mine", "Proposed by me"),
    ("open", "All open"),
    ("decided", "Ended"),
)


@require_safe
@staff_page
def inbox(request: HttpRequest) -> HttpResponse:
    """One tab of the proposals that the reader may see; `client` narrows it to one client."""
    now = timezone.now()
    tabs = dict(TABS)
    tab = request.GET.get("show", "waiting")
    tab = tab if tab in tabs else "waiting"
    number = request.GET.get("client", "")
    rows = _rows(request.user, tab, now=now)
    if number:
        rows = rows.filter(client__number=number)
    page = Paginator(rows.select_related("client", "maker", "checker"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "now": now,
        "tab": tab,
        "tabs": [(name, words, _count(request.user, name, now=now)) for name, words in TABS],
        "page": page,
        "chosen": "all" in request.GET,
        "client_number": number,
        "may_propose": bool(proposable_by(request.user)),
    }
    return show(request, "backoffice/approvals/inbox.html", context, title="Approvals")


def _rows(user, tab: str, *, now: datetime):
    seen = Proposal.objects.visible_to(user, now=now)
    if tab == "waiting":
        return Proposal.objects.waiting_for(user, now=now).filter(pk__in=seen.values("pk"))
    if tab == "mine":
        return seen.filter(maker=user).order_by("-proposed_at", "-pk")
    if tab == "open":
        return seen.filter(state=State.PROPOSED, expires_at__gt=now).order_by("expires_at", "pk")
    return seen.exclude(state=State.PROPOSED).order_by("-decided_at", "-pk")


def _count(user, tab: str, *, now: datetime) -> int | None:
    """How many wait; what has ended is not counted."""
    return None if tab == "decided" else _rows(user, tab, now=now).count()


@require_POST
@staff_page
@second_factor_to_act
def together(request: HttpRequest) -> HttpResponse:
    """
    The chosen proposals with one combined difference, then their approval, all or none.

    One that the reader may not decide any more ends it: what is approved is what was shown.
    """
    now = timezone.now()
    chosen = _chosen(request, now=now)
    if chosen is None:
        messages.error(request, "Choose proposals that wait for you, and no more than 500.")
        return redirect("approvals")
    reason = request.POST.get("reason", "").strip()
    if "confirmed" in request.POST:
        try:
            decided = approve_many(chosen, by=request.user, reason=reason, now=now)
        except Refused as refusal:
            messages.error(request, f"Nothing was approved. {refusal}")
        else:
            messages.success(request, f"{len(decided)} approved and applied.")
            return redirect("approvals")
    context = {
        "now": now,
        "chosen": [(row, obstacle_to(row, now=now)) for row in chosen],
        "reason": reason,
    }
    title = f"Approve {len(chosen)} together"
    return show(request, "backoffice/approvals/together.html", context, title=title)


def _chosen(request: HttpRequest, *, now: datetime) -> list[Proposal] | None:
    keys = {key for key in request.POST.getlist("chosen") if key.isascii() and key.isdecimal()}
    keys = {int(key) for key in keys if len(key) < 19}
    if not keys or len(keys) > MOST_AT_ONCE:
        return None
    rows = list(
        _rows(request.user, "waiting", now=now)
        .filter(pk__in=keys)
        .select_related("client", "maker")
        .order_by("pk")
    )
    return rows if len(rows) == len(keys) else None
