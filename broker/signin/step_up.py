"""Step-up: what moves money or decides asks once more for the second factor of who has one."""

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.mfa.adapter import get_adapter
from django.http import HttpRequest


def has_second_factor(request: HttpRequest) -> bool:
    """Whether whoever is signed in has an authenticator or a key."""
    return get_adapter().is_mfa_enabled(request.user)


def is_fresh(request: HttpRequest) -> bool:
    """Whether the second factor was shown within the last minutes, or there is none to show."""
    return not has_second_factor(request) or did_recently_reauthenticate(request)


# On a view: a form that is sent waits until the second factor was shown, and then goes on.
second_factor_to_act = reauthentication_required(allow_get=True, enabled=has_second_factor)
