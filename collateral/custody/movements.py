"""
The register of units: append-only, each row naming the place it left and the place it entered.

Client collateral is held and not owned, so it is a book of its own beside the money ledger. A
pool's holdings follow from it by trigger; nothing else writes them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, models, transaction
from django.db.models import Q

from collateral.amounts import round_down
from collateral.assets import Asset
from collateral.custody.pool import Pool
from collateral.fields import UnitsField


class Place(models.TextChoices):
    CLIENT = "client", "With the client"
    POOL = "pool", "Pledged"
    VENUE = "venue", "Bought or sold at the venue"


class KeyReused(Exception):
    """The same key was used for another movement before."""


class NotAWholeStep(Exception):
    """Units that are not a whole multiple of the asset's smallest step."""


class Movement(models.Model):
    """`units` of `asset` left one place and entered another. `key` makes twice the same as once."""

    key = models.CharField(max_length=80, unique=True)
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    units = UnitsField()
    from_place = models.CharField(max_length=8, choices=Place.choices)
    from_pool = models.ForeignKey(Pool, models.PROTECT, null=True, related_name="+")
    to_place = models.CharField(max_length=8, choices=Place.choices)
    to_pool = models.ForeignKey(Pool, models.PROTECT, null=True, related_name="+")
    moved_at = models.DateTimeField()
    narrative = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(units__gt=0), name="movement_units_positive"),
            models.CheckConstraint(
                condition=Q(from_place=Place.POOL, from_pool__isnull=False)
                | (~Q(from_place=Place.POOL) & Q(from_pool__isnull=True)),
                name="movement_left_a_named_pool",
            ),
            models.CheckConstraint(
                condition=Q(to_place=Place.POOL, to_pool__isnull=False)
                | (~Q(to_place=Place.POOL) & Q(to_pool__isnull=True)),
                name="movement_entered_a_named_pool",
            ),
            models.CheckConstraint(
                condition=Q(from_place=Place.POOL) | Q(to_place=Place.POOL),
                name="movement_touches_a_pool",
            ),
            # VAF-16: collateral goes to its client or to a sale, and from pool to pool never.
            models.CheckConstraint(
                condition=~Q(from_place=Place.POOL, to_place=Place.POOL),
                name="movement_never_between_pools",
            ),
        ]

    def __str__(self):
        return f"{self.units} {self.asset}: {self.from_place} -> {self.to_place}"


@dataclass(frozen=True, slots=True)
class Transfer:
    """A movement to record; exactly one of its ends is `pool`."""

    key: str
    asset: Asset
    units: Decimal
    pool: Pool | int
    into_pool: bool
    other_place: Place
    narrative: str

    @property
    def pool_id(self) -> int:
        return self.pool if isinstance(self.pool, int) else self.pool.pk


@transaction.atomic
def record(transfers: Iterable[Transfer], *, now: datetime) -> int:
    """
    Enter `transfers` in the register, and return how many were new.

    A transfer whose key stands there already with the same content is left alone, so doing it
    twice is doing it once.

    :raises KeyReused: a key stands there with another content
    :raises NotAWholeStep: units that the asset's step does not divide
    :raises IntegrityError: `holding_units_not_negative`, where a pool would be overdrawn
    """
    rows = [_row(transfer, now=now) for transfer in transfers]
    known = {row.key: row for row in Movement.objects.filter(key__in=[row.key for row in rows])}
    new = []
    for row in rows:
        stored = known.get(row.key)
        if stored is None:
            new.append(row)
        elif _content(stored) != _content(row):
            raise KeyReused(f"movement {row.key} was {stored}, and is not {row}")
    Movement.objects.bulk_create(new)
    return len(new)


def units_reconciled() -> bool:
    """Whether every holding is what its movements add up to."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH moved AS (
                SELECT pool_id, asset_id, sum(units) AS units
                  FROM (SELECT to_pool_id AS pool_id, asset_id, units
                          FROM collateral_movement WHERE to_pool_id IS NOT NULL
                        UNION ALL
                        SELECT from_pool_id, asset_id, -units
                          FROM collateral_movement WHERE from_pool_id IS NOT NULL) ends
                 GROUP BY pool_id, asset_id
            )
            SELECT NOT EXISTS (
                SELECT FROM moved FULL JOIN collateral_holding held USING (pool_id, asset_id)
                 WHERE coalesce(moved.units, 0) <> coalesce(held.units, 0))
            """
        )
        return cursor.fetchone()[0]


def _row(transfer: Transfer, *, now: datetime) -> Movement:
    if round_down(transfer.units, transfer.asset.step) != transfer.units:
        raise NotAWholeStep(
            f"{transfer.units} {transfer.asset} is no whole multiple of {transfer.asset.step}"
        )
    inside = (Place.POOL, transfer.pool_id)
    outside = (transfer.other_place, None)
    (from_place, from_pool), (to_place, to_pool) = (
        (outside, inside) if transfer.into_pool else (inside, outside)
    )
    return Movement(
        key=transfer.key,
        asset=transfer.asset,
        units=transfer.units,
        from_place=from_place,
        from_pool_id=from_pool,
        to_place=to_place,
        to_pool_id=to_pool,
        moved_at=now,
        narrative=transfer.narrative,
    )


def _content(row: Movement) -> tuple:
    return (
        row.asset_id,
        row.units,
        row.from_place,
        row.from_pool_id,
        row.to_place,
        row.to_pool_id,
    )
