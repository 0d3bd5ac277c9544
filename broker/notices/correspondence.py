"""Tell a client that a message waits: once, and without a word of what it says."""

from datetime import datetime

from django.db import transaction

from broker.notices.notice import Notice, notice_to
from broker.notices.words import rendered
from onboarding.clients import Signatory
from onboarding.messages.message import Conversation, Message
from onboarding.users import User

BATCH = 200


@transaction.atomic
def tell_of_messages(*, now: datetime) -> int:
    """
    Write a notice to whoever has an unread message that nobody was told of; how many.

    Who was told of one before and has not read it yet is told nothing more. What somebody else is
    telling is left to them.
    """
    untold = list(
        Message.objects.filter(from_house=True, told_at=None)
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")[:BATCH]
    )
    notices: list[Notice] = []
    for message in untold:
        told = [_notice(message, user, now=now) for user in _to_be_told(message)]
        Notice.objects.bulk_create(told)
        notices += told
        # One after the other, so that the next one sees who was told of this one.
        Message.objects.filter(pk=message.pk).update(told_at=now)
    return len(notices)


def _to_be_told(message: Message) -> list[User]:
    conversation = Conversation(message.client, None if message.client else message.applicant)
    earlier = Message.objects.of(conversation).filter(told_at__isnull=False, pk__lt=message.pk)
    return [
        user
        for user in _other_side(conversation)
        if not earlier.unread_by(user).exists() and not message.reads.filter(reader=user).exists()
    ]


def _other_side(conversation: Conversation) -> list[User]:
    if conversation.applicant:
        return [conversation.applicant] if conversation.applicant.is_active else []
    signing = Signatory.objects.filter(client=conversation.client, user__is_active=True)
    return [each.user for each in signing.select_related("user").order_by("pk")]


def _notice(message: Message, user: User, *, now: datetime) -> Notice:
    context = {"user": user}
    return notice_to(
        user,
        key=f"message:{message.pk}:{user.pk}",
        occasion="message/new",
        client=message.client,
        subject=rendered("message/new", "subject", context),
        body=rendered("message/new", "body", context),
        now=now,
    )
