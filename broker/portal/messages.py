"""Messages: what the client and the house wrote each other, and a line to write more."""

from django.conf import settings
from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from broker.portal.access import asked_for, client_page, own_client
from broker.writing import sent
from onboarding.clients import Client
from onboarding.documents.take_in import ACCEPT
from onboarding.messages.message import (
    LONGEST,
    Conversation,
    Message,
    mark_read,
)

SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def conversation(request: HttpRequest) -> HttpResponse:
    """The conversation of one client of the reader, or of the applicant that the reader is."""
    now = timezone.now()
    client = own_client(request)
    talk = Conversation(client, None if client else request.user)
    refusal = ""
    if request.method == "POST":
        refusal = sent(request, talk, now=now)
        if not refusal:
            flash.success(request, "Your message is with us.")
            return redirect(request.get_full_path())
    rows = Message.objects.visible_to(request.user, now=now).of(talk)
    shown = list(
        rows.select_related("author").prefetch_related("documents").order_by("-pk")[:SHOWN]
    )
    if request.method == "GET":
        mark_read(
            Message.objects.filter(pk__in=[each.pk for each in shown]), by=request.user, now=now
        )
    context = {
        "page": "messages",
        "now": now,
        "client": client,
        "clients": Client.objects.of(request.user).order_by("number"),
        "shown": shown,
        "has_more": rows.count() > len(shown),
        "body": request.POST.get("body", "") if refusal else "",
        "refusal": refusal,
        "longest": LONGEST,
        "accept": ACCEPT,
        "most": settings.LARGEST_UPLOAD // 1_000_000,
        "asked": asked_for(client),
    }
    return render(request, "portal/messages/page.html", context, status=422 if refusal else 200)
