"""Messages on the staff site: who waits for an answer, and each conversation with its reply."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from broker.backoffice.desk import show, staff_page
from broker.writing import sent
from onboarding.clients import Client
from onboarding.documents.take_in import ACCEPT
from onboarding.messages.message import (
    LONGEST,
    READ,
    Conversation,
    Message,
    mark_read,
    may_write,
)
from onboarding.messages.unanswered import conversations, unanswered, waiting
from onboarding.payloads import today
from onboarding.users import Role, User

PER_PAGE = 50
SHOWN = 200
TABS = {"unanswered": "Wait for an answer", "all": "All"}


@require_safe
@staff_page
def overview(request: HttpRequest) -> HttpResponse:
    """The conversations that the reader may see, the longest wait first."""
    _refuse_others(request.user)
    now = timezone.now()
    tab = request.GET.get("show", "")
    tab = tab if tab in TABS else "unanswered"
    rows = (conversations if tab == "all" else unanswered)(request.user, now=now)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "now": now,
        "tab": tab,
        "tabs": TABS.items(),
        "page": page,
        "rows": [(each, *_address(each.conversation)) for each in waiting(page)],
    }
    return show(request, "backoffice/messages/overview.html", context, title="Messages")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def conversation(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """One conversation; on POST an answer. What the reader has no part in is not there."""
    _refuse_others(request.user)
    now = timezone.now()
    talk = _conversation(request.user, kind, key, now=now)
    writes = may_write(request.user, talk, now=now)
    refusal = ""
    if request.method == "POST":
        refusal = sent(request, talk, now=now) if writes else "You read here and do not write."
        if not refusal:
            flash.success(request, "Sent.")
            return redirect(request.path)
    rows = Message.objects.visible_to(request.user, now=now).of(talk)
    shown = list(
        rows.select_related("author").prefetch_related("documents", "reads").order_by("-pk")[:SHOWN]
    )
    if request.method == "GET":
        mark_read(
            Message.objects.filter(pk__in=[each.pk for each in shown]), by=request.user, now=now
        )
    context = {
        "now": now,
        "talk": talk,
        "shown": shown,
        "may_write": writes,
        "body": request.POST.get("body", "") if refusal else "",
        "refusal": refusal,
        "longest": LONGEST,
        "accept": ACCEPT,
        "most": settings.LARGEST_UPLOAD // 1_000_000,
    }
    template = "backoffice/messages/conversation.html"
    page = show(request, template, context, title=f"Messages with {talk}")
    page.status_code = 422 if refusal else 200
    return page


def _refuse_others(user) -> None:
    if not user.has_perm(READ):
        raise PermissionDenied


def _conversation(user, kind: str, key: str, *, now: datetime) -> Conversation:
    if kind == "client":
        clients = Client.objects.visible_to(user, on=today(now))
        return Conversation(client=get_object_or_404(clients, number=key))
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        raise Http404(f"no applicant {key}")
    talk = Conversation(applicant=get_object_or_404(User, pk=key, role=Role.CLIENT))
    known = Message.objects.visible_to(user, now=now).of(talk).exists()
    if not known and (user.role == Role.RM or not _has_no_client(talk.applicant)):
        raise Http404(f"no applicant {key}")
    return talk


def _has_no_client(applicant: User) -> bool:
    return not Client.objects.of(applicant).exists()


def _address(talk: Conversation) -> tuple[str, str]:
    """The two words of the address of its page."""
    if talk.client:
        return "client", talk.client.number
    return "applicant", str(talk.applicant.pk)
