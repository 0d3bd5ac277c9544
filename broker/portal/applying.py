"""What the pages of an application have in common: whose it is, its steps, and its frame."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from onboarding.applications.application import Application
from onboarding.applications.expiry import expires_at
from onboarding.applications.save import is_editable
from onboarding.applications.status import STATUS
from onboarding.applications.steps import TITLES, progress, steps_for

# Where each step is done, besides the plain forms.
PAGES = {
    "parties": "portal:parties",
    "people": "portal:signers",
    "documents": "portal:papers",
    "confirm": "portal:confirm",
}


def application_of(user, number: str) -> Application:
    """
    The application of that number.

    :raises Http404: there is none, or it is somebody else's
    """
    return get_object_or_404(Application.objects.of(user).select_related("manager"), number=number)


def step_of(application: Application, step: str) -> str:
    """
    The step, where an applicant of that kind has it.

    :raises Http404: it is none of theirs
    """
    if step not in steps_for(application.kind):
        raise Http404(f"no step {step}")
    return step


def after(application: Application, step: str) -> str:
    """The step that follows."""
    steps = steps_for(application.kind)
    return steps[min(steps.index(step) + 1, len(steps) - 1)]


def show_step(
    request: HttpRequest,
    application: Application,
    step: str,
    template: str,
    context: dict,
    *,
    now: datetime,
) -> HttpResponse:
    """A page of the wizard: the steps at its side, `template` in its middle."""
    steps = progress(application, now=now)
    names = [each.step for each in steps] + ["confirm"]
    frame = {
        "application": application,
        "now": now,
        "step": step,
        "title": TITLES[step],
        "steps": steps,
        "place": names.index(step) + 1 if step in names else None,
        "count": len(names),
        "done": sum(each.is_done for each in steps),
        "editable": is_editable(application, step),
        "status": STATUS[application.state],
        "expires_at": expires_at(application, now=now),
        "next_step": after(application, step),
        "lacking": next((each.missing for each in steps if each.step == step), ()),
    }
    return render(request, template, frame | context)
