"""One application on the staff site: all there is of it, and what the reader may do with it."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from broker.backoffice.desk import show, staff_page
from broker.backoffice.propose_forms import proposable_by
from lending.margin.opening import obstacles
from onboarding.applications.application import Application, State
from onboarding.applications.checks import record_check, standings
from onboarding.applications.credit_decision import decision_of
from onboarding.applications.documents_needed import needed
from onboarding.applications.eligible import Category
from onboarding.applications.ownership import Circular, TooMuch
from onboarding.applications.party import held, shares
from onboarding.applications.people import confirmed_by
from onboarding.applications.pipeline import lines
from onboarding.applications.refusals import NotPossible
from onboarding.applications.request import Wanted
from onboarding.applications.review import (
    REVIEWS,
    Item,
    ask,
    assign,
    hand_back,
    pass_to_credit,
    stale_since,
    take,
)
from onboarding.applications.status import STATUS
from onboarding.applications.steps import TITLES, steps_for
from onboarding.applications.words import told_in_words
from onboarding.approvals import Proposal
from onboarding.hands import APPLICATION_CREDIT
from onboarding.users import Role, User

ITEMS = 4  # Things asked for in one form.


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def application(request: HttpRequest, number: str) -> HttpResponse:
    """The page, and on POST one act; an application one may not see is not there."""
    now = timezone.now()
    seen = Application.objects.visible_to(request.user)
    row = seen.select_related("manager", "officer", "client").filter(number=number).first()
    if row is None:
        raise Http404(f"no application {number}")
    if request.method == "POST":
        act = ACTS.get(request.POST.get("act", ""))
        try:
            if act is None:
                raise NotPossible("Choose what to do.")
            messages.success(request, act(request, row, now=now))
        except NotPossible as refusal:
            messages.error(request, str(refusal))
        return redirect("application", number)
    return show(
        request,
        "backoffice/applications/application.html",
        _page(request, row, now=now),
        title=str(row),
    )


def _page(request: HttpRequest, row: Application, *, now: datetime) -> dict:
    user = request.user
    parties = list(row.parties.select_related("user"))
    may = {
        "review": user.has_perm(REVIEWS),
        "read_why": user.has_perm("onboarding.read_checks"),
        "hand_back": user.has_perm(REVIEWS) or user.role in APPLICATION_CREDIT.proposes,
    }
    seen = Proposal.objects.visible_to(user, now=now)
    return {
        "now": now,
        "application": row,
        "line": lines([row], now=now)[0],
        "applicant_reads": STATUS[row.state][0],
        "category": Category(row.category).label if row.category else "",
        "parties": parties,
        "tree": _tree(row, parties),
        "told": told_in_words(row, now=now),
        "needed": needed(row, parties),
        "others": row.documents.filter(document__kind="other").select_related("document"),
        "standings": standings(row, now=now),
        "checks": row.checks.select_related("by").order_by("-pk"),
        "requests": row.requests.select_related("asked_by", "answered_by").order_by("-pk"),
        "confirmed": confirmed_by(row),
        "moves": row.moves.select_related("mover").order_by("-pk"),
        "decision": decision_of(row),
        "decisions": row.credit_decisions.select_related("maker", "checker").order_by("-pk"),
        "obstacles": obstacles(row, now=now) if row.state == State.CREDIT else [],
        "stale": stale_since(row, now=now),
        "proposals": seen.filter(payload__application=row.number).order_by("-pk"),
        "proposable": _proposable(user, row),
        "may": may,
        "managers": User.objects.filter(role=Role.RM, is_active=True).order_by("first_name"),
        "wanted": Wanted.choices,
        "steps": [(step, TITLES[step]) for step in steps_for(row.kind) if step != "confirm"],
        "items": range(ITEMS),
    }


def _proposable(user, row: Application) -> list[tuple[str, str]]:
    """What the reader may propose of it as it stands: command and words."""
    words = {
        "application_credit": ("Propose the credit limit", [State.CREDIT]),
        "open_account": ("Propose to open the account", [State.CREDIT]),
        "refuse_application": (
            "Propose to refuse it",
            [State.SUBMITTED, State.IN_REVIEW, State.INFORMATION_ASKED, State.CREDIT],
        ),
    }
    mine = proposable_by(user)
    return [
        (name, said)
        for name, (said, states) in words.items()
        if name in mine and row.state in states
    ]


def _tree(row: Application, parties: list) -> list[tuple]:
    """(depth, party, direct percent, share in the end) from the applicant firm upwards."""
    by_key = {party.pk: party for party in parties}
    holdings = held(row)
    roots = [party for party in row.applying() if not party.is_person]
    try:
        found = shares(row)
    except (TooMuch, Circular):
        return []
    branches: list[tuple] = []

    def climb(key: int, depth: int, path: tuple) -> None:
        for each in holdings:
            if each.owned == key:
                branches.append((depth, by_key[each.owner], each.percent, found.get(each.owner)))
                if each.owner not in path:
                    climb(each.owner, depth + 1, (*path, each.owner))

    for root in roots:
        branches.append((0, root, None, None))
        climb(root.pk, 1, (root.pk,))
    return branches


def _take(request, row, *, now) -> str:
    take(row, by=request.user, now=now)
    return f"{row.number} is yours."


def _assign(request, row, *, now) -> str:
    manager = User.objects.filter(username=request.POST.get("manager", ""), role=Role.RM).first()
    assign(row, manager, by=request.user, now=now)
    return f"{manager} will serve it."


def _ask(request, row, *, now) -> str:
    items = [
        Item(
            request.POST.get(f"wanted{place}", ""),
            request.POST.get(f"question{place}", ""),
            request.POST.get(f"step{place}", ""),
        )
        for place in range(ITEMS)
        if request.POST.get(f"question{place}", "").strip()
    ]
    ask(row, items, by=request.user, now=now)
    return "The applicant is asked."


def _check(request, row, *, now) -> str:
    record = record_check(
        row,
        request.POST.get("check", ""),
        passed=request.POST.get("passed") == "yes",
        evidence=request.POST.get("evidence", ""),
        reason=request.POST.get("reason", ""),
        by=request.user,
        now=now,
    )
    return f"{record}."


def _pass(request, row, *, now) -> str:
    pass_to_credit(row, by=request.user, reason=request.POST.get("reason", ""), now=now)
    return "It is with credit."


def _hand_back(request, row, *, now) -> str:
    hand_back(row, by=request.user, reason=request.POST.get("reason", ""), now=now)
    return "It is back in review."


ACTS = {
    "take": _take,
    "assign": _assign,
    "ask": _ask,
    "check": _check,
    "pass_to_credit": _pass,
    "hand_back": _hand_back,
}
