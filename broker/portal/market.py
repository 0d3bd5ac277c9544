"""The market as a client's page shows it: BTC and ETH, priced or silent."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import OuterRef, Subquery

from collateral.assets import Asset, Kind
from collateral.haircuts import Haircut
from collateral.prices.price import Price
from lending.margin.cure import TopUp


@dataclass(frozen=True, slots=True)
class Quoted:
    """An asset that may be pledged or bought, its last agreed price in HKD, its lending haircut."""

    asset: Asset
    price: Decimal | None
    is_fresh: bool
    lending_haircut: Decimal

    @property
    def top_up(self) -> TopUp:
        return TopUp(self.asset.code, self.price, self.lending_haircut, self.asset.step)


def quoted(*, now: datetime) -> tuple[Quoted, ...]:
    """The virtual assets that the house lends on, as they stand at `now`; in one statement."""
    price = Price.objects.filter(asset=OuterRef("pk"), observed_at__lte=now).order_by(
        "-observed_at"
    )
    haircut = Haircut.objects.filter(asset=OuterRef("pk"), effective_at__lte=now).order_by(
        "-effective_at", "-pk"
    )
    assets = (
        Asset.objects.filter(kind=Kind.VA, marginable=True)
        .annotate(
            price=Subquery(price.values("value")[:1]),
            fresh_until=Subquery(price.values("fresh_until")[:1]),
            widen=Subquery(price.values("widen")[:1]),
            haircut=Subquery(haircut.values("lending")[:1]),
        )
        .order_by("code")
    )
    return tuple(
        Quoted(
            asset,
            asset.price,
            is_fresh=asset.fresh_until is not None and asset.fresh_until >= now,
            # Without a haircut in force it lends nothing.
            lending_haircut=Decimal(1)
            if asset.haircut is None
            else min(Decimal(1), asset.haircut + (asset.widen or 0)),
        )
        for asset in assets
    )
