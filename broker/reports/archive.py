"""The archive: reports as they were made, each with its hash, kept for seven years."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import F, Q

HONG_KONG = ZoneInfo("Asia/Hong_Kong")

# STM-20; a row and its file may go when the years are over, and not before (trigger).
KEPT_YEARS = 7

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Damaged(Exception):
    """A stored file is not the one that was stored."""


class Kept(models.Model):
    """A file as it was made. `path` is its place in private storage, which has no address."""

    path = models.CharField(max_length=160)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()
    keep_until = models.DateField()

    class Meta:
        abstract = True

    @staticmethod
    def hash_constraint(name: str) -> models.CheckConstraint:
        return models.CheckConstraint(
            condition=Q(sha256__regex="^[0-9a-f]{64}$"), name=f"{name}_has_its_hash"
        )

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.format]

    def content(self) -> bytes:
        """
        The file, verified.

        :raises Damaged: it is gone, or its hash is not the one that was kept
        """
        try:
            with default_storage.open(self.path, "rb") as file:
                content = file.read()
        except OSError as error:
            raise Damaged(f"{self}: {error}") from error
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise Damaged(f"{self}: its hash is not {self.sha256}")
        return content


class StoredReport(Kept):
    """
    One file of one report. `as_of_date` is the Hong Kong day: of each report there is one a day
    in each format.
    """

    name = models.CharField(max_length=40)
    format = models.CharField(max_length=4, choices=[("csv", "CSV"), ("xlsx", "XLSX")])
    as_of = models.DateTimeField()
    as_of_date = models.DateField()

    class Meta:
        ordering = ["-as_of", "name", "format"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "as_of_date", "format"], name="stored_report_once_a_day"
            ),
            Kept.hash_constraint("stored_report"),
            models.CheckConstraint(
                condition=Q(keep_until__gte=F("as_of_date")),
                name="stored_report_kept_after_its_day",
            ),
        ]

    def __str__(self):
        return self.file_name

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.as_of_date:%Y-%m-%d}.{self.format}"


def stored(name: str, *, on: date) -> list[StoredReport]:
    """The files of that report of that Hong Kong day, by format; none where it was not made."""
    return list(StoredReport.objects.filter(name=name, as_of_date=on).order_by("format"))


@transaction.atomic
def archive(
    name: str, files: Mapping[str, bytes], *, as_of: datetime, now: datetime
) -> list[StoredReport]:
    """
    Keep the files of one report, by format.

    A file's place follows from its content, so a run that was killed or rolled back leaves nothing
    that the next one trips over, and half a file is never taken for a whole one.

    :raises IntegrityError: `stored_report_once_a_day`
    """
    on = as_of.astimezone(HONG_KONG).date()
    return [
        StoredReport.objects.create(
            name=name,
            format=kind,
            as_of=as_of,
            as_of_date=on,
            **kept(f"reports/{name}", kind, content, on=on, now=now),
        )
        for kind, content in sorted(files.items())
    ]


def kept(folder: str, kind: str, content: bytes, *, on: date, now: datetime) -> dict:
    """Put one file in its place, and return the fields of `Kept` that say where and how long."""
    sha256 = hashlib.sha256(content).hexdigest()
    return {
        "path": _store(f"{folder}/{on:%Y}/{on:%m}/{sha256}.{kind}", content),
        "sha256": sha256,
        "size": len(content),
        "made_at": now,
        "keep_until": _years_after(on, KEPT_YEARS),
    }


def _store(path: str, content: bytes) -> str:
    """Where the file is now: its own place, or one beside it if something else lies there."""
    if default_storage.exists(path):
        with default_storage.open(path, "rb") as file:
            if file.read() == content:
                return path
    return default_storage.save(path, ContentFile(content))


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        # 29 February.
        return day.replace(year=day.year + years, month=3, day=1)
