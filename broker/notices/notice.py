"""The notice: what somebody was told, word for word, and the receipt of its sending."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from lending.margin.account import MarginAccount
from onboarding.clients import Client


class Channel(models.TextChoices):
    EMAIL = "email", "E-mail, and the inbox"
    INBOX = "inbox", "The inbox alone"
    NOBODY = "nobody", "Nobody there to tell"


class NoticeQuerySet(models.QuerySet):
    def due(self, *, now: datetime):
        """Those to be sent now, the longest waiting first."""
        return self.filter(channel=Channel.EMAIL, sent_at=None, next_attempt_at__lte=now).order_by(
            "next_attempt_at", "pk"
        )

    def inbox_of(self, user):
        """What `user` was told, the newest first; copies for a manager are not in it."""
        return self.filter(recipient=user, is_copy=False).order_by("-made_at", "-pk")


class Notice(models.Model):
    """
    One notice to one person. `key` names the occasion and the person, so nobody hears it twice.

    Written together with the mark that the occasion was told, and sent later by its own row:
    a mail server that fails delays it and loses nothing. Nothing but the sending ever changes
    (trigger). A client without anybody to tell leaves a row too, with the channel `nobody`.
    """

    key = models.CharField(max_length=120, unique=True)
    occasion = models.CharField(max_length=60)
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="notices"
    )
    account = models.ForeignKey(
        MarginAccount, models.PROTECT, null=True, blank=True, related_name="notices"
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="notices"
    )
    is_copy = models.BooleanField(default=False)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    address = models.EmailField(blank=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    report = models.ForeignKey(
        "broker.StoredReport", models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel=Channel.NOBODY, recipient__isnull=True)
                | (~Q(channel=Channel.NOBODY) & Q(recipient__isnull=False)),
                name="notice_to_somebody_or_says_so",
            ),
            models.CheckConstraint(
                condition=Q(channel=Channel.EMAIL) & ~Q(address="")
                | (~Q(channel=Channel.EMAIL) & Q(address="", sent_at__isnull=True)),
                name="notice_by_email_has_an_address",
            ),
            models.CheckConstraint(
                condition=~Q(channel=Channel.EMAIL, sent_at__isnull=True)
                | Q(next_attempt_at__isnull=False),
                name="notice_unsent_is_tried_again",
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(sent_at__gte=F("made_at")),
                name="notice_sent_after_it_was_made",
            ),
        ]
        indexes = [
            # Read by send.py.
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(channel="email", sent_at=None),
                name="notice_due",
            ),
            # Read by the client's inbox.
            models.Index(fields=["recipient", "-made_at"], name="notice_inbox"),
        ]

    def __str__(self):
        return self.subject


# What sending a notice may change; the trigger holds the rest.
SENDING_FIELDS = ("sent_at", "attempts", "next_attempt_at", "error")


def notice_to(
    user, *, key: str, occasion: str, subject: str, body: str, now: datetime, **more
) -> Notice:
    """A notice to one person, not kept yet: by e-mail where there is an address, else the inbox."""
    return Notice(
        key=key,
        occasion=occasion,
        recipient=user,
        channel=Channel.EMAIL if user.email else Channel.INBOX,
        address=user.email,
        subject=subject,
        body=body,
        made_at=now,
        next_attempt_at=now if user.email else None,
        **more,
    )
