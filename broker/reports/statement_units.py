"""What the register of units says of pools at both ends of a period and in between."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from broker.reports.period import Period
from broker.reports.statement_books import Ends, rows_of


@dataclass(frozen=True, slots=True)
class Moved:
    """Units that entered the pool (above zero) or left it, and what is on the other side."""

    asset_id: int
    movement_id: int
    key: str
    at: datetime
    units: Decimal
    place: str


def units(period: Period, pool_ids: Sequence[int]) -> dict[int, dict[int, Ends]]:
    """Units of each asset in each pool, by pool and asset."""
    found: dict[int, dict[int, Ends]] = defaultdict(dict)
    for pool_id, asset_id, *ends in rows_of(
        """
        WITH moved AS (
            SELECT to_pool_id AS pool_id, asset_id, units, moved_at
              FROM collateral_movement
             WHERE to_pool_id = ANY(%(ids)s) AND moved_at >= %(starts_at)s
            UNION ALL
            SELECT from_pool_id, asset_id, -units, moved_at
              FROM collateral_movement
             WHERE from_pool_id = ANY(%(ids)s) AND moved_at >= %(starts_at)s
        ), since AS (
            SELECT pool_id, asset_id, sum(units) AS start,
                   coalesce(sum(units) FILTER (WHERE moved_at >= %(ends_at)s), 0) AS "end"
              FROM moved GROUP BY pool_id, asset_id
        )
        SELECT held.pool_id, held.asset_id, held.units - coalesce(since.start, 0),
               held.units - coalesce(since."end", 0)
          FROM collateral_holding held
          LEFT JOIN since USING (pool_id, asset_id)
         WHERE held.pool_id = ANY(%(ids)s)
         ORDER BY held.pool_id, held.asset_id
        """,
        period,
        pool_ids,
    ):
        found[pool_id][asset_id] = Ends(*ends)
    return found


def movements(period: Period, pool_ids: Sequence[int]) -> dict[int, list[Moved]]:
    """Every movement of the period, in the order it was entered."""
    found: dict[int, list[Moved]] = defaultdict(list)
    for pool_id, *moved in rows_of(
        """
        SELECT coalesce(to_pool_id, from_pool_id), asset_id, id, key, moved_at,
               CASE WHEN to_pool_id IS NULL THEN -units ELSE units END,
               CASE WHEN to_pool_id IS NULL THEN to_place ELSE from_place END
          FROM collateral_movement
         WHERE (to_pool_id = ANY(%(ids)s) OR from_pool_id = ANY(%(ids)s))
           AND moved_at >= %(starts_at)s AND moved_at < %(ends_at)s
         ORDER BY moved_at, id
        """,
        period,
        pool_ids,
    ):
        found[pool_id].append(Moved(*moved))
    return found
