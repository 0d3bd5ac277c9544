"""
The register of units: append-only, each row naming what it left, what it entered, and the custody
place where the pool's units rest.

Client collateral is held and not owned, so it is a book of its own beside the money ledger. A
pool's holdings, and what of them rests at each place, follow from it by trigger; nothing else
writes them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, models, transaction
from django.db.models import Q

from collateral.amounts import round_down
from collateral.assets import Asset
from collateral.custody.places import CustodyPlace
from collateral.custody.placing import PART, placed
from collateral.custody.pool import Pool
from collateral.fields import UnitsField


class Place(models.TextChoices):
    CLIENT = "client", "With the client"
    POOL = "pool", "Pledged"
    VENUE = "venue", "Bought or sold at the venue"
    ISSUER = "issuer", "Made or taken back by the issuer"


class KeyReused(Exception):
    """The same key was used for another movement before."""


class NotAWholeStep(Exception):
    """Units that are not a whole multiple of the asset's smallest step."""


class Movement(models.Model):
    """
    `units` of `asset` left one place and entered another. `key` makes twice the same as once.

    `custody` is where the units of the pool at its one end rested, or rest from now on.
    """

    key = models.CharField(max_length=80, unique=True)
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    units = UnitsField()
    from_place = models.CharField(max_length=8, choices=Place.choices)
    from_pool = models.ForeignKey(Pool, models.PROTECT, null=True, related_name="+")
    to_place = models.CharField(max_length=8, choices=Place.choices)
    to_pool = models.ForeignKey(Pool, models.PROTECT, null=True, related_name="+")
    custody = models.ForeignKey(CustodyPlace, models.PROTECT, related_name="+", db_index=False)
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
        indexes = [
            # Read by the reconciliation: what moved at a place since a statement was made.
            models.Index(fields=["custody", "moved_at"], name="movement_at_place"),
        ]

    def __str__(self):
        return f"{self.units} {self.asset}: {self.from_place} -> {self.to_place}"


@dataclass(frozen=True, slots=True)
class Transfer:
    """
    A movement to record; exactly one of its ends is `pool`.

    `custody` is a custody place or its key. Where it is None, units come in where assets of their
    kind are kept, and leave that place first and then the others, the fullest first.
    """

    key: str
    asset: Asset
    units: Decimal
    pool: Pool | int
    into_pool: bool
    other_place: Place
    narrative: str
    custody: CustodyPlace | int | None = None

    @property
    def pool_id(self) -> int:
        return self.pool if isinstance(self.pool, int) else self.pool.pk

    @property
    def custody_id(self) -> int | None:
        is_key = self.custody is None or isinstance(self.custody, int)
        return self.custody if is_key else self.custody.pk


@transaction.atomic
def record(transfers: Iterable[Transfer], *, now: datetime) -> int:
    """
    Enter `transfers` in the register, and return how many were new.

    A transfer whose key stands there already with the same content is left alone, so doing it
    twice is doing it once.

    :raises KeyReused: a key stands there with another content
    :raises NotAWholeStep: units that the asset's step does not divide
    :raises NoPlace: nobody named a custody place, and none keeps such assets
    :raises IntegrityError: `holding_units_not_negative`, where a pool would be overdrawn;
        `held_at_not_negative`, where the named place has less; `movement_va_rests_where_it_may`,
        where virtual assets would rest without a licence in force (JC-7)
    """
    transfers = list(transfers)
    for transfer in transfers:
        if round_down(transfer.units, transfer.asset.step) != transfer.units:
            raise NotAWholeStep(
                f"{transfer.units} {transfer.asset} is no whole multiple of {transfer.asset.step}"
            )
    known = _known([transfer.key for transfer in transfers])
    new = []
    for transfer in transfers:
        stored = known.get(transfer.key)
        if stored is None:
            new.append(transfer)
        elif not _is_same(stored, transfer):
            raise KeyReused(f"movement {transfer.key} was {stored[0]}, and is not {transfer}")
    Movement.objects.bulk_create(_row(each, now=now) for each in placed(new, now=now))
    return len(new)


def _known(keys: list[str]) -> dict[str, list[Movement]]:
    """What stands under each key: one movement, or its parts from several places."""
    known: dict[str, list[Movement]] = {}
    for row in Movement.objects.filter(key__in=keys):
        known[row.key] = [row]
    leaving = [key for key, [row] in known.items() if row.from_place == Place.POOL]
    for key in leaving:
        known[key] += Movement.objects.filter(key__startswith=f"{key}{PART}").order_by("pk")
    return known


def _is_same(stored: list[Movement], transfer: Transfer) -> bool:
    """Whether it is the content of `transfer`; where nobody named a place, any is as asked."""
    pool_end, other_end = (Place.POOL, transfer.pool_id), (transfer.other_place, None)
    ends = (other_end, pool_end) if transfer.into_pool else (pool_end, other_end)
    return sum(row.units for row in stored) == transfer.units and all(
        row.asset_id == transfer.asset.pk
        and ((row.from_place, row.from_pool_id), (row.to_place, row.to_pool_id)) == ends
        and transfer.custody_id in (None, row.custody_id)
        for row in stored
    )


def units_reconciled() -> bool:
    """Whether every holding is what its movements add up to, and what rests at its places."""
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
               AND NOT EXISTS (
                SELECT FROM (SELECT pool_id, asset_id, sum(units) AS units
                               FROM collateral_heldat GROUP BY pool_id, asset_id) at
                  FULL JOIN collateral_holding held USING (pool_id, asset_id)
                 WHERE coalesce(at.units, 0) <> coalesce(held.units, 0))
            """
        )
        return cursor.fetchone()[0]


def _row(transfer: Transfer, *, now: datetime) -> Movement:
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
        custody_id=transfer.custody_id,
        moved_at=now,
        narrative=transfer.narrative,
    )
