"""Reviews: what is to be looked at again within two months, and what is overdue."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from broker.backoffice.credit import VIEW
from broker.backoffice.desk import show, staff_page
from broker.reports.credit_reviews import reviews as calendar
from onboarding.clients import Client
from onboarding.credit.figures import REMIND, days_of
from onboarding.payloads import today
from onboarding.users import Role


@require_safe
@staff_page
def reviews(request: HttpRequest) -> HttpResponse:
    """A relationship manager sees the own clients' alone."""
    user = request.user
    if not user.has_perm(VIEW):
        raise PermissionDenied
    now = timezone.now()
    own = user.role == Role.RM
    clients = Client.objects.served_by(user, on=today(now)) if own else None
    found = calendar(now=now, clients=clients)
    context = {
        "now": now,
        "found": found,
        "overdue": sum(each.is_overdue for each in found),
        "days": days_of(REMIND, now=now),
    }
    return show(request, "backoffice/reviews/page.html", context, title="Reviews")
