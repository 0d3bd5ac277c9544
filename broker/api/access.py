"""Who may ask the API, and for which accounts. The only look-ups of its views are here."""

from datetime import datetime

from django.http import Http404
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied

from lending.margin.account import MarginAccount, MarginAccountQuerySet
from onboarding.users import Role


class SignedIn(SessionAuthentication):
    """Who signed in on the portal or the staff site. There is no other way in yet."""

    def authenticate_header(self, request) -> str:
        """Makes the answer to a stranger a 401, which a program tells from a 403."""
        return 'Session realm="Harbour"'


class SignedInScheme(OpenApiAuthenticationExtension):
    target_class = SignedIn
    name = "session"

    def get_security_definition(self, auto_schema) -> dict:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


def accounts_of(user, *, now: datetime) -> MarginAccountQuerySet:
    """The accounts that `user` may see, with what their representation needs."""
    accounts = MarginAccount.objects.visible_to(user, now=now)
    return accounts.select_related("client", "relation", "subledger", "terms")


def account_of(user, number: str, *, now: datetime) -> MarginAccount:
    """
    The account of that number.

    :raises Http404: there is none, or `user` may not see it
    """
    try:
        return accounts_of(user, now=now).get(number=number)
    except MarginAccount.DoesNotExist:
        raise Http404(number) from None


def own_account_of(user, number: str, *, now: datetime) -> MarginAccount:
    """
    The account of that number, for its client to act on.

    :raises Http404: there is none, or `user` may not see it
    :raises PermissionDenied: `user` sees it as staff, and nobody of the house acts for a client
    """
    account = account_of(user, number, now=now)
    if user.role != Role.CLIENT:
        raise PermissionDenied("Only a signatory of the client may repay and draw.")
    return account
