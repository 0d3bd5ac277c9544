"""Sign up: an e-mail address is confirmed by a link before there is a login for it."""

import secrets
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F, Q

from onboarding.applications.invite import hashed, login_of, new_login
from onboarding.applications.periods import LETTERS, SIGN_UP, period
from onboarding.applications.refusals import NotPossible
from onboarding.parameters import value_of
from onboarding.users import User

AN_HOUR = timedelta(hours=1)


class SignUp(models.Model):
    """One letter to one address. `place` is the network address that asked, to count by."""

    email = models.EmailField()
    place = models.GenericIPAddressField(null=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(used_at__lt=F("expires_at")),
                name="sign_up_used_in_time",
            ),
        ]
        indexes = [
            # Read by the count of letters.
            models.Index(fields=["-asked_at"], name="sign_up_lately"),
        ]

    def __str__(self):
        return self.email


class TooMany(NotPossible):
    """Too many letters were asked for within the hour."""


def ask_for_link(email: str, *, place: str | None, now: datetime) -> tuple[str, bool]:
    """
    The secret for the letter, and whether there is a login for the address already.

    What the page says must not differ by it: the letter does, and goes to the address alone.

    :raises TooMany: that many were asked for within the hour, to the address or from the place
    """
    lately = SignUp.objects.filter(asked_at__gt=now - AN_HOUR)
    same = Q(email__iexact=email)
    if place:
        same |= Q(place=place)
    if lately.filter(same).count() >= value_of(LETTERS, now=now):
        raise TooMany("Too many letters were asked for. Please try again in an hour.")
    secret = secrets.token_urlsafe(32)
    SignUp.objects.create(
        email=email,
        place=place,
        secret_hash=hashed(secret),
        asked_at=now,
        expires_at=now + period(SIGN_UP, now=now),
    )
    return secret, login_of(email) is not None


def sign_up_of(secret: str, *, now: datetime) -> SignUp | None:
    """What the link is of, where it still holds."""
    return SignUp.objects.filter(
        secret_hash=hashed(secret), used_at=None, expires_at__gt=now
    ).first()


@transaction.atomic
def become(secret: str, *, given: str, family: str, password: str, now: datetime) -> User:
    """
    The login for the confirmed address. The link is used up.

    :raises NotPossible: the link does not hold
    :raises ValidationError: the password is weak, or the address has a login meanwhile
    """
    found = sign_up_of(secret, now=now)
    row = found and SignUp.objects.select_for_update().get(pk=found.pk)
    if row is None or row.used_at:
        raise NotPossible("This link does not hold any more. Ask for another one.")
    user = new_login(row.email, given, family, password)
    row.used_at = now
    row.save(update_fields=["used_at"])
    return user
