"""The pipeline of applications: whose turn it is, for how long, and what comes next."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from broker.backoffice.desk import show, staff_page
from onboarding.applications.application import ENDED, WITH_US, Application, State
from onboarding.applications.pipeline import lines

PER_PAGE = 50
TABS = (
    ("us", "With us", WITH_US),
    ("applicant", "With the applicant", (State.INFORMATION_ASKED, State.DRAFT)),
    ("ended", "Ended", ENDED),
)
SEES = "onboarding.read_applications"


@require_safe
@staff_page
def applications(request: HttpRequest) -> HttpResponse:
    """One tab, the longest waiting first; `mine` narrows it to those the reader looks after."""
    if not request.user.has_perm(SEES):
        raise PermissionDenied
    now = timezone.now()
    seen = Application.objects.visible_to(request.user)
    states = {name: which for name, _, which in TABS}
    tab = request.GET.get("show", "us")
    tab = tab if tab in states else "us"
    rows = seen.filter(state__in=states[tab])
    mine = "mine" in request.GET
    if mine:
        rows = rows.filter(officer=request.user)
    rows = rows.order_by("-state_since" if tab == "ended" else "state_since", "pk")
    rows = rows.select_related("manager", "officer", "client").prefetch_related("parties")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "now": now,
        "tab": tab,
        "mine": mine,
        "tabs": [
            (name, words, None if name == "ended" else seen.filter(state__in=which).count())
            for name, words, which in TABS
        ],
        "page": page,
        "lines": lines(page.object_list, now=now),
    }
    return show(request, "backoffice/applications/pipeline.html", context, title="Applications")
