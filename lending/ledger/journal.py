"""The journal: entries of two-ended postings, append-only. The one correction is a reversal."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from collateral.fields import MoneyField
from lending.ledger.chart import LedgerAccount


class Entry(models.Model):
    """
    One event in the books. `key` makes posting it twice the same as once.

    `booked_at` is when it was entered; `value_date` the Hong Kong date it counts from.
    """

    key = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=24)
    narrative = models.CharField(max_length=200)
    booked_at = models.DateTimeField()
    value_date = models.DateField()
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")

    class Meta:
        verbose_name_plural = "entries"

    def __str__(self):
        return f"{self.kind} {self.key}"


class Posting(models.Model):
    """
    `amount` moved out of `credit` and into `debit`.

    A row names both ends, so the books balance by construction: there is no sum to check and no
    way to write half a movement. Both ends are in one book and one currency, and the totals of
    borrowers' accounts follow by trigger.
    """

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="postings")
    debit = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="debit_postings")
    credit = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="credit_postings")
    amount = MoneyField()
    booked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="posting_amount_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="posting_has_two_ends"),
        ]
        # Read by statements; rows come in the order of time, so a small index finds a day.
        indexes = [BrinIndex(fields=["booked_at"], name="posting_by_day")]

    def __str__(self):
        return f"#{self.pk} {self.amount}: {self.credit_id} -> {self.debit_id}"
