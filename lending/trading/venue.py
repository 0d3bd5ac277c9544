"""What any place of execution must be able to do, and how it may fail."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Ticket:
    """
    An immediate-or-cancel limit order. Units of the asset; prices HKD for one unit.

    `client_order_id` is ours and unique for ever: a venue trades it once however often it comes.
    """

    client_order_id: str
    asset_id: int
    asset: str
    market: str
    side: str
    units: Decimal
    limit_price: Decimal


@dataclass(frozen=True, slots=True)
class Fill:
    """What traded: units, their value before costs and the venue's costs, HKD to the cent."""

    client_order_id: str
    units: Decimal
    gross: Decimal
    costs: Decimal
    ref: str


class VenueError(Exception):
    """
    The venue did not do it. `retry`: a new order may be tried later. `unknown`: it may have
    traded, so the venue must be asked (`find`) before anything else is sent.
    """

    def __init__(self, why: str, *, retry: bool, unknown: bool = False):
        super().__init__(why)
        self.retry = retry
        self.unknown = unknown


class Venue(Protocol):
    name: str

    def depth(self, asset_id: int, *, market: str, now: datetime) -> Decimal | None:
        """Units that can be traded now; 0 where the market is shut; None for no known bound."""

    def cost(self, asset_id: int, units: Decimal, *, now: datetime) -> Decimal:
        """All that trading `units` now gives up against the mark: a fraction of one."""

    def place(self, ticket: Ticket, *, now: datetime) -> Fill | None:
        """
        Trade what can be traded of `ticket` at once; None where nothing did.

        :raises VenueError: see there
        """

    def find(self, client_order_id: str) -> Fill | None:
        """What became of an order; None where the venue has not traded it and never will."""
