"""
Which accounts a tick can move: the others are left out of its sweep, and nothing is missed.

An account that a sweep has just left alone is at rest. It stays there until a comparison of
`bands.py` comes out otherwise, or a time it waits for has come: the deadline of its call, the
confirmation of its mark at the hard line. Each comparison is of prices, times weights that are not
negative, against a fixed amount. So none comes out otherwise while the price of every asset held
stays in a range: from `low` to below `high` times what it was at the reading.

This is right only where nobody else acts: whoever changes what an account owes or holds says so
(`doubt`), and haircuts and terms stay as they are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext

from collateral.amounts import EXACT
from collateral.custody.pool import Holding
from lending.margin.bands import AWAITING_CURE, IN_CALL, Levels, Standing, mta_of
from lending.margin.policy import WATCHED
from lending.margin.readings import Reading, read
from lending.margin.terms import MarginTerms

# Rounded so that a range is never wider than it is.
UP, DOWN = Context(prec=30, rounding=ROUND_CEILING), Context(prec=30, rounding=ROUND_FLOOR)
ZERO, ENDLESS = Decimal(0), Decimal("Infinity")
AT_ONCE, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

Range = tuple[Decimal, Decimal]


class Watch:
    """The accounts at rest, each with its ranges of prices and the time at which it wakes."""

    def __init__(self):
        self._levels = {terms.pk: terms.levels for terms in MarginTerms.objects.all()}
        self._ranges: dict[int, dict[int, Range]] = defaultdict(dict)  # By asset, by account.
        self._calm: dict[int, Range] = {}  # By asset: inside it nobody wakes.
        self._assets: dict[int, tuple[int, ...]] = {}  # By account.
        self._wakes_at: dict[int, datetime] = {}
        self._first_at = AT_ONCE
        self._whole_book = True

    def awake(self, prices: Mapping[int, Decimal], *, now: datetime) -> list[int] | None:
        """
        The accounts that must be swept at `now`, now that these assets (by id) have these agreed
        prices; None for the whole book.
        """
        if self._whole_book:
            return None
        awake = set()
        for asset_id, price in prices.items():
            low, high = self._calm.get(asset_id, (ZERO, ENDLESS))
            if not low <= price < high:
                awake.update(
                    account_id
                    for account_id, (low, high) in self._ranges[asset_id].items()
                    if not low <= price < high
                )
        if now >= self._first_at:
            awake.update(pk for pk, wakes_at in self._wakes_at.items() if now >= wakes_at)
        return sorted(awake)

    def doubt(self, account_ids: Iterable[int] | None = None) -> None:
        """Somebody acted on these accounts, or on all: the next tick sweeps them."""
        if account_ids is None:
            self._whole_book = True
            return
        for account_id in account_ids:
            self._wakes_at[account_id] = self._first_at = AT_ONCE

    def rest(
        self, swept: Collection[int] | None, prices: Mapping[int, Decimal], *, now: datetime
    ) -> None:
        """Read the accounts just swept at `now`, or all, and let them rest at these prices."""
        readings = read(now=now, account_ids=swept)
        held = _held([reading.pool_id for reading in readings])
        for reading in readings:
            self._lay(reading, held.get(reading.pool_id, ()), prices)
        self._whole_book = False
        self._first_at = min(self._wakes_at.values(), default=NEVER)
        self._calm = {
            asset_id: (max(low for low, _ in of.values()), min(high for _, high in of.values()))
            for asset_id, of in self._ranges.items()
            if of
        }

    def _lay(self, reading: Reading, held: tuple[int, ...], prices: Mapping[int, Decimal]) -> None:
        account_id = reading.account_id
        for asset_id in self._assets.pop(account_id, ()):
            del self._ranges[asset_id][account_id]
        self._wakes_at[account_id] = wakes_at(reading, self._levels[reading.terms_id])
        if reading.standing not in WATCHED or not reading.is_priced:
            return
        low, high = steady(reading, self._levels[reading.terms_id])
        for asset_id in held:
            price = prices[asset_id]
            self._ranges[asset_id][account_id] = (
                UP.multiply(price, low),
                DOWN.multiply(price, high) if high.is_finite() else high,
            )
        self._assets[account_id] = held


def wakes_at(reading: Reading, levels: Levels) -> datetime:
    """When time alone may move an account at rest; at once while it is unpriced."""
    if reading.standing not in WATCHED:
        return NEVER
    if not reading.is_priced:
        return AT_ONCE
    times = [NEVER]
    if reading.hard_line_since:
        times.append(reading.hard_line_since + levels.hard_confirm)
    if reading.standing in AWAITING_CURE:
        times.append(reading.cure_due_at)
    return min(times)


def steady(reading: Reading, levels: Levels) -> Range:
    """
    Times which factors, from `low` to below `high`, all prices may go without one comparison of
    the reading coming out otherwise. `low` is at most one and `high` at least.
    """
    low, high = ZERO, ENDLESS
    for collateral, needed in _comparisons(reading, levels):
        if collateral > 0:
            if collateral >= needed:
                low = max(low, UP.divide(needed, collateral))
            else:
                high = min(high, DOWN.divide(needed, collateral))
    return low, high


def _comparisons(reading: Reading, levels: Levels) -> list[tuple[Decimal, Decimal]]:
    """
    Those of `bands.py` that hang on prices and can move who stands as the reading: each asks
    whether a value of the collateral, cash apart, is less than an amount.
    """
    with localcontext(EXACT):
        cash, debt = reading.cash, reading.debt
        margin = reading.margin_value - cash
        liquidation = reading.liquidation_value - cash
        level = levels.warn
        if reading.standing == Standing.WARNED:
            level = levels.calm
        elif reading.standing in IN_CALL:
            level = levels.cure
        asked = [
            (level * margin, debt - level * cash),
            (margin, debt - mta_of(debt, levels) - cash),
            (liquidation, debt - cash),
        ]
        if reading.standing == Standing.CALLED:
            asked.append((margin + 3 * liquidation, 4 * (debt - cash)))
        return asked


def _held(pool_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """The assets of each pool, by id."""
    held: dict[int, list[int]] = defaultdict(list)
    rows = Holding.objects.filter(pool_id__in=pool_ids, units__gt=0)
    for pool_id, asset_id in rows.order_by("pool_id", "asset_id").values_list(
        "pool_id", "asset_id"
    ):
        held[pool_id].append(asset_id)
    return {pool_id: tuple(assets) for pool_id, assets in held.items()}
