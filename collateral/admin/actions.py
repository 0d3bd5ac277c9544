"""Corporate actions, as they were entered and applied."""

from django.contrib import admin

from collateral.actions.action import CorporateAction
from collateral.admin.figures import number
from onboarding.admin.look_only import LookOnly, day, moment, text


@admin.register(CorporateAction)
class CorporateActionAdmin(LookOnly):
    list_display = (
        day("ex_date", "Ex-date"),
        "asset",
        "kind",
        text("terms", "Terms"),
        moment("applied_at", "Applied"),
        "maker",
        "checker",
    )
    list_filter = ("kind", "asset")
    list_select_related = ("asset", "into", "maker", "checker")
    search_fields = ("asset__code", "asset__name", "source")
    search_help_text = "Asset, or where it was read"
    ordering = ("-ex_date", "-pk")
    fields = (
        "asset",
        "kind",
        text("terms", "Terms"),
        day("ex_date", "Ex-date"),
        text("get_fractions_display", "Fractions"),
        "source",
        "reason",
        "maker",
        "checker",
        moment("approved_at", "Approved"),
        moment("applied_at", "Applied"),
        number("cum_price", "Price before, HKD"),
        number("ex_price", "Price after in theory, HKD"),
    )
