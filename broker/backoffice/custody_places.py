"""Custody places: what rests where, under which licence, and which licence ends soon."""

from collections import defaultdict
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from broker.backoffice.desk import show, staff_page
from broker.backoffice.propose_forms import proposable_by
from collateral.admin.figures import units_of
from collateral.assets import Asset, Kind
from collateral.custody.places import CustodyPlace, Ending, PlaceLicence, licences_ending
from collateral.custody.pool import HeldAt
from onboarding.payloads import today

_KINDS = dict(Kind.choices)


@dataclass(frozen=True, slots=True)
class Line:
    """One place: its licence in force, when that ends soon, and what rests there by asset."""

    place: CustodyPlace
    licence: PlaceLicence | None
    ending: Ending | None
    rests: list[tuple[str, str]]
    holds_va_unlicensed: bool

    @property
    def keeps(self) -> str:
        return ", ".join(_KINDS[kind] for kind in self.licence.keeps) if self.licence else ""


@require_safe
@staff_page
def custody_places(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("collateral.view_placelicence"):
        raise PermissionDenied
    now = timezone.now()
    lines = _lines(now)
    context = {
        "now": now,
        "lines": lines,
        "wrong": sum(1 for line in lines if line.holds_va_unlicensed),
        "may_propose": "custody_place" in proposable_by(request.user),
    }
    return show(request, "backoffice/custody_places/page.html", context, title="Custody places")


def _lines(now) -> list[Line]:
    on = today(now)
    in_force = PlaceLicence.objects.in_force(at=now).select_related("place")
    licences = {row.place_id: row for row in in_force}
    endings = {each.licence.place_id: each for each in licences_ending(now=now)}
    assets = Asset.objects.in_bulk()
    rests = defaultdict(list)
    held = HeldAt.objects.values("place", "asset").annotate(sum=Sum("units")).filter(sum__gt=0)
    for row in held.order_by("place", "asset"):
        rests[row["place"]].append((assets[row["asset"]], row["sum"]))
    return [
        Line(
            place,
            licences.get(place.pk),
            endings.get(place.pk),
            [(asset.code, units_of(units, asset.places)) for asset, units in rests[place.pk]],
            any(asset.kind == Kind.VA for asset, _ in rests[place.pk])
            and not (place.pk in licences and licences[place.pk].may_keep_va(on=on)),
        )
        for place in CustodyPlace.objects.order_by("code")
    ]
