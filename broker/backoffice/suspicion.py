"""Suspicion: everybody's report to the MLRO, and the MLRO's cases, which nobody else finds."""

from datetime import date

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from broker.backoffice.desk import show, staff_page
from lending.liquidation.held import held_sales
from onboarding.clients import Client
from onboarding.payloads import LONGEST_TEXT, today
from onboarding.screening.cases import (
    Case,
    CaseState,
    Refused,
    StopState,
    close,
    lift,
    note,
    report_suspicion,
    report_to_jfiu,
    stop,
)
from onboarding.users import Role

PER_PAGE = 50


def _for_the_mlro(request: HttpRequest) -> None:
    """To anybody else there is no such page."""
    if not request.user.has_perm("onboarding.view_suspicion"):
        raise Http404


@require_safe
@staff_page
def cases(request: HttpRequest) -> HttpResponse:
    """Every case, open ones first, and the short accounts whose sales stand still."""
    _for_the_mlro(request)
    now = timezone.now()
    rows = Case.objects.visible_to(request.user).select_related("client", "opened_by")
    open_ones = rows.exclude(state=CaseState.CLOSED).order_by("-opened_at", "-pk")
    ended = rows.filter(state=CaseState.CLOSED).order_by("-closed_at", "-pk")
    context = {
        "now": now,
        "open": open_ones.prefetch_related("stops"),
        "page": Paginator(ended, PER_PAGE).get_page(request.GET.get("page")),
        "held": held_sales(now=now),
    }
    return show(request, "backoffice/suspicion/cases.html", context, title="Suspicion cases")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """One case with its notes, its report and its stop, and on POST one act of the MLRO."""
    _for_the_mlro(request)
    now = timezone.now()
    row = Case.objects.visible_to(request.user).filter(pk=pk)
    row = row.select_related("client", "opened_by", "hit").first()
    if row is None:
        raise Http404(f"no case {pk}")
    if request.method == "POST" and _acted(request, row, now=now):
        return redirect("suspicion_case", row.pk)
    stops = list(row.stops.order_by("pk"))
    context = {
        "now": now,
        "today": today(now),
        "case": row,
        "stops": stops,
        "is_stopped": any(each.state == StopState.ACTIVE for each in stops),
        "notes": row.notes.select_related("by").order_by("pk"),
        "moves": row.moves.select_related("mover").order_by("pk"),
        "text": request.POST.get("text", ""),
    }
    return show(request, "backoffice/suspicion/case.html", context, title=str(row))


def _acted(request: HttpRequest, row: Case, *, now) -> bool:
    text, by = request.POST.get("text", "")[:LONGEST_TEXT], {"by": request.user, "now": now}
    try:
        match request.POST.get("act", ""):
            case "note":
                note(row, text, **by)
            case "report":
                on = _day(request.POST.get("reported_date", ""))
                reference = request.POST.get("reference", "")
                report_to_jfiu(row, reference=reference, on=on, reason=text, **by)
            case "stop":
                stop(row, reason=text, **by)
            case "lift":
                held = row.stops.filter(state=StopState.ACTIVE).first()
                if held is None:
                    raise Refused("There is nothing to lift.")
                lift(held, reason=text, **by)
            case "close":
                close(row, outcome=text, **by)
            case _:
                raise Refused("Say what is to be done.")
    except Refused as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, "Done.")
    return True


def _day(words: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise Refused("The day of the report is missing.") from None


class ReportForm(forms.Form):
    """What a member of staff tells the MLRO."""

    client = forms.CharField(label="Client number", max_length=12)
    suspicion = forms.CharField(
        label="What you saw", max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 5})
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def report(request: HttpRequest) -> HttpResponse:
    """Anybody of the staff tells the MLRO; what becomes of it is not shown here or anywhere."""
    if request.user.role == Role.AUDITOR:
        raise PermissionDenied
    now = timezone.now()
    form = ReportForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        seen = Client.objects.visible_to(request.user, on=today(now))
        client = seen.filter(number=form.cleaned_data["client"]).first()
        if client is None:
            form.add_error("client", "There is no such client among yours.")
        else:
            report_suspicion(client, form.cleaned_data["suspicion"], by=request.user, now=now)
            messages.success(request, "The MLRO has your report. Speak of it to nobody else.")
            return redirect("admin:index")
    return show(
        request, "backoffice/suspicion/report.html", {"form": form}, title="Report to the MLRO"
    )
