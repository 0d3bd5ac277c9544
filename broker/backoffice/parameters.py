"""Parameters: everything the house has set, what each rests on, and what will hold later."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from broker.backoffice.desk import show, staff_page
from broker.backoffice.propose_forms import proposable_by
from onboarding.parameters import ParameterValue, all_declared, in_force, shown


@require_safe
@staff_page
def parameters(request: HttpRequest) -> HttpResponse:
    """Every declared parameter with its value now; those of an unread source stand out."""
    if not request.user.has_perm("onboarding.view_parametervalue"):
        raise PermissionDenied
    now = timezone.now()
    held = in_force(all_declared(), now=now)
    coming = ParameterValue.objects.filter(effective_at__gt=now).order_by("effective_at", "pk")
    context = {
        "now": now,
        "held": [(each, shown(each.parameter, each.value)) for each in held],
        "unverified": sum(not each.verified for each in held),
        "coming": coming.select_related("maker", "checker"),
        "may_propose": "parameter" in proposable_by(request.user),
    }
    return show(request, "backoffice/parameters/page.html", context, title="Parameters")
