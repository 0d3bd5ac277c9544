"""Terms: what the client agrees to, each text read and accepted by itself, in either language."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from broker.portal.access import asked_for, client_page, own_client
from broker.portal.caller import device_of, ip_of
from broker.signin.step_up import is_fresh, second_factor_to_act
from onboarding.clients import Client
from onboarding.disclosures.acceptance import Acceptance, AcceptanceRefused, accept, required_of
from onboarding.disclosures.text import Disclosure, Language


@require_safe
@client_page
def disclosures(request: HttpRequest) -> HttpResponse:
    """Every text in force, what of it was accepted and when, for one client of the reader."""
    now = timezone.now()
    client = own_client(request)
    done = {
        each.disclosure_id: each
        for each in Acceptance.objects.filter(user=request.user, client=client)
    }
    rows = [(each, done.get(each.pk)) for each in required_of(now=now)]
    context = {
        "page": "terms",
        "now": now,
        "client": client,
        "clients": Client.objects.of(request.user).order_by("number"),
        "rows": rows,
        "left": sum(accepted is None for _, accepted in rows),
        "asked": asked_for(client),
    }
    return render(request, "portal/disclosures/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
@second_factor_to_act
def disclosure(request: HttpRequest, pk: int) -> HttpResponse:
    """One text to read and print, and on POST its acceptance; the next one follows."""
    now = timezone.now()
    client = own_client(request)
    text = get_object_or_404(Disclosure, pk=pk, effective_at__lte=now)
    language = request.POST.get("language") or request.GET.get("language", "")
    language = language if language in Language.values else Language.ENGLISH
    refusal = ""
    if request.method == "POST":
        refusal = _accepted(request, text, client, language, now=now)
        if not refusal:
            messages.success(request, f"You accepted: {text.title(language)}.")
            return redirect(reverse("portal:disclosures") + asked_for(client))
    context = {
        "page": "terms",
        "now": now,
        "client": client,
        "text": text,
        "title": text.title(language),
        "paragraphs": text.body(language).split("\n\n"),
        "sha256": text.sha256(language),
        "language": language,
        "languages": Language.choices,
        "is_newest": text in required_of(now=now),
        "accepted": Acceptance.objects.filter(
            user=request.user, client=client, disclosure=text
        ).first(),
        "refusal": refusal,
        "asked": asked_for(client),
    }
    status = 422 if refusal else 200
    return render(request, "portal/disclosures/text.html", context, status=status)


def _accepted(
    request: HttpRequest, text: Disclosure, client: Client | None, language: str, *, now: datetime
) -> str:
    """Accept it; the words of the refusal where it is refused."""
    if request.POST.get("read") != "yes":
        return "Say that you have read it and agree."
    try:
        accept(
            text,
            by=request.user,
            client=client,
            language=language,
            sha256=request.POST.get("sha256", ""),
            ip=ip_of(request),
            user_agent=device_of(request),
            shown=is_fresh(request),
            now=now,
        )
    except AcceptanceRefused as why:
        return str(why)
    return ""
