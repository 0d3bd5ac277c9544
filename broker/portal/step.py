"""A step of the wizard with a form: shown as it was told, checked and kept on its own."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from broker.portal.access import client_page
from broker.portal.applying import PAGES, after, application_of, show_step, step_of
from onboarding.applications.party import shares
from onboarding.applications.refusals import ChangedMeanwhile, Incomplete, NotPossible
from onboarding.applications.save import form_of, save_step, version_of
from onboarding.payloads import as_moment


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def step(request: HttpRequest, number: str, step: str) -> HttpResponse:
    now = timezone.now()
    application = application_of(request.user, number)
    step = step_of(application, step)
    if step in PAGES:
        return redirect(PAGES[step], number)
    form, version = form_of(application, step, now=now), version_of(application, step)
    if request.method == "POST":
        told_version = version_given(request)
        try:
            application = save_step(
                application, step, request.POST, version=told_version, by=request.user, now=now
            )
        except Incomplete as incomplete:
            form, version = incomplete.form, told_version
        except ChangedMeanwhile as refusal:
            messages.error(request, str(refusal))
            return redirect("portal:step", number, step)
        except NotPossible as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Saved, {as_moment(now)}.")
            return redirect(*_onwards(request, application, step))
    context = {"form": form, "version": version}
    template = "portal/step/page.html"
    if step == "ownership":
        template = "portal/step/ownership.html"
        found = shares(application)
        context["shares"] = [
            (party, found[party.pk]) for party in application.parties.all() if party.pk in found
        ]
    return show_step(request, application, step, template, context, now=now)


def version_given(request: HttpRequest) -> int:
    """Which version the form was filled in upon."""
    said = request.POST.get("version", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 9 else 0


def _onwards(request: HttpRequest, application, step: str) -> tuple:
    """To the next step, or home where one wants to go on later."""
    if "later" in request.POST:
        return ("portal:application", application.number)
    following = after(application, step)
    if following in PAGES:
        return (PAGES[following], application.number)
    return ("portal:step", application.number, following)
