"""One page with everything about a client, as far as the reader's role may see it."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from broker.backoffice.client_panels import PANELS
from broker.backoffice.desk import show, staff_page
from broker.backoffice.propose_forms import FORMS, ClientForm, proposable_by
from onboarding.admin.clients import CLIENT_TONES
from onboarding.approvals import command_named
from onboarding.clients import Client
from onboarding.payloads import today

VIEW = "onboarding.view_client"


@require_safe
@staff_page
def client(request: HttpRequest, number: str) -> HttpResponse:
    """A client of somebody else is not found by a relationship manager."""
    user = request.user
    if not user.has_perm(VIEW):
        raise PermissionDenied
    now = timezone.now()
    found = get_object_or_404(Client.objects.visible_to(user, on=today(now)), number=number)
    panels = [kind.build(found, user, now) for kind in PANELS if user.has_perm(kind.permission)]
    context = {
        "now": now,
        "client": found,
        "tone": CLIENT_TONES[found.state],
        "panels": [panel for panel in panels if panel],
        "may_propose": [
            command_named(name)
            for name in proposable_by(user)
            if issubclass(FORMS[name], ClientForm)
        ],
    }
    return show(request, "backoffice/client/page.html", context, title=str(found))
