"""What assets were worth at an end: the last agreed price before it, and the haircut in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from django.db.models import OuterRef, Subquery

from collateral.amounts import EXACT
from collateral.assets import Asset
from collateral.haircuts import Haircut
from collateral.prices.price import Price

# An end is no moment of its own period.
JUST_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Valued:
    """
    `price` is None where none was ever agreed; `is_fresh` says whether it could still be used.

    `haircut` is a fraction of one; what lends nothing has one.
    """

    asset: Asset
    price: Price | None
    is_fresh: bool
    haircut: Decimal

    @property
    def margin_ratio(self) -> Decimal:
        """STM-4: the part of its value up to which may be borrowed."""
        return 1 - self.haircut

    def worth(self, units: Decimal, *, lent: bool = False) -> Decimal | None:
        """HKD, exact: at market, or what may be lent on it. None without a price."""
        if self.price is None:
            return None
        with localcontext(EXACT):
            return units * self.price.value * (self.margin_ratio if lent else 1)


Market = Mapping[int, Valued]


def market_at(ends_at: datetime) -> Market:
    """Every asset as it stood at an end, by key, in three queries."""
    at = ends_at - JUST_BEFORE
    last = Price.objects.filter(asset=OuterRef("pk"), observed_at__lte=at).order_by("-observed_at")
    assets = list(Asset.objects.annotate(price_id=Subquery(last.values("pk")[:1])).order_by("pk"))
    prices = Price.objects.defer("quotes").in_bulk(
        [asset.price_id for asset in assets if asset.price_id]
    )
    haircuts = {each.asset_id: each.lending for each in Haircut.objects.in_force(at=at)}
    market = {}
    for asset in assets:
        price = prices.get(asset.price_id)
        lending = haircuts.get(asset.pk, Decimal(1)) if asset.marginable else Decimal(1)
        market[asset.pk] = Valued(asset, price, bool(price and price.fresh_until >= at), lending)
    return market
