"""The ways out of a margin call as it stands now: cash, or units of what may be pledged."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.models import OuterRef, Subquery

from collateral.assets import Asset, Kind
from collateral.haircuts import Haircut
from collateral.prices.price import Price
from lending.margin.cure import Cure, TopUp, cure_of
from lending.margin.readings import Reading
from lending.margin.terms import MarginTerms


def top_ups(*, now: datetime) -> list[TopUp]:
    """
    The virtual assets that may be pledged at `now`, by code, at their last agreed price.

    One without a fresh price, or without a haircut in force, is left out: nobody can say how much
    of it would cure.
    """
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
        .filter(fresh_until__gte=now, haircut__isnull=False)
        .order_by("code")
    )
    return [
        TopUp(asset.code, asset.price, min(Decimal(1), asset.haircut + asset.widen), asset.step)
        for asset in assets
    ]


def ways_out(reading: Reading, terms: MarginTerms, offered: Iterable[TopUp]) -> Cure | None:
    """Every way to cure the account that `reading` measured; None where it is unpriced."""
    if reading.margin_value is None:
        return None
    return cure_of(
        debt=reading.debt,
        margin_value=reading.margin_value,
        credit_limit=reading.credit_limit,
        policy_amount=reading.policy_amount,
        levels=terms.levels,
        top_ups=offered,
    )
