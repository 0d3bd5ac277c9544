"""Staff without a second factor are led to set one up, where the house asks for it."""

from allauth.mfa.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse

_OPEN = ("/login/", "/logout/", "/settings/")


class StaffEnrol:
    """Middleware: until it is set up, nothing but the sign-in and the settings opens."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest):
        if self._must_enrol(request):
            messages.info(
                request, "Before you go on, set up a second factor: an app or a security key."
            )
            return redirect(reverse("mfa_index"))
        return self.get_response(request)

    def _must_enrol(self, request: HttpRequest) -> bool:
        if not settings.STAFF_SECOND_FACTOR or request.path.startswith(_OPEN):
            return False
        user = request.user
        return user.is_authenticated and user.is_staff and not get_adapter().is_mfa_enabled(user)
