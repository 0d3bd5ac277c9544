"""What pools hold and what each line of it is worth: the statement for the book, and one pool."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from functools import cache
from pathlib import Path

from django.db import connection

from collateral.actions.action import UNPRICED
from collateral.amounts import EXACT
from collateral.prices.consensus import Standing


@cache
def pool_values_sql(only: str = "TRUE") -> str:
    """The statement of `pools.sql` for the pools that `only`, a condition of ours, admits."""
    return _text("pools.sql").replace("{weights}", weights_sql()).replace("{only}", only)


@cache
def margin_values_sql() -> str:
    """The statement of `margin_values.sql`, for all pools."""
    return _text("margin_values.sql").replace("{weights}", weights_sql())


@cache
def weights_sql() -> str:
    """The statement of `weights.sql`."""
    return _text("weights.sql").replace("{unpriced}", UNPRICED.format(asset="asset.id"))


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text()


@dataclass(frozen=True, slots=True)
class PoolLine:
    """
    One asset in one pool. Units in the asset, money in HKD, haircuts as fractions of one.

    `price` is the last agreed one, None where there never was one; it counts only if `is_fresh`.
    `observed_at` is when somebody last said it. `standing`, `thin_since` and `jump_until` are the
    price's own; what it widens the lending haircut by is in it already.
    """

    pool_id: int
    asset_id: int
    code: str
    name: str
    kind: str
    market: str
    step: Decimal
    lot: Decimal
    units: Decimal
    price: Decimal | None
    observed_at: datetime | None
    is_fresh: bool
    source: str
    volume: Decimal | None
    lending_haircut: Decimal
    liquidation_haircut: Decimal
    standing: str = Standing.AGREED
    thin_since: datetime | None = None
    jump_until: datetime | None = None

    @property
    def market_value(self) -> Decimal | None:
        return self._after(Decimal(0))

    @property
    def margin_value(self) -> Decimal | None:
        """What the line lends (STM-4): market value x (1 - lending haircut), exact."""
        return self._after(self.lending_haircut)

    @property
    def liquidation_value(self) -> Decimal | None:
        return self._after(self.liquidation_haircut)

    def _after(self, haircut: Decimal) -> Decimal | None:
        if self.price is None:
            return None
        with localcontext(EXACT):
            return self.units * self.price * (1 - haircut)


def pool_lines(pool_ids: Iterable[int], *, now: datetime) -> dict[int, list[PoolLine]]:
    """The lines of each pool that hold units, by asset, as they are worth at `now`."""
    lines: dict[int, list[PoolLine]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT holding.pool_id, asset.id, asset.code, asset.name, asset.kind, asset.market,
                   asset.step, asset.lot, holding.units, price.value,
                   coalesce(price.aged_from, price.observed_at),
                   coalesce(price.fresh_until >= %(now)s, FALSE) AND NOT ({unpriced}),
                   coalesce(price.source, ''),
                   price.volume,
                   CASE WHEN asset.marginable
                        THEN least(1, coalesce(haircut.lending, 1) + coalesce(price.widen, 0))
                        ELSE 1 END,
                   CASE WHEN asset.marginable THEN coalesce(haircut.liquidation, 1) ELSE 1 END,
                   coalesce(price.standing, 'agreed'), price.thin_since, price.jump_until
              FROM collateral_holding holding
              JOIN collateral_asset asset ON asset.id = holding.asset_id
              LEFT JOIN LATERAL (
                  SELECT * FROM collateral_price
                   WHERE asset_id = asset.id AND observed_at <= %(now)s
                   ORDER BY observed_at DESC LIMIT 1) price ON TRUE
              LEFT JOIN LATERAL (
                  SELECT * FROM collateral_haircut
                   WHERE asset_id = asset.id AND effective_at <= %(now)s
                   ORDER BY effective_at DESC, id DESC LIMIT 1) haircut ON TRUE
             WHERE holding.units > 0 AND holding.pool_id = ANY(%(pools)s)
             ORDER BY holding.pool_id, asset.id
            """.replace("{unpriced}", UNPRICED.format(asset="asset.id")),
            {"now": now, "pools": list(pool_ids)},
        )
        for row in cursor.fetchall():
            line = PoolLine(*row)
            lines[line.pool_id].append(line)
    return dict(lines)
