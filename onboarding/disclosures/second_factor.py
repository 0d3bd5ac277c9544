"""The second factor of a login, where it has one: what is accepted is confirmed with it."""

from allauth.mfa.models import Authenticator

_WORDS = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "security key",
}


def second_factor_of(user) -> str | None:
    """What the login has besides the password, in words; None where it has nothing."""
    kinds = Authenticator.objects.filter(user=user, type__in=_WORDS).values_list("type", flat=True)
    return " or ".join(sorted({_WORDS[Authenticator.Type(kind)] for kind in kinds})) or None
