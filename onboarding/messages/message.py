"""
The message: what a client, or an applicant who is none yet, and the house write each other.

Nothing is edited or deleted, and a client's messages stay the client's whoever serves it. Nothing
restricted is ever said here (AML-12): no machine of the house writes into it, only people do.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from onboarding.clients import Client
from onboarding.documents.document import Document
from onboarding.documents.readers import readable_by, register_reader
from onboarding.payloads import today
from onboarding.users import Role, User

LONGEST = 4_000
MOST_FILES = 10

READ, WRITE = "onboarding.read_messages", "onboarding.write_messages"


class MessageRefused(Exception):
    """It was not sent. Says why in words for who wrote it."""


class MessageQuerySet(models.QuerySet):
    def of(self, conversation: "Conversation"):
        if conversation.client:
            return self.filter(client=conversation.client)
        return self.filter(client=None, applicant=conversation.applicant)

    def visible_to(self, user, *, now: datetime):
        """
        What `user` may read: a client's login that of the clients it signs for, and its own as an
        applicant; a relationship manager that of clients served today; other staff all of it where
        they hold the right.
        """
        if not user.is_active:
            return self.none()
        if user.role == Role.CLIENT:
            signs_for = Client.objects.of(user).values("pk")
            return self.filter(Q(client__in=signs_for) | Q(client=None, applicant=user))
        if not user.has_perm(READ):
            return self.none()
        if user.role == Role.RM:
            served = Client.objects.served_by(user, on=today(now)).values("pk")
            return self.filter(
                Q(client__in=served) | Q(client=None, applicant__in=_cared_for(user, now=now))
            )
        return self.all()

    def unread_by(self, user):
        """Those of the other side that `user` has not read."""
        read = MessageRead.objects.filter(message=OuterRef("pk"), reader=user)
        return self.filter(~Exists(read), from_house=user.role == Role.CLIENT)


class Message(models.Model):
    """`client` is empty while `applicant` has no account; it is then named once."""

    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="messages"
    )
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    from_house = models.BooleanField()
    body = models.TextField()
    written_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    documents = models.ManyToManyField(Document, through="Attachment", related_name="messages")

    objects = MessageQuerySet.as_manager()

    class Meta:
        permissions = [
            ("read_messages", "Reads what clients and the house write each other"),
            ("write_messages", "Writes to clients for the house"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(client__isnull=False) | Q(applicant__isnull=False),
                name="message_with_somebody",
            ),
            models.CheckConstraint(condition=~Q(body=""), name="message_says_something"),
        ]
        indexes = [
            models.Index(fields=["client", "-id"], name="message_of_client"),
            models.Index(fields=["applicant", "-id"], name="message_of_applicant"),
            # Read by broker/notices.
            models.Index(
                fields=["written_at"],
                condition=Q(told_at=None, from_house=True),
                name="message_untold",
            ),
        ]

    def __str__(self):
        return f"{self.author} to {'the client' if self.from_house else 'the house'}"


class Attachment(models.Model):
    """A document that goes with a message; a restricted one never does (trigger)."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="attachments")
    document = models.ForeignKey(Document, models.PROTECT, related_name="attachments")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "document"], name="attachment_once")
        ]


class MessageRead(models.Model):
    """Who had which message on the screen, and when first."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="reads")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "reader"], name="message_read_once")
        ]


@dataclass(frozen=True, slots=True)
class Conversation:
    """With a client, or with an applicant who is none yet."""

    client: Client | None = None
    applicant: User | None = None

    def __str__(self):
        return str(self.client or self.applicant)


def may_write(user, conversation: Conversation, *, now: datetime) -> bool:
    """Whether `user` takes part in it, for the one side or the other."""
    if not user.is_active:
        return False
    client, applicant = conversation.client, conversation.applicant
    if user.role == Role.CLIENT:
        return client.signatories.filter(user=user).exists() if client else applicant == user
    if not user.has_perm(WRITE):
        return False
    if user.role != Role.RM:
        return True
    if client:
        return Client.objects.served_by(user, on=today(now)).filter(pk=client.pk).exists()
    return _cared_for(user, now=now).filter(pk=applicant.pk).exists()


@transaction.atomic
def write(conversation: Conversation, body: str, *, by, now: datetime, documents=()) -> Message:
    """
    Send `body`, with documents that `by` may read.

    :raises MessageRefused: no words, too many, a file that may not go, or not a part of it
    """
    body = body.strip()
    if not may_write(by, conversation, now=now):
        raise MessageRefused("You cannot write here.")
    if not body or "\0" in body:
        raise MessageRefused("Write something.")
    if len(body) > LONGEST:
        raise MessageRefused(f"A message has at most {LONGEST:,} characters.")
    if len(documents) > MOST_FILES:
        raise MessageRefused(f"A message carries at most {MOST_FILES} files.")
    for document in documents:
        if document.restricted or not readable_by(document, by, now=now):
            raise MessageRefused("This file cannot be sent here.")
    message = Message.objects.create(
        client=conversation.client,
        applicant=None if conversation.client else conversation.applicant,
        author=by,
        from_house=by.role != Role.CLIENT,
        body=body,
        written_at=now,
    )
    Attachment.objects.bulk_create(
        Attachment(message=message, document=document) for document in documents
    )
    return message


def mark_read(messages: QuerySet, *, by, now: datetime) -> int:
    """Keep that `by` had these on the screen; how many for the first time."""
    made = [
        MessageRead(message_id=pk, reader=by, read_at=now)
        for pk in messages.unread_by(by).values_list("pk", flat=True)
    ]
    return len(MessageRead.objects.bulk_create(made, ignore_conflicts=True))


def unread_count(user, *, now: datetime) -> int:
    return Message.objects.visible_to(user, now=now).unread_by(user).count()


def carry_to(client: Client, applicants) -> int:
    """What `applicants`, its signatories, wrote and were written belongs to `client`; how many."""
    return Message.objects.filter(client=None, applicant__in=applicants).update(client=client)


_CARE = []


def register_care(rule):
    """
    Let a room above say which applicants a relationship manager looks after.

    `rule(manager, *, now)` is a queryset of users.
    """
    _CARE.append(rule)
    return rule


def _cared_for(manager, *, now: datetime) -> QuerySet:
    keys = Q(pk__in=())
    for rule in _CARE:
        keys |= Q(pk__in=rule(manager, now=now).values("pk"))
    return User.objects.filter(keys)


@register_reader
def _attached(user, *, now: datetime) -> Q:
    """What goes with a message is read by whoever may read the message."""
    seen = Message.objects.visible_to(user, now=now).values("pk")
    return Q(restricted=False, attachments__message__in=seen)
