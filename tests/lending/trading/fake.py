"""A venue that does as it is told, and remembers what it was asked."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from lending.trading.venue import Fill, Ticket, VenueError


@dataclass
class FakeVenue:
    """
    Trades whole tickets at `price`. `says`, what comes of the next ticket:

    - trades: as asked. nothing: no trade. refuses: an error, for certain no trade.
    - trades unheard: it trades, and the answer is lost. unheard: the ticket is lost on its way.
    - dies: our worker is killed before it hears; `trades first` says whether it had traded.
    """

    price: Decimal = Decimal(700_000)
    costs: Decimal = Decimal(0)
    says: str = "trades"
    is_silent: bool = False  # Nor does it say what became of an order.
    name: str = "fake"
    tickets: list[Ticket] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    trades: dict[str, Fill] = field(default_factory=dict)

    def depth(self, asset_id: int, *, market: str, now: datetime) -> Decimal | None:
        return None

    def cost(self, asset_id: int, units: Decimal, *, now: datetime) -> Decimal:
        return Decimal(0)

    def place(self, ticket: Ticket, *, now: datetime) -> Fill | None:
        self.tickets.append(ticket)
        if self.says in ("trades", "trades unheard", "trades and dies"):
            self.trades[ticket.client_order_id] = self.fill(ticket)
        if self.says in ("trades unheard", "unheard"):
            raise VenueError("no answer in time", retry=True, unknown=True)
        if self.says == "refuses":
            raise VenueError("the market is halted", retry=True)
        if self.says in ("dies", "trades and dies"):
            raise KeyboardInterrupt
        return self.trades.get(ticket.client_order_id)

    def find(self, client_order_id: str) -> Fill | None:
        self.asked.append(client_order_id)
        if self.is_silent:
            raise VenueError("no answer in time", retry=True, unknown=True)
        return self.trades.get(client_order_id)

    def fill(self, ticket: Ticket) -> Fill:
        gross = round(ticket.units * self.price, 2)
        return Fill(ticket.client_order_id, ticket.units, gross, self.costs, f"fake-{ticket.units}")
