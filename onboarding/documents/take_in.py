"""Take in: one file from one person, judged by its content, kept once, scanned, and never lost."""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from onboarding.documents.contents import examined
from onboarding.documents.document import SUFFIXES, Document, Kind, Retention, Verdict, given_before
from onboarding.documents.names import cleaned
from onboarding.documents.scan import verdict_or_waiting
from onboarding.documents.store import TooLarge, received
from onboarding.documents.unfit import Unfit
from onboarding.payloads import as_moment

# What a page offers to choose from; what counts is the content.
ACCEPT = ",".join(ending for endings in SUFFIXES.values() for ending in endings)

EMPTY = "This file is empty."
INFECTED = "Our scanner found harmful code in this file. It was not kept."


class DocumentRefused(Exception):
    """The file was not taken, and nothing was kept. Says why in words for who gave it."""


class GivenBefore(DocumentRefused):
    """The same person gave the same content as the same kind before: `document`."""

    def __init__(self, document: Document):
        super().__init__(
            f"You gave us this file before, on {as_moment(document.uploaded_at)}, as"
            f" “{document.get_kind_display()}”. We have it once and keep it."
        )
        self.document = document


def too_large() -> DocumentRefused:
    return DocumentRefused(
        f"This file is larger than {settings.LARGEST_UPLOAD // 1_000_000} MB, the most we take."
    )


def take_in(
    file,
    *,
    kind: str,
    by,
    now: datetime,
    client=None,
    restricted: bool = False,
    retention: str = Retention.CLIENT_FILE,
) -> Document:
    """
    Keep `file`, an uploaded one, as a document of `kind` that `by` gave.

    What the scanner could not look at yet is kept and not handed out until it has.

    :raises DocumentRefused: nothing, too much, of another kind, harmful or unreadable
    :raises GivenBefore: `by` gave the same before
    """
    if kind not in Kind.values:
        raise DocumentRefused("Say what kind of document it is.")
    if (file.size or 0) > settings.LARGEST_UPLOAD:
        raise too_large()
    try:
        with received(file, most=settings.LARGEST_UPLOAD) as coming:
            if not coming.size:
                raise DocumentRefused(EMPTY)
            known = given_before(by=by, sha256=coming.sha256, kind=kind)
            if known:
                raise GivenBefore(known)
            content_type = examined(coming.path)
            verdict = verdict_or_waiting(coming.path)
            if verdict == Verdict.INFECTED:
                raise DocumentRefused(INFECTED)
            return _keep(
                coming,
                kind=kind,
                name=cleaned(file.name),
                content_type=content_type,
                uploaded_by=by,
                uploaded_at=now,
                client=client,
                restricted=restricted,
                retention=retention,
                verdict=verdict,
                scanned_at=None if verdict == Verdict.WAITING else now,
            )
    except TooLarge:
        raise too_large() from None
    except Unfit as why:
        raise DocumentRefused(str(why)) from why


def _keep(coming, **fields) -> Document:
    try:
        with transaction.atomic():
            document = Document.objects.create(sha256=coming.sha256, size=coming.size, **fields)
            coming.put()
    except IntegrityError:
        # Sent twice at one moment: the other was first.
        known = given_before(by=fields["uploaded_by"], sha256=coming.sha256, kind=fields["kind"])
        if known is None:
            raise
        raise GivenBefore(known) from None
    return document
