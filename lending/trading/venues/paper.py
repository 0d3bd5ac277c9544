"""
The paper venue: trades at the agreed price with a spread, an impact and a depth of its own.

It keeps its trades in a table of its own, in its own transaction, as a real venue would: what it
traded is traded even if we are killed before we could write it down.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from django.db import IntegrityError, models, transaction
from django.db.models import Q, Sum

from collateral.amounts import CENT, EXACT, round_down, round_up
from collateral.assets import Asset
from collateral.fields import MoneyField, UnitsField
from collateral.prices.market_hours import is_open
from collateral.prices.price import Price
from lending.trading.impact import impact
from lending.trading.venue import Fill, Ticket, VenueError

MINUTES_A_DAY = 1440


class PaperTrade(models.Model):
    """One trade at the paper venue, by the client order id it came under."""

    client_order_id = models.CharField(max_length=40, unique=True)
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    side = models.CharField(max_length=4)
    units = UnitsField()
    gross = MoneyField()
    costs = MoneyField()
    traded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(units__gt=0, gross__gt=0, costs__gte=0), name="paper_trade_of_something"
            ),
        ]
        indexes = [models.Index(fields=["asset", "traded_at"], name="paper_trade_of_a_minute")]

    def __str__(self):
        return f"{self.client_order_id}: {self.side} {self.units}"


@dataclass(frozen=True, slots=True)
class PaperVenue:
    """
    - `half_spread`, `fee`: fractions of the mark. `sigma`: the stressed move of a day, `y` the
      factor of the square-root law (domain/liquidation.md 5.6).
    - `depth`: the share of what the market trades in a minute that can be had in that minute.
    """

    half_spread: Decimal = Decimal("0.0005")
    fee: Decimal = Decimal("0.0025")
    y: Decimal = Decimal(1)
    sigma: Decimal = Decimal("0.045")
    depth_share: Decimal = Decimal("0.01")
    name: str = "paper"

    def depth(self, asset_id: int, *, market: str, now: datetime) -> Decimal | None:
        """What is left of this minute's depth, in units; 0 where shut or without a fresh price."""
        price = self._mark(asset_id, now=now)
        if price is None or not is_open(market, now):
            return Decimal(0)
        if price.volume is None:
            return None
        traded = PaperTrade.objects.filter(
            asset_id=asset_id, traded_at__gt=now - timedelta(minutes=1), traded_at__lte=now
        ).aggregate(units=Sum("units", default=Decimal(0)))["units"]
        with localcontext(EXACT):
            return max(Decimal(0), price.volume * self.depth_share - traded)

    def cost(self, asset_id: int, units: Decimal, *, now: datetime) -> Decimal:
        price = self._mark(asset_id, now=now)
        if price is None:
            raise VenueError("no fresh price", retry=True)
        with localcontext(EXACT):
            # The fee is taken of what the trade brings, not of the mark.
            return 1 - (1 - self._given_up(price, units)) * (1 - self.fee)

    def place(self, ticket: Ticket, *, now: datetime) -> Fill | None:
        traded = self.find(ticket.client_order_id)
        if traded:
            return traded
        price = self._mark(ticket.asset_id, now=now)
        if price is None:
            raise VenueError(f"no fresh price of {ticket.asset}", retry=True)
        depth = self.depth(ticket.asset_id, market=ticket.market, now=now)
        units = ticket.units if depth is None else min(ticket.units, depth)
        if depth is not None and units < ticket.units:
            units = self._whole_lots(ticket, units)
        if not units:
            return None
        return self._trade(ticket, units, price, now=now)

    def find(self, client_order_id: str) -> Fill | None:
        trade = PaperTrade.objects.filter(client_order_id=client_order_id).first()
        return trade and Fill(
            client_order_id, trade.units, trade.gross, trade.costs, f"paper-{trade.pk}"
        )

    def _trade(self, ticket: Ticket, units: Decimal, price: Price, *, now: datetime) -> Fill | None:
        given_up = self._given_up(price, units)
        with localcontext(EXACT):
            if ticket.side == "sell":
                at = price.value * (1 - given_up)
                gross, is_worse = round_down(units * at, CENT), at < ticket.limit_price
            else:
                at = price.value * (1 + given_up)
                gross, is_worse = round_up(units * at, CENT), at > ticket.limit_price
            if is_worse or not gross:
                return None
            costs = round_up(gross * self.fee, CENT)
        try:
            with transaction.atomic():
                PaperTrade.objects.create(
                    client_order_id=ticket.client_order_id,
                    asset_id=ticket.asset_id,
                    side=ticket.side,
                    units=units,
                    gross=gross,
                    costs=costs,
                    traded_at=now,
                )
        except IntegrityError:
            # The same order came twice at once; the other one traded it.
            return self.find(ticket.client_order_id)
        return self.find(ticket.client_order_id)

    def _given_up(self, price: Price, units: Decimal) -> Decimal:
        """Half the spread and the impact of `units`, a fraction of the mark."""
        if price.volume is None or not price.volume:
            return self.half_spread
        with localcontext(EXACT):
            value = units * price.value
            traded_a_day = price.volume * MINUTES_A_DAY * price.value
        return impact(
            value, half_spread=self.half_spread, y=self.y, sigma=self.sigma, adv=traded_a_day
        )

    @staticmethod
    def _mark(asset_id: int, *, now: datetime) -> Price | None:
        price = (
            Price.objects.filter(asset_id=asset_id, observed_at__lte=now)
            .order_by("-observed_at")
            .first()
        )
        return price if price and price.fresh_until >= now else None

    @staticmethod
    def _whole_lots(ticket: Ticket, units: Decimal) -> Decimal:
        lot = Asset.objects.values_list("lot", flat=True).get(pk=ticket.asset_id)
        return round_down(units, lot)
