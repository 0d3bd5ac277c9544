"""My applications: those one fills in or signs, and the beginning of another."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from broker.portal.access import client_page
from onboarding.applications.application import Application
from onboarding.applications.refusals import NotPossible
from onboarding.applications.save import begin
from onboarding.applications.status import STATUS
from onboarding.clients import Kind

KINDS = {
    Kind.PERSON: "For yourself alone",
    Kind.JOINT: "For two or more persons together",
    Kind.CORPORATE: "A company or partnership",
    Kind.TRUST: "The trustees of a trust",
    Kind.INSTITUTION: "A bank, broker, fund or the like, named in the law",
}
MOST_OPEN = 10


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def applications(request: HttpRequest) -> HttpResponse:
    mine = Application.objects.of(request.user).prefetch_related("parties").order_by("-pk")
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        try:
            if mine.open().count() >= MOST_OPEN:
                raise NotPossible(f"{MOST_OPEN} applications are open already: finish one first.")
            made = begin(kind, by=request.user, now=timezone.now())
        except NotPossible as refusal:
            messages.error(request, str(refusal))
        else:
            return redirect("portal:application", made.number)
    context = {
        "rows": [(each, STATUS[each.state][0]) for each in mine],
        "kinds": [(kind.value, kind.label, words) for kind, words in KINDS.items()],
        "page": "applications",
    }
    return render(request, "portal/applications/page.html", context)
