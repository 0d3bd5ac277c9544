"""Documents of clients: statements, contract notes and receipts, each kept as it was made."""

from datetime import date

from django.db import models
from django.db.models import F, Q

from broker.reports.archive import Kept
from broker.reports.period import Period, today_of
from lending.margin.account import MarginAccount, MarginAccountQuerySet


class Kind(models.TextChoices):
    DAILY = "daily", "Daily statement"
    MONTHLY = "monthly", "Monthly statement"
    NOTE = "note", "Contract note"
    RECEIPT = "receipt", "Receipt"


# How a document's number names its kind.
LETTERS = {Kind.DAILY: "D", Kind.MONTHLY: "M", Kind.NOTE: "N", Kind.RECEIPT: "R"}


class AccountDocumentQuerySet(models.QuerySet):
    def of(self, accounts: MarginAccountQuerySet):
        return self.filter(account__in=accounts.values("pk"))


class AccountDocument(Kept):
    """
    One file of one document of an account, for a period of whole days of Hong Kong.

    `number` is printed on it. `due_on` is the last day it may be given to the client, by the rule
    of its kind; it is the client's from `made_at`, when the portal shows it.
    """

    account = models.ForeignKey(MarginAccount, models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    number = models.CharField(max_length=30)
    first = models.DateField()
    last = models.DateField()
    format = models.CharField(max_length=3, choices=[("pdf", "PDF"), ("csv", "CSV")])
    due_on = models.DateField()

    objects = AccountDocumentQuerySet.as_manager()

    class Meta(Kept.Meta):
        ordering = ["-last", "kind", "-pk"]
        constraints = [
            Kept.hash_constraint("account_document"),
            models.UniqueConstraint(
                fields=["account", "kind", "last", "format"], name="account_document_once"
            ),
            models.CheckConstraint(
                condition=Q(last__gte=F("first"), due_on__gt=F("last"), keep_until__gt=F("last")),
                name="account_document_dates_in_order",
            ),
        ]
        indexes = [models.Index(fields=["account", "-last"], name="account_document_newest")]

    def __str__(self):
        return self.file_name

    @property
    def file_name(self) -> str:
        return f"{self.number}.{self.format}"

    @property
    def is_late(self) -> bool:
        """Whether it came after the day it was due."""
        return today_of(self.made_at) > self.due_on


class DocumentRun(models.Model):
    """
    All documents of one kind of period are made: of a day, or of a month.

    The next run begins after the last of these, so that a night that was missed is made up for.
    """

    class Of(models.TextChoices):
        DAY = "day", "Day"
        MONTH = "month", "Month"

    of = models.CharField(max_length=5, choices=Of.choices)
    first = models.DateField()
    last = models.DateField()
    documents = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["of", "last"], name="document_run_once"),
            models.CheckConstraint(
                condition=Q(last__gte=F("first")), name="document_run_of_a_period"
            ),
        ]

    def __str__(self):
        return f"{self.get_of_display()} to {self.last}: {self.documents}"


def number_of(account: MarginAccount, kind: str, period: Period) -> str:
    """MA000001-D-20260304, or MA000001-M-202603: unique, and the same whenever it is made."""
    when = f"{period.last:%Y%m}" if kind == Kind.MONTHLY else f"{period.last:%Y%m%d}"
    return f"{account.number}-{LETTERS[kind]}-{when}"


def last_made(of: str) -> date | None:
    """The last day that is made up to."""
    return DocumentRun.objects.filter(of=of).aggregate(last=models.Max("last"))["last"]


def first_day() -> date | None:
    """The first day of which anything can be told."""
    opened = MarginAccount.objects.aggregate(first=models.Min("opened_at"))["first"]
    return opened and today_of(opened)
