"""
What may not be done at a price, by what the price rests on. Pure: one table, and two clocks.

A margin call is made at any price there is. A sale past the hard line waits for the least.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from collateral.prices.consensus import Standing


class Act(StrEnum):
    """What the house or its client would do on the strength of a price."""

    ADVANCE = "advance"
    PURCHASE = "purchase"
    RELEASE = "release"
    SOFT_SALE = "soft sale"
    HARD_SALE = "hard sale"


LENDING = frozenset({Act.ADVANCE, Act.PURCHASE, Act.RELEASE})

# Source: domain facts on prices; VAF-11, VAF-12. A thin price stops a hard sale for a time only.
STOPPED: dict[Standing, frozenset[Act]] = {
    Standing.AGREED: frozenset(),
    Standing.FALLBACK: frozenset(),
    Standing.THIN: LENDING | {Act.SOFT_SALE, Act.HARD_SALE},
    Standing.AGED: LENDING | {Act.SOFT_SALE, Act.HARD_SALE},
    Standing.MANUAL: LENDING,
}


class Standpoint(Protocol):
    """What has to be known of a price: a line of a pool does."""

    code: str
    standing: str
    thin_since: datetime | None
    jump_until: datetime | None


def stop_of(
    act: Act, prices: Iterable[Standpoint], *, thin_wait: timedelta, now: datetime
) -> str | None:
    """
    Why `act` has to wait at these prices, in words; None where it may go on.

    `thin_wait`: so long a price has been thin before a hard sale goes on at it. After a jump soft
    sales wait for its end, and no hard sale does, because a jump is only agreed on by as many
    sources as are needed.
    """
    for price in prices:
        if act == Act.SOFT_SALE and price.jump_until is not None and now < price.jump_until:
            return f"the price of {price.code} has just jumped"
        if act not in STOPPED[Standing(price.standing)]:
            continue
        if act == Act.HARD_SALE and price.standing == Standing.THIN:
            if price.thin_since is not None and now - price.thin_since >= thin_wait:
                continue
        return f"the price of {price.code} is {SAID[Standing(price.standing)]}"
    return None


SAID = {
    Standing.THIN: "confirmed by fewer sources than we need",
    Standing.AGED: "not renewed by the market",
    Standing.MANUAL: "set by hand",
}
