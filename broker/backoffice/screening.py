"""The screening desk: hits side by side with what they rest on, and a person's word on each."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from broker.backoffice.desk import show, staff_page
from broker.backoffice.propose_forms import proposable_by
from onboarding.screening.cases import Refused
from onboarding.screening.decide import MOST_AT_ONCE, find_false, find_true
from onboarding.screening.facts import from_json
from onboarding.screening.hits import SCREENERS, Hit, HitState
from onboarding.screening.lists import ListCode, ListEntry, ListLoad, version_in_force
from onboarding.screening.screened import ScreeningRun

PER_PAGE = 50
TABS = (("open", "Open"), ("decided", "Decided"))
LOADS_SHOWN = 20


def _may_look(request: HttpRequest) -> None:
    if not request.user.has_perm("onboarding.view_screening"):
        raise PermissionDenied


def _hits(user):
    return Hit.objects.visible_to(user).select_related(
        "screened__client", "entry", "version", "decided_by"
    )


@require_safe
@staff_page
def desk(request: HttpRequest) -> HttpResponse:
    """The open hits, the most alike first, or those that were decided."""
    _may_look(request)
    now = timezone.now()
    tab = request.GET.get("show", "open")
    tab = tab if tab in dict(TABS) else "open"
    rows = _hits(request.user)
    if tab == "open":
        rows = rows.filter(state=HitState.OPEN).order_by("-score", "pk")
    else:
        rows = rows.exclude(state=HitState.OPEN).order_by("-decided_at", "-pk")
    context = {
        "now": now,
        "tab": tab,
        "tabs": TABS,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "may_decide": request.user.role in SCREENERS,
        "chosen": "all" in request.GET,
        "last": ScreeningRun.objects.order_by("-at", "-pk").first(),
    }
    return show(request, "backoffice/screening/desk.html", context, title="Screening")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def hit(request: HttpRequest, pk: int) -> HttpResponse:
    """Both sides of one hit, its score point by point, what was said before, and the decision."""
    _may_look(request)
    now = timezone.now()
    row = _hits(request.user).filter(pk=pk).first()
    if row is None:
        raise Http404(f"no hit {pk}")
    reason = request.POST.get("reason", "")
    if request.method == "POST" and _decided(request, row, reason, now=now):
        return redirect("screening")
    before = _hits(request.user).filter(
        screened=row.screened_id, code=row.code, entry__ref=row.entry.ref
    )
    approval = getattr(row, "pep_approval", None)
    asks_approval = row.code == ListCode.PEP and row.state == HitState.TRUE and approval is None
    context = {
        "now": now,
        "hit": row,
        "sides": _sides(row),
        "before": before.exclude(pk=row.pk).order_by("-pk"),
        "may_decide": request.user.role in SCREENERS and row.state == HitState.OPEN,
        "reason": reason,
        "approval": approval,
        "asks_approval": asks_approval,
        "may_propose": asks_approval and "pep_approval" in proposable_by(request.user),
    }
    return show(request, "backoffice/screening/hit.html", context, title="Screening hit")


def _decided(request: HttpRequest, row: Hit, reason: str, *, now: datetime) -> bool:
    decision = request.POST.get("decision", "")
    try:
        if decision == "false":
            find_false([row], reason=reason, by=request.user, now=now)
        elif decision == "true":
            find_true(row, reason=reason, by=request.user, now=now)
        else:
            raise Refused("Say whether they are the same.")
    except Refused as refusal:
        messages.error(request, str(refusal))
        return False
    words = "not the same" if decision == "false" else "the same"
    messages.success(request, f"{row}: {words}.")
    return True


@require_POST
@staff_page
def together(request: HttpRequest) -> HttpResponse:
    """The chosen hits side by side, then the one answer to all of them: not the same."""
    _may_look(request)
    if request.user.role not in SCREENERS:
        raise PermissionDenied
    now = timezone.now()
    keys = {key for key in request.POST.getlist("chosen") if key.isascii() and key.isdecimal()}
    keys = {int(key) for key in keys if len(key) < 19}
    chosen = list(_hits(request.user).filter(pk__in=keys, state=HitState.OPEN).order_by("pk"))
    if not chosen or len(chosen) < len(keys) or len(chosen) > MOST_AT_ONCE:
        messages.error(request, f"Choose open hits, and no more than {MOST_AT_ONCE}.")
        return redirect("screening")
    reason = request.POST.get("reason", "")
    if "confirmed" in request.POST:
        try:
            find_false(chosen, reason=reason, by=request.user, now=now)
        except Refused as refusal:
            messages.error(request, f"Nothing was decided. {refusal}")
        else:
            messages.success(request, f"{len(chosen)} found not to be the same.")
            return redirect("screening")
    context = {"now": now, "chosen": [(row, _sides(row)) for row in chosen], "reason": reason}
    title = f"Decide {len(chosen)} together"
    return show(request, "backoffice/screening/together.html", context, title=title)


def _sides(row: Hit) -> list[tuple[str, str, str]]:
    """What is known of ours and of the list's, line beside line."""
    ours, theirs = from_json(row.ours), row.entry.facts
    lines = [("Names", ours.names, theirs.names)]
    lines.append(("Kind", (_kind(ours.is_person),), (_kind(theirs.is_person),)))
    lines.append(("Birth date", _days(ours.births), _days(theirs.births)))
    lines.append(("Nationality", ours.nationalities, theirs.nationalities))
    lines.append(("Identity numbers", ours.identities, theirs.identities))
    return [(what, "; ".join(mine), "; ".join(its)) for what, mine, its in lines]


def _kind(is_person: bool | None) -> str:
    return {True: "Person", False: "No person", None: ""}[is_person]


def _days(births) -> tuple[str, ...]:
    return tuple(f"{b.first}" if b.is_exact else f"{b.first} to {b.last}" for b in births)


@require_safe
@staff_page
def lists(request: HttpRequest) -> HttpResponse:
    """Each list: its version, its date, what it holds, and how the last load went."""
    _may_look(request)
    now = timezone.now()
    rows = []
    for code in ListCode:
        standing = ListEntry.objects.filter(code=code, removed_at=None).count()
        last = ListLoad.objects.filter(code=code).order_by("-at", "-pk").first()
        rows.append((code.label, version_in_force(code), standing, last))
    context = {
        "now": now,
        "rows": rows,
        "loads": ListLoad.objects.select_related("by").order_by("-at", "-pk")[:LOADS_SHOWN],
        "runs": ScreeningRun.objects.order_by("-at", "-pk")[:LOADS_SHOWN],
        "may_propose": "hk_designation" in proposable_by(request.user),
    }
    return show(request, "backoffice/screening/lists.html", context, title="Screening lists")
