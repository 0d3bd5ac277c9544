"""
The lists as the house keeps them: their versions, their entries, and every attempt to load one.

An entry that changes is a new row and the old one has left the list; nothing is deleted or edited
(AML-24), so what a hit was decided on can be read for as long as the house stands.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from onboarding.screening.facts import Party, from_json


class ListCode(models.TextChoices):
    OFAC = "ofac", "OFAC SDN"
    UN = "un", "UN Security Council, consolidated"
    HONG_KONG = "hk", "Hong Kong: UNSO and UNATMO"
    PEP = "pep", "Politically exposed persons"


class Outcome(models.TextChoices):
    TAKEN = "taken", "Taken"
    UNCHANGED = "unchanged", "The same as before"
    REFUSED = "refused", "Refused: the old list stays in force"


class ListVersion(models.Model):
    """A list as it stood. `dated` is the day it gives itself, `digest` the hash of its files."""

    code = models.CharField(max_length=8, choices=ListCode.choices)
    number = models.PositiveIntegerField()
    dated = models.DateField(null=True)
    loaded_at = models.DateTimeField()
    entries = models.PositiveIntegerField()
    wallets = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    source = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="list_version_numbered_once"),
        ]
        permissions = [
            ("view_screening", "Can look at the screening desk and the lists"),
            ("view_held_payments", "Can look at payments from third parties"),
            ("view_monitoring", "Can look at the alerts of the transaction monitoring"),
            ("view_suspicion", "Can look at suspicion cases"),
        ]

    def __str__(self):
        return f"{self.get_code_display()}, version {self.number}"


class ListLoad(models.Model):
    """One attempt to load a list, and what came of it in words."""

    code = models.CharField(max_length=8, choices=ListCode.choices)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    said = models.TextField()
    source = models.CharField(max_length=300)
    version = models.ForeignKey(ListVersion, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["code", "-at"], name="list_load_latest")]

    def __str__(self):
        return f"{self.code} at {self.at}: {self.outcome}"


class ListEntry(models.Model):
    """Somebody on a list, as the list has them (`facts.Listed`), until they leave it or change."""

    code = models.CharField(max_length=8, choices=ListCode.choices)
    ref = models.CharField(max_length=60)
    party = models.JSONField()
    programme = models.TextField(blank=True)
    remarks = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=64)
    added_version = models.ForeignKey(ListVersion, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    removed_version = models.ForeignKey(
        ListVersion, models.PROTECT, null=True, related_name="+", default=None
    )
    removed_at = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "ref"], condition=Q(removed_at=None), name="list_entry_once"
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None, removed_version=None)
                | Q(removed_at__gte=F("added_at"), removed_version__isnull=False),
                name="list_entry_leaves_with_a_version",
            ),
        ]

    def __str__(self):
        return f"{self.get_code_display()} {self.ref}: {self.party['names'][0]}"

    @property
    def facts(self) -> Party:
        return from_json(self.party)


class WalletEntry(models.Model):
    """A listed address, as compared: by the family of chains its key controls (`wallets.py`)."""

    entry = models.ForeignKey(ListEntry, models.PROTECT, related_name="wallets")
    family = models.CharField(max_length=12)
    ticker = models.CharField(max_length=8)
    address = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "family", "address"], name="wallet_entry_once"
            ),
        ]
        indexes = [models.Index(fields=["address", "family"], name="wallet_entry_found")]

    def __str__(self):
        return f"{self.address} ({self.family})"


def version_in_force(code: str) -> ListVersion | None:
    """The version that is screened against; None where the list was never loaded."""
    return ListVersion.objects.filter(code=code).order_by("-number").first()


def versions_in_force() -> dict[str, int]:
    """The number of the version in force, by list."""
    rows = ListVersion.objects.order_by("code", "-number").distinct("code")
    return dict(rows.values_list("code", "number"))
