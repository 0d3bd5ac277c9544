"""Which conversations wait for an answer of the house, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from onboarding.messages.message import Conversation, Message


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation with its last message, and since when the other side waits, if it does."""

    conversation: Conversation
    last: Message
    since: datetime | None


def conversations(user, *, now: datetime) -> QuerySet:
    """
    The last message of each conversation that `user` may read, with `waits_since`: when the first
    was written that the house has not answered, None where it has. The longest wait first.
    """
    later = Message.objects.filter(pk__gt=OuterRef("pk"))
    return (
        Message.objects.visible_to(user, now=now)
        .exclude(Exists(later.filter(client=OuterRef("client"))))
        .exclude(Q(Exists(later.filter(client=None, applicant=OuterRef("applicant")))), client=None)
        .annotate(waits_since=_first_unanswered())
        .select_related("client", "applicant", "author")
        .order_by(F("waits_since").asc(nulls_last=True), "-pk")
    )


def unanswered(user, *, now: datetime) -> QuerySet:
    return conversations(user, now=now).filter(waits_since__isnull=False)


def waiting(rows: Iterable[Message]) -> list[Waiting]:
    """Rows of `conversations` as what they are."""
    return [
        Waiting(
            Conversation(row.client, None if row.client else row.applicant), row, row.waits_since
        )
        for row in rows
    ]


def _first_unanswered() -> Coalesce:
    """When the first message was written that no message of the house comes after."""
    asked = Message.objects.filter(from_house=False)
    answer = Message.objects.filter(from_house=True, pk__gt=OuterRef("pk"))
    of_client = asked.filter(client=OuterRef("client")).exclude(
        Exists(answer.filter(client=OuterRef("client")))
    )
    of_applicant = asked.filter(client=None, applicant=OuterRef("applicant")).exclude(
        Exists(answer.filter(client=None, applicant=OuterRef("applicant")))
    )
    return Coalesce(
        *(
            Subquery(rows.order_by("pk").values("written_at")[:1])
            for rows in (of_client, of_applicant)
        )
    )
