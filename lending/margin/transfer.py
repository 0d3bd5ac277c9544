"""The record of securities that came in as pledge or went back: by whom, on what paper."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from collateral.assets import Asset
from collateral.custody.places import CustodyPlace
from collateral.fields import UnitsField
from lending.margin.account import MarginAccount
from onboarding.proposals import Proposal


class Direction(models.TextChoices):
    IN = "in", "Pledged"
    OUT = "out", "Released"


class SecuritiesTransfer(models.Model):
    """
    `participant` is the broker or CCASS participant on the other side, `reference` its number of
    the transfer: one reference is one transfer. `evidence` is what was seen: the settlement report
    of one that came in, the client's written direction of one that goes out (CSR-3).
    """

    account = models.ForeignKey(MarginAccount, models.PROTECT, related_name="transfers")
    direction = models.CharField(max_length=3, choices=Direction.choices)
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    units = UnitsField()
    custody = models.ForeignKey(CustodyPlace, models.PROTECT, related_name="+")
    participant = models.CharField(max_length=60)
    reference = models.CharField(max_length=60)
    evidence = models.TextField()
    transferred_at = models.DateTimeField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="securities_transfer")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="securities_transfer_maker_is_not_checker"
            ),
            models.CheckConstraint(
                condition=Q(units__gt=0) & ~Q(reference="") & ~Q(participant="") & ~Q(evidence=""),
                name="securities_transfer_says_what_it_rests_on",
            ),
            models.UniqueConstraint(
                fields=["direction", "participant", "reference"],
                name="securities_transfer_reference_once",
            ),
        ]

    def __str__(self):
        return f"{self.get_direction_display()}: {self.units.normalize():f} {self.asset}"
