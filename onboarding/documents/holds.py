"""
Legal hold: an authority asks for longer, and nothing of that client or document is erased (AML-27).

Set and lifted by two people. A row is never edited: the last one of its subject holds.
"""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.documents.document import Document
from onboarding.hands import LEGAL_HOLD
from onboarding.payloads import text
from onboarding.proposals import clients


class LegalHold(models.Model):
    """On or off from a time, for all of a client's documents or for one."""

    client = models.ForeignKey(
        "onboarding.Client", models.PROTECT, null=True, blank=True, related_name="+"
    )
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="holds"
    )
    on = models.BooleanField()
    reference = models.CharField(max_length=200)
    set_at = models.DateTimeField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(client=None, document__isnull=False)
                | Q(client__isnull=False, document=None),
                name="legal_hold_of_a_client_or_a_document",
            ),
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="legal_hold_maker_is_not_checker"
            ),
            models.CheckConstraint(condition=~Q(reference=""), name="legal_hold_says_who_asked"),
        ]

    def __str__(self):
        return f"{self.client or self.document}: {'held' if self.on else 'released'}"


def held(*, client=None, document: Document | None = None) -> LegalHold | None:
    """The hold that is on, of the client or of the document; None where there is none."""
    last = LegalHold.objects.filter(client=client, document=document).order_by("pk").last()
    return last if last and last.on else None


def _subject_of(payload: dict) -> dict:
    number = text(payload, "client", "The client", needed=False)
    key = text(payload, "document", "The document", needed=False)
    if bool(number) == bool(key):
        raise Invalid("Name a client or a document.")
    if number:
        client = clients().filter(number=number).first()
        if client is None:
            raise Invalid(f"There is no client {number[:12]}.")
        return {"client": client}
    document = Document.objects.filter(pk=key).first() if _is_key(key) else None
    if document is None:
        raise Invalid(f"There is no document {key[:12]}.")
    return {"document": document}


def _is_key(words: str) -> bool:
    return words.isascii() and words.isdecimal() and len(words) < 19


def _wanted(payload: dict) -> bool:
    wanted = text(payload, "on", "On or off")
    if wanted not in ("on", "off"):
        raise Invalid("A hold is on or off.")
    return wanted == "on"


def _differs(payload: dict) -> Difference:
    subject, on = _subject_of(payload), _wanted(payload)
    if bool(held(**subject)) == on:
        raise Invalid(f"It is {'held' if on else 'not held'} already.")
    [what] = subject.values()
    words = {True: "held", False: "free to be erased after its time"}
    return [
        (str(what), words[not on], words[on]),
        ("Reference", "", text(payload, "reference", "The reference of the notice")),
    ]


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    hold = LegalHold.objects.create(
        **_subject_of(payload),
        on=_wanted(payload),
        reference=text(payload, "reference", "The reference of the notice")[:200],
        set_at=now,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
    )
    return {"legal_hold": str(hold.pk)}


register(
    Command(
        name="legal_hold",
        title="Legal hold on documents",
        proposes=LEGAL_HOLD.proposes,
        approves=lambda payload: LEGAL_HOLD.approves,
        apply=_apply,
        differs=_differs,
        client_of=lambda payload: _subject_of(payload).get("client"),
        restricted=True,
    )
)
