"""A paper venue that does as the test says: moves the market, loses its answer, is silent, lies."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from lending.trading.venue import Fill, Ticket, VenueError
from lending.trading.venues.paper import PaperVenue


@dataclass
class ScriptedVenue:
    """
    Trades on paper. For each order that is placed the next act of `script` comes first.

    - `fail`, `lose`, `trade_and_lose`, or a function of the ticket; None trades as ever.
    - `is_silent`: it does not say what became of an order. `placed`: every ticket that came.
    """

    script: list[Callable | str | None] = field(default_factory=list)
    paper: PaperVenue = field(default_factory=PaperVenue)
    is_silent: bool = False
    placed: list[Ticket] = field(default_factory=list)
    name: str = "scripted"

    def depth(self, asset_id: int, *, market: str, now: datetime) -> Decimal | None:
        return self.paper.depth(asset_id, market=market, now=now)

    def cost(self, asset_id: int, units: Decimal, *, now: datetime) -> Decimal:
        return self.paper.cost(asset_id, units, now=now)

    def place(self, ticket: Ticket, *, now: datetime) -> Fill | None:
        self.placed.append(ticket)
        act = self.script.pop(0) if self.script else None
        if act == "fail":
            raise VenueError("no connection", retry=True)
        if act == "lose":
            raise VenueError("no answer", retry=True, unknown=True)
        if callable(act):
            act(ticket)
        fill = self.paper.place(ticket, now=now)
        if act == "trade_and_lose":
            raise VenueError("no answer", retry=True, unknown=True)
        return fill

    def find(self, client_order_id: str) -> Fill | None:
        if self.is_silent:
            raise VenueError("does not say", retry=True, unknown=True)
        return self.paper.find(client_order_id)

    @property
    def ids(self) -> list[str]:
        return [ticket.client_order_id for ticket in self.placed]
