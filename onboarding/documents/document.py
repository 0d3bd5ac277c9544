"""The document: what somebody gave us, what its content is, and whether it may be handed out."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q


class Kind(models.TextChoices):
    IDENTITY = "identity", "Identity document"
    ADDRESS_PROOF = "address_proof", "Proof of address"
    CUSTODIAN_STATEMENT = "custodian_statement", "Statement of a custodian"
    AUDITED_ACCOUNTS = "audited_accounts", "Audited accounts"
    CERTIFICATE_OF_INCORPORATION = "certificate_of_incorporation", "Certificate of incorporation"
    REGISTER_OF_DIRECTORS = "register_of_directors", "Register of directors"
    OWNERSHIP_CHART = "ownership_chart", "Ownership chart"
    BOARD_RESOLUTION = "board_resolution", "Board resolution"
    TRUST_DEED = "trust_deed", "Trust deed"
    AUTHORITY = "authority", "Authority to act"
    SOURCE_OF_WEALTH = "source_of_wealth", "Source of wealth"
    OTHER = "other", "Other"


class Verdict(models.TextChoices):
    WAITING = "waiting", "Waits for the virus scan"
    CLEAN = "clean", "Clean"
    INFECTED = "infected", "Infected"
    UNSCANNED = "unscanned", "Not scanned: no scanner in development"


class Retention(models.TextChoices):
    """How long it is kept, at the least (AML-24, AML-28); the years are a parameter."""

    CLIENT_FILE = "client_file", "The relationship, and the years after it"
    HOUSE_RECORD = "house_record", "The years after it was taken in"


SUFFIXES = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
}


class DocumentQuerySet(models.QuerySet):
    def kept(self):
        """Those whose content is still there."""
        return self.filter(erased_at=None)


class Document(models.Model):
    """
    One file that one person gave. `name` is theirs, cleaned, and is only ever shown.

    The row is never deleted: what is erased after its time is the content (`erasure.py`), and the
    row remembers it. The client is named once, the verdict of the scan is given once, the content
    is erased once; nothing else changes, and none of it before its time (triggers).
    `restricted` ones are read only by whom a room above names (AML-12).
    """

    kind = models.CharField(max_length=32, choices=Kind.choices)
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=80, choices=[(each, each) for each in SUFFIXES])
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="documents"
    )
    uploaded_at = models.DateTimeField()
    client = models.ForeignKey(
        "onboarding.Client", models.PROTECT, null=True, blank=True, related_name="documents"
    )
    retention = models.CharField(
        max_length=16, choices=Retention.choices, default=Retention.CLIENT_FILE
    )
    restricted = models.BooleanField(default=False)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    scanned_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    erasure = models.ForeignKey(
        "onboarding.Proposal", models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["uploaded_by", "sha256", "kind"],
                condition=Q(erased_at=None),
                name="document_given_once",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None, erasure=None)
                | Q(erased_at__isnull=False, erasure__isnull=False),
                name="document_erased_on_two_words",
            ),
            models.CheckConstraint(
                condition=Q(sha256__regex="^[0-9a-f]{64}$"), name="document_has_its_hash"
            ),
            models.CheckConstraint(condition=Q(size__gt=0), name="document_is_not_empty"),
            models.CheckConstraint(
                condition=Q(content_type__in=list(SUFFIXES)), name="document_of_a_kind_we_take"
            ),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.WAITING, scanned_at=None)
                | ~Q(verdict=Verdict.WAITING) & Q(scanned_at__isnull=False),
                name="document_scanned_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["sha256"], name="document_by_hash"),
            # Read by the task that scans.
            models.Index(
                fields=["uploaded_at"], condition=Q(verdict="waiting"), name="document_to_scan"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.name}"

    @property
    def is_readable(self) -> bool:
        """Whether its content may be handed out to whoever has the right to it."""
        return self.erased_at is None and self.verdict in (Verdict.CLEAN, Verdict.UNSCANNED)

    @property
    def download_name(self) -> str:
        """Its name, with the ending that its content has."""
        endings = SUFFIXES[self.content_type]
        return self.name if self.name.lower().endswith(endings) else self.name + endings[0]


class DocumentReading(models.Model):
    """Who was given the content of which document, and when. Never edited."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="readings")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    read_at = models.DateTimeField()

    class Meta:
        verbose_name = "document reading"
        indexes = [models.Index(fields=["document", "-read_at"], name="reading_of_document")]

    def __str__(self):
        return f"{self.reader} read {self.document}"


def belongs_to(documents: models.QuerySet, client) -> int:
    """Name the client of those of `documents` that have none yet; how many that is."""
    return documents.filter(client=None).update(client=client)


def given_before(*, by, sha256: str, kind: str) -> Document | None:
    """What `by` gave before with that content as that kind."""
    return Document.objects.kept().filter(uploaded_by=by, sha256=sha256, kind=kind).first()


def settle(document: Document, verdict: Verdict, *, now: datetime) -> None:
    """Keep what the scanner said of a document that waits for it."""
    Document.objects.filter(pk=document.pk, verdict=Verdict.WAITING).update(
        verdict=verdict, scanned_at=now
    )
