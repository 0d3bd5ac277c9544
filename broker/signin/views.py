"""The pages of signing in that are not the library's own."""

from allauth.account.views import ReauthenticateView
from allauth.mfa.models import Authenticator
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

_by_password = ReauthenticateView.as_view()


@never_cache
@login_required
def show_again(request: HttpRequest) -> HttpResponse:
    """
    Who has a second factor shows it; who has none types the password again.

    The password alone never stands in for a second factor, whatever is sent here.
    """
    kinds = set(Authenticator.objects.filter(user=request.user).values_list("type", flat=True))
    if Authenticator.Type.TOTP in kinds:
        return _onwards(request, "mfa_reauthenticate")
    if Authenticator.Type.WEBAUTHN in kinds:
        return _onwards(request, "mfa_reauthenticate_webauthn")
    return _by_password(request)


def _onwards(request: HttpRequest, name: str) -> HttpResponse:
    query = request.META["QUERY_STRING"]
    return redirect(f"{reverse(name)}?{query}" if query else reverse(name))
