"""Whether anything may be lent at the prices as they are, and with the platform as it is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from collateral.amounts import EXACT
from collateral.prices.smoothing import LEND, means
from collateral.prices.stops import Act, Standpoint, stop_of
from collateral.prices.venue_health import venue_stop
from collateral.valuation.pools import pool_lines
from lending.margin.account import MarginAccount
from lending.margin.readings import Reading

VA = "va"
NO_WAIT = timedelta(0)  # Of a sale past the hard line alone.


def not_at_these_prices(accounts: Sequence[MarginAccount], now: datetime) -> dict[int, str]:
    """
    Why nothing is lent, by account: a price of its pool rests on too little, or the platform at
    which its virtual assets would be sold is down (VAF-11, VAF-12).
    """
    lines = pool_lines([account.pool_id for account in accounts], now=now)
    platform = venue_stop(Act.ADVANCE)
    found = {}
    for account in accounts:
        held = lines.get(account.pool_id, [])
        why = stop_of(Act.ADVANCE, held, thin_wait=NO_WAIT, now=now)
        if why is None and platform and any(line.kind == VA for line in held):
            why = platform
        if why:
            found[account.pk] = f"Advances are stopped: {why}."
    return found


def purchase_stop(price: Standpoint, *, now: datetime) -> str | None:
    """Why a virtual asset cannot be bought at `price` now, in words; None where it can."""
    return stop_of(Act.PURCHASE, [price], thin_wait=NO_WAIT, now=now) or venue_stop(Act.PURCHASE)


def at_the_mean(account: MarginAccount, reading: Reading, *, now: datetime) -> Reading:
    """
    `reading` with each virtual asset at the lower of its price and its mean of the last minutes:
    what has only just risen lends nothing more yet.
    """
    held = pool_lines([account.pool_id], now=now).get(account.pool_id, [])
    lines = {line.asset_id: line for line in held if line.kind == VA}
    if not lines or reading.margin_value is None:
        return reading
    less = Decimal(0)
    with localcontext(EXACT):
        for asset_id, worth in means(lines, LEND, now=now).items():
            line = lines[asset_id]
            above = max(Decimal(0), line.price - worth)
            less += line.units * above * (1 - line.lending_haircut)
        return replace(reading, margin_value=reading.margin_value - less)
