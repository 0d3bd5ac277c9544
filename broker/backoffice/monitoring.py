"""The alerts of the transaction monitoring: what was found, the movements, and the decision."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_safe

from broker.backoffice.desk import show, staff_page
from onboarding.clients import Client
from onboarding.screening.cases import Refused
from onboarding.screening.hits import SCREENERS
from onboarding.screening.monitoring.alerts import Alert, AlertState, clear, escalate

PER_PAGE = 50
TABS = (("open", "Open"), ("decided", "Decided"))
DECISIONS = {"clear": (clear, "cleared"), "escalate": (escalate, "given to the MLRO")}


def _may_look(request: HttpRequest) -> None:
    if not request.user.has_perm("onboarding.view_monitoring"):
        raise PermissionDenied


@require_safe
@staff_page
def alerts(request: HttpRequest) -> HttpResponse:
    """The open alerts, the oldest first, or those that were decided."""
    _may_look(request)
    tab = request.GET.get("show", "open")
    tab = tab if tab in dict(TABS) else "open"
    rows = Alert.objects.visible_to(request.user).select_related("client", "decided_by")
    if tab == "open":
        rows = rows.filter(state=AlertState.OPEN).order_by("raised_at", "pk")
    else:
        rows = rows.exclude(state=AlertState.OPEN).order_by("-decided_at", "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"now": timezone.now(), "tab": tab, "tabs": TABS, "page": page}
    return show(request, "backoffice/monitoring/alerts.html", context, title="Alerts")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """One alert, and on POST its decision."""
    _may_look(request)
    now = timezone.now()
    row = Alert.objects.visible_to(request.user).filter(pk=pk)
    row = row.select_related("client", "decided_by").first()
    if row is None:
        raise Http404(f"no alert {pk}")
    reason = request.POST.get("reason", "")
    if request.method == "POST":
        decide, words = DECISIONS.get(request.POST.get("decision", ""), (None, ""))
        try:
            if decide is None:
                raise Refused("Clear it or give it to the MLRO.")
            decide(row, reason=reason, by=request.user, now=now)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{row}: {words}.")
            return redirect("alerts")
    clients = Client.objects.in_bulk(row.clients)
    context = {
        "now": now,
        "alert": row,
        "flows": [
            (kind, amount, parse_datetime(at), ref, clients.get(client))
            for kind, amount, at, ref, client in row.flows
        ],
        "circle": [clients[key] for key in row.clients if key in clients],
        "thresholds": sorted(row.thresholds.items()),
        "may_decide": request.user.role in SCREENERS and row.state == AlertState.OPEN,
        "reason": reason,
    }
    return show(request, "backoffice/monitoring/alert.html", context, title="Alert")
