"""Where a request comes from and with what: kept with what a client agrees to (AML-7)."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def ip_of(request: HttpRequest) -> str | None:
    """
    The address of the caller; None where it cannot be told.

    Behind a proxy of ours it is the last one that the proxy heard from; what a caller claims to
    have come through before is anybody's word.
    """
    said = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        said = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2] or said
    try:
        return str(ipaddress.ip_address(said.strip()))
    except ValueError:
        return None


def device_of(request: HttpRequest) -> str:
    """What the browser calls itself, without letters that cannot be kept."""
    return request.META.get("HTTP_USER_AGENT", "").replace("\0", "")
