"""Who may open which page of the portal. The only look-ups of its views are here."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect

from lending.margin.account import MarginAccount, MarginAccountQuerySet
from lending.margin.call import MarginCall
from onboarding.clients import Client
from onboarding.users import Role


def client_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """
    A page for signatories of clients. Who is not signed in is asked to; staff find nothing here.

    A part that asks for itself after its session has ended takes the whole browser to sign in.
    """

    @wraps(view)
    @never_cache
    @vary_on_headers("HX-Request")
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if request.user.role != Role.CLIENT:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def margin_accounts_of(user, *, now: datetime) -> MarginAccountQuerySet:
    """The accounts that `user` signs for, by number, with what every page shows of them."""
    return (
        MarginAccount.objects.visible_to(user, now=now)
        .select_related("client", "relation", "subledger", "terms")
        .order_by("number")
    )


def margin_account_of(user, number: str, *, now: datetime) -> MarginAccount:
    """
    The account of that number.

    :raises Http404: there is none, or it is somebody else's
    """
    return get_object_or_404(margin_accounts_of(user, now=now), number=number)


def client_of(user, number: str) -> Client:
    """
    The client of that number, whom `user` signs for.

    :raises Http404: there is none, or it is somebody else's
    """
    return get_object_or_404(Client.objects.of(user), number=number)


def margin_call_of(account: MarginAccount, call_id: int) -> MarginCall:
    """
    That call of `account`, running or over.

    :raises Http404: there is none, or it is of another account
    """
    return get_object_or_404(account.calls, pk=call_id)


def own_client(request: HttpRequest) -> Client | None:
    """
    The client that the page is about: the one asked for, else the first; None for an applicant.

    :raises Http404: the reader does not sign for the one asked for
    """
    own = Client.objects.of(request.user).order_by("number")
    number = request.GET.get("client")
    if number is None:
        return own.first()
    return get_object_or_404(own, number=number.replace("\0", ""))


def asked_for(client: Client | None) -> str:
    """The end of an address that asks for `client`."""
    return f"?{urlencode({'client': client.number})}" if client else ""


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.htmx:
        return HttpResponseClientRedirect(reverse("login"))
    return redirect_to_login(request.get_full_path())
