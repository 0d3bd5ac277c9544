"""The pool: everything that one margin account has pledged."""

from django.db import models
from django.db.models import Q

from collateral.assets import Asset
from collateral.custody.places import CustodyPlace
from collateral.fields import UnitsField
from onboarding.clients import Client


class Pool(models.Model):
    client = models.ForeignKey(Client, models.PROTECT, related_name="pools")

    def __str__(self):
        return f"pool #{self.pk} of {self.client}"


class Holding(models.Model):
    """
    Units of one asset in one pool: the running total of its movements, kept by the database.

    The key is in pool order, so that the book is valued by one ordered walk.
    """

    pk = models.CompositePrimaryKey("pool_id", "asset_id")
    pool = models.ForeignKey(Pool, models.PROTECT, related_name="holdings", db_index=False)
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+", db_index=False)
    units = UnitsField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(units__gte=0), name="holding_units_not_negative"),
        ]

    def __str__(self):
        return f"{self.units} in pool #{self.pool_id}"


class HeldAt(models.Model):
    """Units of one asset of one pool that rest at one place: kept by the database, as holdings."""

    pk = models.CompositePrimaryKey("pool_id", "asset_id", "place_id")
    pool = models.ForeignKey(Pool, models.PROTECT, related_name="+", db_index=False)
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+", db_index=False)
    place = models.ForeignKey(CustodyPlace, models.PROTECT, related_name="+", db_index=False)
    units = UnitsField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(units__gte=0), name="held_at_not_negative"),
        ]
        indexes = [
            # Read by the reconciliation and by corporate actions: all pools of a place, an asset.
            models.Index(fields=["asset", "place"], name="held_at_by_asset"),
        ]

    def __str__(self):
        return f"{self.units} in pool #{self.pool_id} at #{self.place_id}"
