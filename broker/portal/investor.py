"""Your status: whether you are a professional investor, until when, what to bring; and the test."""

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from broker.portal.access import client_of, client_page
from onboarding.clients import Client, Kind, manager_of
from onboarding.eligibility import Category
from onboarding.investors.exemptions import Exemption, exemptions
from onboarding.investors.knowledge import (
    PaperRefused,
    answer,
    knows,
    marked,
    paper_of,
    pause_of,
    start,
)
from onboarding.investors.limits import (
    ACCOUNTS_AGE,
    EVIDENCE_AGE,
    months_of,
    reminder_days,
    thresholds,
)
from onboarding.investors.questions import LANGUAGES
from onboarding.investors.standing import pi_gate, status_of
from onboarding.investors.status import CATEGORIES_OF, PROVES, EvidenceType
from onboarding.payloads import as_hkd, today


@dataclass(frozen=True, slots=True)
class Bring:
    """A paper that would prove it, and how old it may be."""

    what: str
    months: int


@require_safe
@client_page
def investor(request: HttpRequest, number: str) -> HttpResponse:
    now = timezone.now()
    client = client_of(request.user, number)
    on = today(now)
    status = status_of(client, on=on)
    context = {
        "client": client,
        "page": "investor",
        "account": client.margin_accounts.order_by("number").first(),
        "now": now,
        "status": status,
        "why_not": None if status else pi_gate(client, on=on),
        "evidence": status.evidence.order_by("pk") if status else [],
        "is_soon": bool(status) and _days_left(status.until_date, on) <= reminder_days(now=now)[-1],
        "days_left": _days_left(status.until_date, on) if status else None,
        "needed": _needed(client, now=now),
        "bring": _bring(client, now=now),
        "manager": manager_of(client, on=on),
        "knows": knows(client, on=on),
        "need_not_know": Exemption.KNOWLEDGE_TEST in exemptions(client, on=on),
    }
    return render(request, "portal/investor/page.html", context)


def _days_left(until: date, on: date) -> int:
    return (until - on).days


def _needed(client: Client, *, now: datetime) -> str:
    """What makes a client of that kind a professional investor, in one sentence."""
    level = thresholds(now=now)
    portfolio = as_hkd(level.individual_portfolio)
    return {
        Kind.PERSON: f"A portfolio of {portfolio} or more.",
        Kind.JOINT: f"A portfolio of {portfolio} or more of each holder.",
        Kind.CORPORATE: (
            f"A portfolio of {as_hkd(level.corporate_portfolio)} or more, or total assets of"
            f" {as_hkd(level.corporate_assets)} or more; or a holding company that belongs wholly"
            " to professional investors."
        ),
        Kind.TRUST: f"Assets of {as_hkd(level.trust_assets)} or more entrusted to you.",
        Kind.INSTITUTION: "An institution named in the Ordinance.",
    }[Kind(client.kind)]


def _bring(client: Client, *, now: datetime) -> list[Bring]:
    categories = CATEGORIES_OF[client.kind]
    types = set().union(*(PROVES[Category(category)] for category in categories))
    usual, accounts = months_of(EVIDENCE_AGE, now=now), months_of(ACCOUNTS_AGE, now=now)
    return [
        Bring(
            EvidenceType(each).label, accounts if each == EvidenceType.AUDITED_ACCOUNTS else usual
        )
        for each in sorted(types)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def knowledge(request: HttpRequest, number: str) -> HttpResponse:
    """The paper, the marks of the last one, or the way to begin."""
    now = timezone.now()
    client = client_of(request.user, number)
    if request.method == "POST":
        try:
            if "begin" in request.POST:
                start(client, by=request.user, language=_language(request.POST), now=now)
            elif not _answered(request, client, now=now):
                return _paper(request, client, now=now, wrong="Answer every question.")
        except PaperRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("portal:knowledge", client.number)
    return _paper(request, client, now=now)


def _answered(request: HttpRequest, client: Client, *, now: datetime) -> bool:
    """Mark the paper that is named; False where a question is without an answer."""
    key = _number(request.POST.get("paper"))
    paper = client.attempts.filter(user=request.user, pk=key).first() if key is not None else None
    if paper is None:
        raise PaperRefused("There is no such paper. Begin the test again.")
    given = {}
    for pk in paper.questions:
        choice = _number(request.POST.get(f"question-{pk}"))
        if choice is not None:
            given[pk] = choice
    if paper.finished_at is None and len(given) < len(paper.questions):
        return False
    answer(paper, given, by=request.user, now=now)
    return True


def _number(said: str | None) -> int | None:
    return int(said) if said and said.isascii() and said.isdecimal() and len(said) < 19 else None


def _language(said) -> str:
    language = said.get("language", "en")
    return language if language in dict(LANGUAGES) else "en"


def _paper(request: HttpRequest, client: Client, *, now: datetime, wrong: str = "") -> HttpResponse:
    mine = client.attempts.filter(user=request.user)
    paper = mine.filter(finished_at=None).first()
    last = mine.exclude(finished_at=None).order_by("-finished_at", "-pk").first()
    language = _language(request.GET) if "language" in request.GET else None
    language = language or (paper or last).language if (paper or last) else language or "en"
    context = {
        "client": client,
        "page": "investor",
        "account": client.margin_accounts.order_by("number").first(),
        "now": now,
        "paper": paper,
        "questions": [
            (pk, wording, request.POST.get(f"question-{pk}"))
            for pk, wording in (paper_of(paper, language=language) if paper else [])
        ],
        "last": None if paper else last,
        "marked": [] if paper or last is None else marked(last, language=language),
        "pause": None if paper else pause_of(client, by=request.user, now=now),
        "knows": knows(client, on=today(now)),
        "language": language,
        "languages": LANGUAGES,
        "wrong": wrong,
    }
    return render(request, "portal/investor/test.html", context)
