"""Corporate actions: what comes, what is missing, what was done, and what is due for it."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from broker.backoffice.desk import show, staff_page
from broker.backoffice.propose_forms import proposable_by
from broker.backoffice.upload import UploadForm
from collateral.actions.action import CorporateAction, unpriced_by_action
from collateral.actions.calendar import load_calendar, without_action
from collateral.assets import Asset
from collateral.tables import BadFile
from onboarding.hands import LOADS_FILES
from onboarding.payloads import today

AHEAD = timedelta(days=90)
DONE_SHOWN = 50


@require_safe
@staff_page
def corporate_actions(request: HttpRequest) -> HttpResponse:
    return _page(request, UploadForm())


@require_POST
@staff_page
def load_ex_dates(request: HttpRequest) -> HttpResponse:
    """Load a calendar of expected ex-dates; what is wrong with it is said on the page."""
    if request.user.role not in LOADS_FILES:
        raise PermissionDenied
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    try:
        loaded = load_calendar(form.content(), by=request.user, now=timezone.now())
    except BadFile as error:
        form.add_error("file", str(error))
        return _page(request, form)
    messages.success(
        request,
        f"{loaded.new} ex-dates are new, {loaded.known} were known, {loaded.foreign} are of"
        " shares that nobody pledges here.",
    )
    return redirect("corporate_actions")


def _page(request: HttpRequest, form: UploadForm) -> HttpResponse:
    if not request.user.has_perm("collateral.view_corporateaction"):
        raise PermissionDenied
    now = timezone.now()
    on = today(now)
    actions = CorporateAction.objects.select_related("asset", "into", "maker", "checker")
    due = Sum("entitlements__cash", filter=Q(entitlements__paid_at=None))
    done = actions.exclude(applied_at=None).annotate(due=due)
    proposable = proposable_by(request.user)
    context = {
        "now": now,
        "form": form,
        "may_load": request.user.role in LOADS_FILES,
        "missing": without_action(until=on + AHEAD),
        "today": on,
        "coming": actions.filter(applied_at=None).order_by("ex_date", "pk"),
        "done": done.order_by("-applied_at", "-pk")[:DONE_SHOWN],
        "unpriced": Asset.objects.filter(pk__in=unpriced_by_action(now=now)).order_by("code"),
        "may_propose": "corporate_action" in proposable,
        "may_pay": "pay_corporate_action" in proposable,
    }
    return show(
        request, "backoffice/corporate_actions/page.html", context, title="Corporate actions"
    )
