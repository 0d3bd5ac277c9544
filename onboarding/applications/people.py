"""The logins of an application, whom one of them invites, and what each confirms."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from onboarding.applications.application import Application
from onboarding.applications.party import ApplicationParty
from onboarding.messages.message import register_care
from onboarding.users import User


class Applicant(models.Model):
    """A login that fills the application in; it signs where it is that of a party who does."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="applicants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "user"], name="applicant_named_once"),
        ]

    def __str__(self):
        return f"{self.user} for {self.application_id}"


class Invitation(models.Model):
    """
    A letter to a person who signs, with a link that works once and not for ever.

    The link carries a secret; only its hash is kept, so who reads the table cannot use it.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="invitations")
    party = models.ForeignKey(ApplicationParty, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    secret_hash = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(used_at=None, used_by=None)
                | Q(used_at__isnull=False, used_by__isnull=False, cancelled_at=None),
                name="invitation_used_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(used_at__lt=F("expires_at")),
                name="invitation_used_in_time",
            ),
            models.UniqueConstraint(
                fields=["party"],
                condition=Q(used_at=None, cancelled_at=None),
                name="invitation_one_open_per_person",
            ),
        ]

    def __str__(self):
        return f"{self.email} for {self.application_id}"


class Confirmation(models.Model):
    """One who signs says that this edition is complete and true, and has the power to say so."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="confirmations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    edition = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "user", "edition"], name="confirmation_said_once"
            ),
        ]

    def __str__(self):
        return f"{self.user} confirms edition {self.edition}"


def confirmed_by(application: Application) -> list[Confirmation]:
    """Who has confirmed the edition as it is."""
    rows = application.confirmations.filter(edition=application.edition)
    return list(rows.select_related("user").order_by("pk"))


@register_care
def _applicants_of(manager, *, now) -> models.QuerySet:
    """A relationship manager writes with those whose application is theirs."""
    own = Applicant.objects.filter(application__manager=manager)
    return User.objects.filter(pk__in=own.values("user"))
