"""Documents of an application: what is needed, what is there, and the upload."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from broker.portal.access import client_page
from broker.portal.applying import application_of, show_step
from broker.uploads import uploaded
from onboarding.applications.documents_needed import attach, needed
from onboarding.applications.refusals import NotPossible
from onboarding.documents.document import Kind
from onboarding.documents.take_in import ACCEPT, DocumentRefused


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def papers(request: HttpRequest, number: str) -> HttpResponse:
    """One file at a time, each judged at once, with the answer beside where it was chosen."""
    now = timezone.now()
    application = application_of(request.user, number)
    refusal, chosen = "", ""
    if request.method == "POST":
        chosen = request.POST.get("what", "")
        kind, _, key = chosen.partition(":")
        party = None
        if key.isascii() and key.isdecimal() and len(key) < 19:
            party = application.parties.filter(pk=int(key)).first()
        try:
            held = attach(
                application,
                uploaded(request, "file"),
                kind=kind,
                party=party,
                by=request.user,
                now=now,
            )
        except (DocumentRefused, NotPossible) as why:
            refusal = str(why)
        else:
            messages.success(request, f"{held.document.name} is there.")
            return redirect("portal:papers", number)
    every = needed(application, list(application.parties.all()))
    asked = {row.pk for each in every for row in each.given}
    context = {
        "needed": every,
        "others": application.documents.exclude(pk__in=asked).select_related("document"),
        "other": Kind.OTHER.value,
        "accept": ACCEPT,
        "refusal": refusal,
        "chosen": chosen,
    }
    return show_step(request, application, "documents", "portal/papers/page.html", context, now=now)
