"""What every page of the staff site that is ours has in common: who comes in, and its frame."""

from functools import wraps

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from onboarding.users import Role


def staff_page(view):
    """For staff alone: who is not signed in is asked to, and to a client there is no page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if user.role == Role.CLIENT:
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(guarded)


def show(request: HttpRequest, template: str, context: dict, *, title: str) -> HttpResponse:
    """`template` within the frame of the staff site, its navigation at the side."""
    frame = admin.site.each_context(request)
    return render(request, template, frame | {"title": title} | context)
