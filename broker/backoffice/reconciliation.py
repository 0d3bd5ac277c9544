"""Reconciliation: what is open and whose it is, the last runs, and statements brought by hand."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from broker.backoffice.desk import show, staff_page
from broker.backoffice.propose_forms import proposable_by
from broker.backoffice.upload import UploadForm
from broker.notices.custody import announce_differences
from broker.reports.custody_exceptions import places_unstated
from broker.reports.repledge import repledge_report
from collateral.custody.difference import Difference, DifferenceState, ReconciliationRun
from collateral.custody.places import CustodyPlace
from collateral.custody.reconcile import reconcile
from collateral.custody.statement import latest_statements, load_statement
from collateral.tables import BadFile
from onboarding.hands import LOADS_FILES
from onboarding.lifecycle import move

RUNS_SHOWN = 30
OPEN_SHOWN = 500
OLD = timedelta(days=3)


class StatementForm(UploadForm):
    place = forms.ModelChoiceField(CustodyPlace.objects.order_by("code"), to_field_name="code")
    as_of = forms.DateTimeField(
        label="As of",
        help_text="Hong Kong time, as the statement says.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    field_order = ["place", "as_of", "file"]


@require_safe
@staff_page
def reconciliation(request: HttpRequest) -> HttpResponse:
    return _page(request, StatementForm())


@require_POST
@staff_page
def load_place_statement(request: HttpRequest) -> HttpResponse:
    """Keep a statement and compare it at once; what is wrong with the file is said on the page."""
    _refuse_others(request)
    form = StatementForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    now = timezone.now()
    said = form.cleaned_data
    try:
        statement = load_statement(
            said["place"],
            form.content(),
            name=said["file"].name,
            as_of=said["as_of"],
            by=request.user,
            now=now,
        )
    except BadFile as error:
        form.add_error("file", str(error))
        return _page(request, form)
    _compared(request, [reconcile(statement, by=request.user, now=now)], now=now)
    return redirect("reconciliation")


@require_POST
@staff_page
def compare_again(request: HttpRequest) -> HttpResponse:
    """The last statement of each place, compared with the register as it is known now."""
    _refuse_others(request)
    now = timezone.now()
    runs = [reconcile(each, by=request.user, now=now) for each in latest_statements()]
    _compared(request, runs, now=now)
    return redirect("reconciliation")


@require_POST
@staff_page
def take_difference(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever loads statements may look into a difference, and then it is theirs."""
    _refuse_others(request)
    found = get_object_or_404(Difference, pk=pk, state=DifferenceState.OPEN)
    move(
        found,
        Difference.hand_to,
        reason="taken over",
        mover=request.user,
        owner=request.user,
        now=timezone.now(),
    )
    messages.success(request, f"{found} is yours.")
    return redirect("reconciliation")


def _refuse_others(request: HttpRequest) -> None:
    if request.user.role not in LOADS_FILES:
        raise PermissionDenied


def _compared(request: HttpRequest, runs: list[ReconciliationRun], *, now) -> None:
    announce_differences(runs, now=now)
    differing = sum(run.differing for run in runs)
    compared = sum(run.compared for run in runs)
    say = messages.warning if differing else messages.success
    say(request, f"{compared} lines compared, {differing} differ.")


def _page(request: HttpRequest, form: StatementForm) -> HttpResponse:
    if not request.user.has_perm("collateral.view_difference"):
        raise PermissionDenied
    now = timezone.now()
    found = Difference.objects.filter(state=DifferenceState.OPEN).select_related(
        "place", "owner", "client"
    )
    runs = ReconciliationRun.objects.select_related("statement__place", "by").order_by("-pk")
    context = {
        "now": now,
        "form": form,
        "differences": [
            (each, each.age_days(now=now), now - each.opened_at >= OLD)
            for each in found.order_by("opened_at", "pk")[:OPEN_SHOWN]
        ],
        "open": found.count(),
        "unstated": places_unstated(now=now),
        "runs": runs[:RUNS_SHOWN],
        "repledge": repledge_report(now=now),
        "may_load": request.user.role in LOADS_FILES,
        "may_close": "close_difference" in proposable_by(request.user),
    }
    return show(request, "backoffice/reconciliation/page.html", context, title="Reconciliation")
