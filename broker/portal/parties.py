"""People and firms of an application: who is entered, and the form of each."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from broker.portal.access import client_page
from broker.portal.applying import application_of, show_step
from broker.portal.step import version_given
from onboarding.applications.party import Nature
from onboarding.applications.party_form import roles_for
from onboarding.applications.refusals import ChangedMeanwhile, Incomplete, NotPossible
from onboarding.applications.save import party_form, remove_party, save_party, version_of


@require_safe
@client_page
def parties(request: HttpRequest, number: str) -> HttpResponse:
    now = timezone.now()
    application = application_of(request.user, number)
    context = {
        "parties": application.parties.select_related("user"),
        "natures": [each for each in Nature if roles_for(application.kind, each)],
    }
    return show_step(request, application, "parties", "portal/parties/page.html", context, now=now)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def party(
    request: HttpRequest, number: str, nature: str = "", pk: int | None = None
) -> HttpResponse:
    """A new one of `nature`, or the one that is entered as `pk`."""
    now = timezone.now()
    application = application_of(request.user, number)
    known = get_object_or_404(application.parties, pk=pk) if pk else None
    nature = known.nature if known else nature
    if nature not in Nature.values or not roles_for(application.kind, nature):
        raise Http404(f"no party of the nature {nature}")
    form = party_form(application, nature=nature, party=known, now=now)
    version = version_of(application, f"party {pk}") if known else 0
    if request.method == "POST":
        version = version_given(request)
        try:
            saved = save_party(
                application,
                request.POST,
                nature=nature,
                party=known,
                version=version,
                by=request.user,
                now=now,
            )
        except Incomplete as incomplete:
            form = incomplete.form
        except ChangedMeanwhile as refusal:
            messages.error(request, str(refusal))
            return redirect("portal:party", number, pk)
        except NotPossible as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{saved.name} is saved.")
            return redirect("portal:parties", number)
    context = {"form": form, "version": version, "party": known, "nature": nature}
    return show_step(request, application, "parties", "portal/parties/party.html", context, now=now)


@require_http_methods(["POST"])
@client_page
def remove(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    application = application_of(request.user, number)
    known = get_object_or_404(application.parties, pk=pk)
    try:
        remove_party(application, known, by=request.user, now=timezone.now())
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{known.name} is taken out.")
    return redirect("portal:parties", number)
