"""
Dated haircuts: lending decides a call, liquidation the hard line, FRR the firm's capital.

A change is a new row by two people; a row is never edited. The regulator's floor under the
lending haircut is dated too, and the database refuses a haircut below it (VAF-8).
"""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from collateral.assets import Asset, Kind
from collateral.fields import RatioField


class HaircutFloor(models.Model):
    """The least lending haircut the regulator allows for a kind of asset, from a time on."""

    asset_kind = models.CharField(max_length=8, choices=Kind.choices)
    lending = RatioField()
    effective_at = models.DateTimeField()
    source = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset_kind", "effective_at"], name="haircut_floor_dated_once"
            ),
        ]

    def __str__(self):
        return f"{self.asset_kind} at least {self.lending} from {self.effective_at:%Y-%m-%d}"


class HaircutQuerySet(models.QuerySet):
    def in_force(self, *, at: datetime):
        """The one haircut of each asset that holds at that time."""
        return (
            self.filter(effective_at__lte=at)
            .order_by("asset_id", "-effective_at", "-pk")
            .distinct("asset_id")
        )


class Haircut(models.Model):
    """
    Fractions of one. The trigger `haircut_at_least_floor` compares `lending` with the floor.

    An asset without a row in force lends nothing: its haircut is the whole value (SMF-26).
    """

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="haircuts")
    lending = RatioField()
    liquidation = RatioField()
    frr = RatioField()
    effective_at = models.DateTimeField()
    reason = models.TextField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = HaircutQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lending__gte=0, lending__lte=1, frr__gte=0, frr__lte=1),
                name="haircut_is_a_fraction",
            ),
            models.CheckConstraint(
                condition=Q(liquidation__gte=0, liquidation__lte=F("lending")),
                name="haircut_liquidation_at_most_lending",
            ),
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="haircut_maker_is_not_checker"
            ),
        ]
        indexes = [models.Index(fields=["asset", "-effective_at"], name="haircut_in_force")]

    def __str__(self):
        return f"{self.asset} {self.lending}/{self.liquidation}/{self.frr}"
