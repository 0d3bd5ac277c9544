"""Plan: what may be sold of an account now, in what order, and the next slice of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from collateral.amounts import CENT, EXACT, round_down
from collateral.valuation.pools import PoolLine
from lending.liquidation.sizing import Offer, Sale, SalePlan, plan
from lending.trading.venue import Venue

# A slice below this waits for the market to refill, unless it is the last one: HKD.
LEAST_SLICE = Decimal(20_000)
# A line below this brings less than it costs to write down; it stays with the client: HKD.
DUST = Decimal(1)
# What a trade loses to rounding, proceeds down and costs up: HKD. A sale sized without it would end
# a cent short of the target, and another lot would follow.
ROUNDED_AWAY = 2 * CENT
# The cost depends on the size and the size on the cost; it settles in three rounds
# (domain/liquidation.md 5.6).
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Slice:
    """The next order: so many units of the asset of `line`."""

    line: PoolLine
    units: Decimal


def offers_of(
    lines: Iterable[PoolLine],
    venue: Venue,
    *,
    depths: dict[int, Decimal | None],
    sizes: dict[str, Decimal],
    now: datetime,
) -> list[Offer]:
    """
    Each line as the arithmetic sees it. `depths`: units that can be traded now, by asset id.
    `sizes`: the units whose cost is asked, by code; all that is available where not named.
    """
    offers = []
    for line in lines:
        depth = depths.get(line.asset_id)
        available = line.units if depth is None else min(line.units, depth)
        size = sizes.get(line.code, available)
        offers.append(
            Offer(
                asset=line.code,
                units=line.units,
                price=line.price,
                haircut=line.lending_haircut,
                cost=venue.cost(line.asset_id, size, now=now),
                lot=line.lot,
                sellable=depth,
            )
        )
    return offers


def sale_plan(
    lines: list[PoolLine],
    venue: Venue,
    *,
    debt: Decimal,
    margin_value: Decimal,
    target: Decimal,
    depths: dict[int, Decimal | None],
    now: datetime,
) -> SalePlan:
    """
    The sales that bring the account, short of it now, to `target`: at the costs of the sizes they
    come to, and with `ROUNDED_AWAY` to spare.

    Every line must be fresh. See `sizing.plan` for the order and what a plan says.
    """
    with localcontext(EXACT):
        debt = debt + ROUNDED_AWAY
    sizes: dict[str, Decimal] = {}
    for _ in range(ROUNDS):
        offers = offers_of(lines, venue, depths=depths, sizes=sizes, now=now)
        planned = plan(offers, debt=debt, margin_value=margin_value, target=target)
        sizes = {sale.asset: sale.units for sale in planned.sales}
    return planned


def worth_selling(lines: Iterable[PoolLine]) -> list[PoolLine]:
    """The lines without dust: no venue trades for less than a cent, and none may hold up a sale."""
    return [line for line in lines if line.market_value is None or line.market_value >= DUST]


def next_slice(planned: SalePlan, lines: Iterable[PoolLine]) -> Slice | None:
    """
    The first sale of the plan worth sending, or None where all wait for the market.

    A sale is worth sending when it ends the need for that asset or is no dust.
    """
    by_code = {line.code: line for line in lines}
    for sale in planned.sales:
        if _is_worth_sending(sale, by_code[sale.asset], planned):
            return Slice(by_code[sale.asset], sale.units)
    return None


def _is_worth_sending(sale: Sale, line: PoolLine, planned: SalePlan) -> bool:
    is_last = planned.reaches_target and sale == planned.sales[-1]
    return sale.value >= LEAST_SLICE or is_last or sale.units == line.units


def is_tradable(line: PoolLine, depth: Decimal | None) -> bool:
    """Whether anything of `line` can be sold now: all of it, or at least a lot."""
    if depth is None or depth >= line.units:
        return True
    with localcontext(EXACT):
        units = round_down(depth, line.lot)
        return units > 0 and units * (line.price or 0) >= LEAST_SLICE
