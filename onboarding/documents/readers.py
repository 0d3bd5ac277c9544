"""Who may read a document, and the reading itself: the right, the hash, the record."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q, QuerySet

from onboarding.documents import store
from onboarding.documents.document import Document, DocumentReading, Verdict
from onboarding.payloads import today
from onboarding.proposals import clients
from onboarding.users import Role

PERMISSION = "onboarding.view_document"

# rule(user, *, now) is a Q over documents that the user may read besides.
Rule = Callable[..., Q]
NOTHING = Q(pk__in=())

_RULES: list[Rule] = []


class MayNotRead(Exception):
    """It is not there for this reader."""


class NotReadable(Exception):
    """It waits for the virus scan, is infected, or was erased. Says so in words."""


def register_reader(rule: Rule) -> Rule:
    """Let a room above say who else reads which documents."""
    _RULES.append(rule)
    return rule


def documents_for(user, *, now: datetime) -> QuerySet:
    """
    The documents that `user` may read: the own ones; staff with the permission all that are not
    restricted, a relationship manager those of clients served; and what a room above grants.
    """
    if not user.is_active:
        return Document.objects.none()
    may = Q(uploaded_by=user) | _staff(user, now=now)
    for rule in _RULES:
        may |= rule(user, now=now)
    return Document.objects.filter(may).distinct()


def readable_by(document: Document, user, *, now: datetime) -> bool:
    return documents_for(user, now=now).filter(pk=document.pk).exists()


def read(document: Document, *, by, now: datetime) -> bytes:
    """
    The content, verified; who was given it and when is kept.

    :raises MayNotRead: no right to it
    :raises NotReadable: not scanned yet, infected, or erased
    :raises Damaged: what is stored is not what was stored
    """
    if not readable_by(document, by, now=now):
        raise MayNotRead(str(document))
    if not document.is_readable:
        waits = document.verdict == Verdict.WAITING
        raise NotReadable(
            "This file waits for our virus scanner. Please try again later."
            if waits
            else "This file can no longer be opened."
        )
    content = store.content(document.sha256)
    DocumentReading.objects.create(document=document, reader=by, read_at=now)
    return content


def _staff(user, *, now: datetime) -> Q:
    if not user.has_perm(PERMISSION):
        return NOTHING
    if user.role == Role.RM:
        return Q(restricted=False, client__in=clients().served_by(user, on=today(now)))
    return Q(restricted=False)
