"""Prices now: of each asset its price and what every source said of it, and how the venues are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from django.core.exceptions import PermissionDenied
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from broker.backoffice.desk import show, staff_page
from broker.backoffice.propose_forms import proposable_by
from collateral.assets import Asset
from collateral.prices.consensus import Standing
from collateral.prices.incident import PriceIncident
from collateral.prices.manual_price import HOUSE_CURRENCY
from collateral.prices.price import HeldBack, Price
from collateral.prices.stops import STOPPED
from collateral.prices.venue_health import STOPS, Health, VenueHealth
from collateral.prices.watch_list import watch_list

SHOWN_INCIDENTS = 20
LATELY = timedelta(days=7)

_TONES = {
    Standing.AGREED: ("Agreed", "success"),
    Standing.FALLBACK: ("Fallback", "warning"),
    Standing.THIN: ("Thin", "danger"),
    Standing.AGED: ("Old", "danger"),
    Standing.MANUAL: ("By hand", "info"),
}
_HEALTH = {Health.NORMAL: "success", Health.DEGRADED: "warning", Health.DOWN: "danger"}


@dataclass(frozen=True, slots=True)
class Said:
    """What one source said in the last round: in its own currency, in HKD, and the verdict."""

    source: str
    said: str
    price: Decimal | None
    at: datetime | None
    verdict: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One asset: its price, what it rests on, and the round it is from or that came to none."""

    asset: Asset
    price: Price | None
    word: str
    tone: str
    why: str
    stops: str
    said: list[Said]

    @property
    def heard_from(self) -> str:
        """The source of record, or those whose median it is."""
        return self.price.source.replace("+", ", ") if self.price else ""


@require_safe
@staff_page
def prices_now(request: HttpRequest) -> HttpResponse:
    """What the last rounds came to. Nobody is asked anew: the timetable does that."""
    if not request.user.has_perm("collateral.view_price"):
        raise PermissionDenied
    now = timezone.now()
    incidents = PriceIncident.objects.filter(
        Q(closed_at=None) | Q(opened_at__gte=now - LATELY)
    ).order_by(F("closed_at").desc(nulls_first=True), "-opened_at", "-pk")
    context = {
        "now": now,
        "rows": _rows(now=now),
        "venues": [
            (venue, _HEALTH[venue.state], _words(STOPS[venue.state]) if venue.executes else "")
            for venue in VenueHealth.objects.order_by("-executes", "venue")
        ],
        "incidents": incidents[:SHOWN_INCIDENTS],
        "watched": watch_list(now=now),
        "may_propose": "manual_price" in proposable_by(request.user),
    }
    return show(request, "backoffice/prices/page.html", context, title="Prices now")


def _rows(*, now: datetime) -> list[Row]:
    """Every asset that was ever priced or held back, the virtual assets first; three statements."""
    last = {price.asset_id: price for price in Price.objects.latest_of_each(now=now)}
    held = {
        row.asset_id: row
        for row in HeldBack.objects.filter(observed_at__lte=now, observed_at__gt=now - LATELY)
        .order_by("asset_id", "-observed_at", "-pk")
        .distinct("asset_id")
    }
    assets = Asset.objects.filter(pk__in={*last, *held}).exclude(code=HOUSE_CURRENCY)
    assets = sorted(assets, key=lambda asset: (asset.kind != "va", asset.kind, asset.code))
    return [_row(asset, last.get(asset.pk), held.get(asset.pk), now=now) for asset in assets]


def _row(asset: Asset, price: Price | None, held: HeldBack | None, *, now: datetime) -> Row:
    is_fresh = price is not None and price.fresh_until >= now
    newer = held if held and (price is None or held.observed_at > price.observed_at) else None
    if is_fresh:
        word, tone = _TONES[Standing(price.standing)]
        why, stops = price.why, _words(STOPPED[Standing(price.standing)])
    else:
        word, tone = "No price", "danger"
        why = newer.reason if newer else "nobody says anything new"
        stops = "advance, purchase, release, margin call, soft sale, hard sale"
    if is_fresh and newer:
        why = f"{why}; since then: {newer.reason}" if why else f"Since then: {newer.reason}"
    quotes = newer.quotes if newer else price.quotes if price else []
    at = (newer or price).observed_at
    return Row(asset, price, word, tone, why, stops, [_said(each, at) for each in quotes])


def _said(each: dict, round_at: datetime) -> Said:
    """One entry of a round, as it was kept; older ones say less."""
    dropped = each.get("dropped", "")
    own = each.get("said", "")
    return Said(
        source=each.get("source", "–"),
        said=f"{each.get('currency', '')} {own}".strip() if own else "",
        price=_number(each.get("price")),
        at=parse_datetime(each["observed_at"]) if each.get("observed_at") else round_at,
        verdict=dropped or each.get("verdict", "heard"),
        counts=not dropped,
    )


def _number(said: str | None) -> Decimal | None:
    try:
        return None if said is None else Decimal(said)
    except InvalidOperation:
        return None


def _words(acts) -> str:
    return ", ".join(sorted(acts))
