"""The assets the house accepts, and their dated haircuts."""

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from unfold.decorators import display

from collateral.admin.figures import number, ratio
from collateral.assets import Asset
from collateral.haircuts import Haircut
from onboarding.admin.look_only import LookOnly, LookOnlyInline, moment, text

_LENDING = ratio("lending", "Lending")
_LIQUIDATION = ratio("liquidation", "Liquidation")
# The firm's capital, of no client's concern: the staff site alone shows it.
_FRR = ratio("frr", "FRR")


class HaircutInline(LookOnlyInline):
    model = Haircut
    fields = (moment("effective_at", "In force from"), _LENDING, _LIQUIDATION, _FRR, "reason")
    ordering = ("-effective_at", "-pk")


@admin.register(Asset)
class AssetAdmin(LookOnly):
    list_display = (
        "code",
        "name",
        text("name_chinese", "Chinese name"),
        "kind",
        "tier",
        "is_marginable",
        ratio("haircut_now", "Lending haircut"),
        number("step", "Smallest step"),
        number("lot", "Lot"),
        "market",
    )
    list_filter = ("kind", "tier", "marginable")
    search_fields = ("code", "name", "name_chinese", "issuer")
    search_help_text = "Code, name or issuer"
    ordering = ("code",)
    fields = (
        "code",
        "name",
        text("name_chinese", "Chinese name"),
        "kind",
        "issuer",
        "sector",
        "tier",
        "market",
        "is_marginable",
        number("step", "Smallest step"),
        number("lot", "Lot"),
    )
    inlines = (HaircutInline,)

    def get_queryset(self, request):
        in_force = Haircut.objects.filter(
            asset=OuterRef("pk"), effective_at__lte=timezone.now()
        ).order_by("-effective_at", "-pk")
        haircut_now = Subquery(in_force.values("lending")[:1])
        return super().get_queryset(request).annotate(haircut_now=haircut_now)

    @display(description="Lends", boolean=True, ordering="marginable")
    def is_marginable(self, asset):
        return asset.marginable


@admin.register(Haircut)
class HaircutAdmin(LookOnly):
    list_display = (
        "asset",
        _LENDING,
        _LIQUIDATION,
        _FRR,
        moment("effective_at", "In force from"),
        "maker",
        "checker",
    )
    list_filter = ("asset",)
    list_select_related = ("asset", "maker", "checker")
    search_fields = ("asset__code", "asset__name", "reason")
    search_help_text = "Asset or reason"
    ordering = ("-effective_at", "-pk")
    fields = (
        "asset",
        _LENDING,
        _LIQUIDATION,
        _FRR,
        moment("effective_at", "In force from"),
        "reason",
        "maker",
        "checker",
    )
