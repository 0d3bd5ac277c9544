"""How the staff site looks and what stands at its side: read by its library through settings."""

from dataclasses import dataclass

from django.contrib import admin
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone

from onboarding.approvals import Proposal
from onboarding.messages.message import READ as READ_MESSAGES
from onboarding.users import Role


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
        "Onboarding",
        _View("onboarding.read_applications", "applications", "Applications", "person_add"),
    ),
    (
        "Risk",
        _Page("lending.marginaccount", "Margin accounts", "account_balance_wallet"),
        _Page("lending.margincall", "Margin calls", "notification_important"),
        _Page("onboarding.client", "Clients", "group"),
        _View(READ_MESSAGES, "staff_messages", "Messages", "forum"),
        _Page("onboarding.document", "Documents", "folder"),
        _Page("onboarding.acceptance", "Terms accepted", "task_alt"),
        _Page("lending.creditlimitchange", "Credit limits", "speed"),
        _View("onboarding.view_investorstatus", "investors", "Professional investors", "verified"),
        _View("onboarding.view_connection", "groups", "Connected clients", "hub"),
        _Page("lending.grouplimit", "Group limits", "workspaces"),
        _Page("onboarding.creditassessment", "Credit assessments", "fact_check"),
        _View("onboarding.view_creditassessment", "credit_reviews", "Reviews", "event_upcoming"),
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
        _Page("broker.accountdocument", "Clients' documents", "receipt_long"),
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
        "Financial crime",
        _View("onboarding.view_screening", "screening", "Screening", "person_search"),
        _View("onboarding.view_screening", "screening_lists", "Lists", "format_list_bulleted"),
        _View("onboarding.view_monitoring", "alerts", "Alerts", "radar"),
        _View("onboarding.view_held_payments", "payments", "Payments", "payments"),
        _View("onboarding.view_suspicion", "suspicion", "Suspicion cases", "shield"),
    ),
    (
        "Custody",
        _View("collateral.view_difference", "reconciliation", "Reconciliation", "balance"),
        _View("collateral.view_placelicence", "custody_places", "Custody places", "lock"),
        _View(
            "collateral.view_corporateaction",
            "corporate_actions",
            "Corporate actions",
            "call_split",
        ),
        _Page("collateral.corporateaction", "Actions entered", "history_edu"),
        _Page("collateral.difference", "Differences", "difference"),
        _Page("collateral.placelicence", "Licences of places", "badge"),
    ),
    (
        "House",
        _Page("onboarding.legalentity", "Legal entities", "domain"),
        _Page("onboarding.productswitch", "Product switches", "toggle_on"),
        _Page("onboarding.approvalsize", "Approval sizes", "straighten"),
        _View("onboarding.view_parametervalue", "parameters", "Parameters", "page_info"),
        _Page("onboarding.parametervalue", "Parameter values", "history_edu"),
        _Page("lending.marginterms", "Margin terms", "tune"),
        _Page("onboarding.disclosure", "Texts for clients", "gavel"),
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
        _Page("onboarding.documentreading", "Documents read", "visibility"),
        _Page("onboarding.investorstatus", "Investor assessments", "history_edu"),
        _Page("onboarding.connection", "Ties of clients", "history_edu"),
        _Page("onboarding.enquiry", "Enquiries", "history_edu"),
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
    first.append({"title": "Your sign-in", "icon": "key", "link": reverse("mfa_index")})
    if request.user.role != Role.AUDITOR:
        page = reverse("report_suspicion")
        first.append({"title": "Report to the MLRO", "icon": "flag", "link": page})
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
