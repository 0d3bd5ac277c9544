"""
A price that two people set, for a time, with their reason: where the market cannot say one.

It goes before every source until it expires, and nothing is lent at it. The rate of the US dollar
that a bank has contracted with the house is entered the same way.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from collateral.assets import Asset
from collateral.fields import PriceField
from collateral.prices.consensus import Standing
from collateral.prices.fx import HIGHEST, LOWEST
from collateral.prices.price import NewPrice, Price, cut
from collateral.prices.quote import BadQuote, usable_price
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.hands import MANUAL_PRICE, Area
from onboarding.payloads import as_moment, moment, text

LONGEST = timedelta(days=1)
# A contracted rate is an agreement with a bank, and may stand for longer.
LONGEST_RATE = timedelta(days=31)
PLACES = 10
US_DOLLAR = "USD"
HOUSE_CURRENCY = "HKD"


class ManualPrice(models.Model):
    """HKD for one unit, from `effective_at` until `expires_at`; a later row goes before it."""

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="manual_prices")
    value = PriceField()
    effective_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    reason = models.TextField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="manual_price_maker_is_not_checker"
            ),
            models.CheckConstraint(condition=Q(value__gt=0), name="manual_price_positive"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("effective_at")), name="manual_price_expires"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="manual_price_has_a_reason"),
        ]
        indexes = [models.Index(fields=["asset", "-id"], name="manual_price_last")]

    def __str__(self):
        return f"{self.asset} {self.value.normalize():f} until {self.expires_at:%Y-%m-%d %H:%M}"


def manual_prices(*, now: datetime) -> dict[int, ManualPrice]:
    """Those in force at `now`, by asset id; one query."""
    rows = (
        ManualPrice.objects.filter(effective_at__lte=now)
        .select_related("asset", "maker", "checker")
        .order_by("asset_id", "-pk")
        .distinct("asset_id")
    )
    return {row.asset_id: row for row in rows if now < row.expires_at}


def by_hand(manual: ManualPrice, last: Price | None, *, now: datetime) -> NewPrice | None:
    """The price that two people set, as one row for as long as it holds; None where it is kept."""
    source = f"by hand #{manual.pk}"
    if last is not None and last.source == source:
        return None
    who = f"{manual.maker} and {manual.checker}"
    return NewPrice(
        asset_id=manual.asset_id,
        value=manual.value,
        observed_at=now,
        fresh_until=manual.expires_at,
        source=source,
        standing=Standing.MANUAL,
        why=cut(f"{who}: {' '.join(manual.reason.split())}", 200),
    )


def _asset_of(payload: dict) -> Asset:
    code = text(payload, "asset", "The asset")
    asset = Asset.objects.exclude(code=HOUSE_CURRENCY).filter(code=code).first()
    if asset is None:
        raise Invalid(f"There is no asset {code[:12]} that has a price.")
    return asset


def _value_of(payload: dict, asset: Asset) -> Decimal:
    said = text(payload, "value", "The price").replace(",", "")
    try:
        value = usable_price(said)
    except BadQuote as error:
        raise Invalid(f"The price cannot be one: {error}.") from None
    if value != round(value, PLACES):
        raise Invalid(f"The price has more than {PLACES} decimals.")
    if asset.code == US_DOLLAR and not LOWEST <= value <= HIGHEST:
        raise Invalid(f"A US dollar is worth between HKD {LOWEST} and {HIGHEST}.")
    return value


def _expiry_of(payload: dict, asset: Asset, *, now: datetime) -> datetime:
    expires_at = moment(payload, "expires_at", now=now)
    if expires_at is None:
        raise Invalid("Say until when it holds.")
    longest = LONGEST_RATE if asset.code == US_DOLLAR else LONGEST
    if expires_at - now > longest:
        raise Invalid(f"It holds for at most {longest // timedelta(hours=1)} hours.")
    return expires_at


def _differs(payload: dict, *, now: datetime) -> Difference:
    asset = _asset_of(payload)
    value = _value_of(payload, asset)
    expires_at = _expiry_of(payload, asset, now=now)
    held = manual_prices(now=now).get(asset.pk)
    before = "by the market" if held is None else f"{held.value.normalize():f} by hand"
    return [
        (f"{asset}, HKD", before, f"{value.normalize():f}"),
        ("Until", "", as_moment(expires_at)),
    ]


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    asset = _asset_of(payload)
    row = ManualPrice.objects.create(
        asset=asset,
        value=_value_of(payload, asset),
        effective_at=now,
        expires_at=_expiry_of(payload, asset, now=now),
        reason=proposal.reason,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
    )
    return {"manual_price": str(row.pk), "expires_at": row.expires_at.isoformat()}


register(
    Command(
        name="manual_price",
        title="Price by hand",
        proposes=MANUAL_PRICE.proposes,
        approves=lambda payload, *, now: MANUAL_PRICE.approves,
        apply=_apply,
        differs=_differs,
        lives=timedelta(hours=4),
        area=Area.RISK_PARAMETER,
        dated=True,
    )
)
