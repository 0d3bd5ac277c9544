"""How the staff site looks and what stands at its side: read by its library through settings."""

from dataclasses import dataclass

from django.contrib import admin
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone

from onboarding.approvals import Proposal


@dataclass(frozen=True, slots=True)
class _Page:
    """The list of one model; who may look at the model has it in the navigation."""

    model: str
    title: str
    icon: str


@dataclass(frozen=True, slots=True)
class _View:
    """A page of our own, for whoever holds `permission`; `url` is its name."""

    permission: str
    url: str
    title: str
    icon: str


_GROUPS = (
    (
        "Risk",
        _Page("lending.marginaccount", "Margin accounts", "account_balance_wallet"),
        _Page("lending.margincall", "Margin calls", "notification_important"),
        _Page("onboarding.client", "Clients", "group"),
        _Page("lending.creditlimitchange", "Credit limits", "speed"),
    ),
    (
        "Deals",
        _Page("lending.order", "Orders", "swap_horiz"),
        _Page("lending.draw", "Draws", "north_east"),
        _Page("lending.repayment", "Repayments", "south_west"),
        _Page("lending.deficit", "Deficits", "trending_down"),
        _Page("collateral.movement", "Units moved", "move_item"),
    ),
    (
        "Books",
        _Page("lending.entry", "Entries", "menu_book"),
        _Page("lending.posting", "Postings", "sync_alt"),
        _Page("lending.ledgeraccount", "Ledger accounts", "account_tree"),
        _Page("lending.accrual", "Interest by day", "percent"),
    ),
    (
        "Market",
        _Page("collateral.asset", "Assets", "toll"),
        _Page("collateral.haircut", "Haircuts", "content_cut"),
        _View("collateral.view_price", "prices_now", "Prices now", "sensors"),
        _Page("collateral.price", "Prices", "show_chart"),
        _Page("collateral.heldback", "Held back prices", "front_hand"),
        _Page("collateral.manualprice", "Prices by hand", "edit_note"),
        _Page("collateral.fileclose", "Approved closes", "fact_check"),
        _Page("collateral.priceincident", "Incidents of prices", "crisis_alert"),
        _Page("collateral.venuehealth", "Venues", "dns"),
    ),
    (
        "House",
        _Page("onboarding.legalentity", "Legal entities", "domain"),
        _Page("onboarding.productswitch", "Product switches", "toggle_on"),
        _Page("onboarding.approvalsize", "Approval sizes", "straighten"),
        _View("onboarding.view_parametervalue", "parameters", "Parameters", "page_info"),
        _Page("onboarding.parametervalue", "Parameter values", "history_edu"),
        _Page("lending.marginterms", "Margin terms", "tune"),
        _Page("lending.benchmarkrate", "Benchmark rates", "account_balance"),
        _Page("broker.storedreport", "Reports", "description"),
        _Page("broker.notice", "Notices", "mail"),
        _Page("broker.jobrun", "Jobs", "schedule"),
    ),
    (
        "History",
        _Page("lending.marginmove", "Account moves", "history"),
        _Page("lending.margincallmove", "Call moves", "history"),
        _Page("lending.ordermove", "Order moves", "history"),
    ),
)


def navigation(request) -> list[dict]:
    """What the reader may open, in groups; a group of nothing is left out."""
    shown = {
        model._meta.label_lower: model_admin
        for model, model_admin in admin.site._registry.items()
        if model_admin.has_view_permission(request)
    }
    first = [{"title": "Overview", "icon": "home", "link": reverse("admin:index")}]
    if request.user.has_perm("broker.view_live_book"):
        first.append({"title": "Live book", "icon": "monitoring", "link": reverse("live_book")})
    first.append(_approvals(request))
    groups = [{"items": first}]
    for title, *pages in _GROUPS:
        items = [item for page in pages if (item := _item(page, request, shown))]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def _approvals(request) -> dict:
    item = {"title": "Approvals", "icon": "how_to_reg", "link": reverse("approvals")}
    waiting = Proposal.objects.waiting_for(request.user, now=timezone.now()).count()
    return item | ({"badge": str(waiting), "badge_variant": "danger"} if waiting else {})


def _item(page: _Page | _View, request, shown: dict) -> dict | None:
    """None where the reader may not open the page."""
    if isinstance(page, _View):
        if not request.user.has_perm(page.permission):
            return None
        return {"title": page.title, "icon": page.icon, "link": reverse(page.url)}
    if page.model not in shown:
        return None
    item = {
        "title": page.title,
        "icon": page.icon,
        "link": reverse(f"admin:{page.model.replace('.', '_')}_changelist"),
    }
    if page.model == "lending.margincall":
        open_calls = shown[page.model].get_queryset(request).filter(ended_at=None).count()
        if open_calls:
            item |= {"badge": str(open_calls), "badge_variant": "danger"}
    return item


def stylesheet(request) -> str:
    return static("staff/staff.css")


def mark(request) -> str:
    return static("harbour/mark.svg")
