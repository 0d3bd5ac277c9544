"""The front door: where each person's first page is."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from broker.portal.access import margin_accounts_of
from lending.margin.readings import read
from onboarding.applications.application import Application
from onboarding.users import Role


@require_safe
@never_cache
def entrance(request: HttpRequest) -> HttpResponse:
    """
    A client goes to the one account, or chooses between several; staff go to the live book if they
    may see it, else to the staff site.
    """
    user = request.user
    if not user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if user.role != Role.CLIENT:
        return redirect("live_book" if user.has_perm("broker.view_live_book") else "admin:index")
    now = timezone.now()
    accounts = list(margin_accounts_of(user, now=now))
    if not accounts and Application.objects.of(user).exists():
        return redirect("portal:applications")
    if len(accounts) == 1:
        return redirect("portal:home", accounts[0].number)
    readings = {r.account_id: r for r in read(now=now, account_ids=[a.pk for a in accounts])}
    rows = [(account, readings.get(account.pk)) for account in accounts]
    return render(request, "portal/entrance/page.html", {"rows": rows, "now": now})
