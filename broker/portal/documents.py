"""Documents: what the client gave us, and a form to give more."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from broker.portal.access import client_page
from broker.uploads import uploaded
from onboarding.clients import Client
from onboarding.documents.document import Document, Kind
from onboarding.documents.take_in import ACCEPT, DocumentRefused, GivenBefore, take_in

SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def documents(request: HttpRequest) -> HttpResponse:
    """A file goes to the one client that its giver signs for; before there is one, to nobody."""
    now = timezone.now()
    refusal = ""
    if request.method == "POST":
        try:
            made = take_in(
                uploaded(request, "file"),
                kind=request.POST.get("kind", ""),
                by=request.user,
                client=_client_of(request.user),
                now=now,
            )
        except GivenBefore as known:
            messages.info(request, str(known))
            return redirect("portal:documents")
        except DocumentRefused as why:
            refusal = str(why)
        else:
            messages.success(request, f"We have your file “{made.name}”.")
            return redirect("portal:documents")
    context = {
        "page": "documents",
        "now": now,
        "documents": Document.objects.kept()
        .filter(uploaded_by=request.user, restricted=False)
        .order_by("-uploaded_at", "-pk")[:SHOWN],
        "kinds": Kind.choices,
        "chosen": request.POST.get("kind", ""),
        "refusal": refusal,
        "accept": ACCEPT,
        "most": settings.LARGEST_UPLOAD // 1_000_000,
    }
    return render(request, "portal/documents/page.html", context, status=422 if refusal else 200)


def _client_of(user) -> Client | None:
    clients = list(Client.objects.of(user)[:2])
    return clients[0] if len(clients) == 1 else None
