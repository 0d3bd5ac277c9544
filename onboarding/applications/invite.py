"""Invite: a person who signs gets a link by e-mail that works once, and with it a login."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from onboarding.applications.application import Application
from onboarding.applications.party import ApplicationParty
from onboarding.applications.people import Applicant, Invitation
from onboarding.applications.periods import INVITATION, period
from onboarding.applications.refusals import NotPossible
from onboarding.users import Role, User

MOST_INVITATIONS = 20  # Of one application, ever: a form is not a machine for letters.


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Sent:
    """`secret` goes into the letter, and nowhere else."""

    invitation: Invitation
    secret: str


@transaction.atomic
def invite(
    application: Application, party: ApplicationParty, email: str, *, by, now: datetime
) -> Sent:
    """
    Invite the person to sign in and sign. An earlier invitation of the same person ends.

    :raises NotPossible: no such address, the person signs nothing, or has a login already
    """
    row = Application.objects.locked().get(pk=application.pk)
    if not row.applicants.filter(user=by).exists() or row.is_ended:
        raise NotPossible("This application is not open to you.")
    party = row.parties.select_for_update(no_key=True).get(pk=party.pk)
    if not party.signs:
        raise NotPossible(f"{party.name} is not entered as somebody who signs.")
    if party.user_id:
        raise NotPossible(f"{party.name} has a login already.")
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise NotPossible("This is no e-mail address.") from None
    if email.casefold() == by.email.casefold():
        raise NotPossible("This is your own address: say that this person is you instead.")
    if row.invitations.count() >= MOST_INVITATIONS:
        raise NotPossible("Too many invitations were sent. Please write to us.")
    row.invitations.filter(party=party, used_at=None, cancelled_at=None).update(cancelled_at=now)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        application=row,
        party=party,
        email=email,
        secret_hash=hashed(secret),
        by=by,
        sent_at=now,
        expires_at=now + period(INVITATION, now=now),
    )
    return Sent(invitation, secret)


def invitation_of(secret: str, *, now: datetime) -> Invitation | None:
    """The invitation that the link is of, where it still holds."""
    return (
        Invitation.objects.filter(
            secret_hash=hashed(secret), used_at=None, cancelled_at=None, expires_at__gt=now
        )
        .select_related("application", "party", "by")
        .first()
    )


@transaction.atomic
def accept(secret: str, *, user: User, now: datetime) -> Application:
    """
    `user` becomes the login of the person invited. The link is used up.

    :raises NotPossible: the link does not hold, or the login is somebody else there
    """
    found = invitation_of(secret, now=now)
    if found is None:
        raise NotPossible("This link does not hold any more. Ask for another one.")
    row = Application.objects.locked().get(pk=found.application_id)
    invitation = Invitation.objects.select_for_update().get(pk=found.pk)
    if invitation.used_at or invitation.cancelled_at or row.is_ended:
        raise NotPossible("This link does not hold any more. Ask for another one.")
    if user.role != Role.CLIENT or not user.is_active:
        raise NotPossible("This login is not one of an applicant.")
    if row.parties.filter(user=user).exclude(pk=invitation.party_id).exists():
        raise NotPossible("You sign here as somebody else already. Use another login.")
    invitation.used_at, invitation.used_by = now, user
    invitation.save(update_fields=["used_at", "used_by"])
    ApplicationParty.objects.filter(pk=invitation.party_id).update(user=user)
    Applicant.objects.get_or_create(application=row, user=user, defaults={"since": now})
    Application.objects.filter(pk=row.pk).update(touched_at=now)
    return row


def new_login(email: str, given: str, family: str, password: str) -> User:
    """
    A login of an applicant, whose name is the e-mail address.

    :raises ValidationError: with `password` or `email` named: weak, or taken
    """
    user = User(
        username=email.casefold(),
        email=email,
        first_name=given,
        last_name=family,
        role=Role.CLIENT,
    )
    try:
        validate_password(password, user)
    except ValidationError as weak:
        raise ValidationError({"password": weak.messages}) from weak
    if login_of(email) is not None:
        raise ValidationError({"email": ["There is a login with this address: sign in with it."]})
    user.set_password(password)
    user.save()
    return user


def login_of(email: str) -> User | None:
    """Whoever signs in with that address."""
    return (
        User.objects.filter(email__iexact=email).first()
        or User.objects.filter(username__iexact=email).first()
    )
