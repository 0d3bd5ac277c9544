"""Why a forced sale waits: for a price that may be sold at, or for the platform to sell at."""

from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from collateral.amounts import EXACT
from collateral.assets import Kind
from collateral.prices.consensus import Standing
from collateral.prices.smoothing import SELL, means
from collateral.prices.stops import Act, stop_of
from collateral.prices.thresholds import thin_wait
from collateral.prices.venue_health import venue_stop
from collateral.valuation.pools import PoolLine
from lending.margin.bands import is_past_hard_line
from lending.margin.readings import Reading

AT_ONCE = timedelta(0)


def why_sale_waits(
    reading: Reading, held: list[PoolLine], *, target: Decimal, now: datetime
) -> str | None:
    """
    Why the account's sale waits for its prices or for the platform, in words; None where it goes on
    (VAF-11, VAF-12). Past the hard line it waits for the least; before it, also where it would be
    over at what its virtual assets were worth over the last minutes.
    """
    if is_past_hard_line(debt=reading.debt, liquidation_value=reading.liquidation_value):
        if all(line.standing == Standing.AGREED for line in held):
            return None
        return stop_of(Act.HARD_SALE, held, thin_wait=thin_wait(now), now=now)
    stopped = stop_of(Act.SOFT_SALE, held, thin_wait=AT_ONCE, now=now)
    if stopped is None and any(line.kind == Kind.VA for line in held):
        stopped = venue_stop(Act.SOFT_SALE)
    if stopped is None and _is_over_at_the_mean(reading, held, target, now=now):
        stopped = "its assets have only just fallen"
    return stopped


def _is_over_at_the_mean(
    reading: Reading, held: list[PoolLine], target: Decimal, *, now: datetime
) -> bool:
    lines = {line.asset_id: line for line in held if line.kind == Kind.VA}
    higher = Decimal(0)
    with localcontext(EXACT):
        for asset_id, worth in means(lines, SELL, now=now).items():
            line = lines[asset_id]
            above = max(Decimal(0), worth - line.price)
            higher += line.units * above * (1 - line.lending_haircut)
        return higher > 0 and reading.debt <= target * (reading.margin_value + higher)
