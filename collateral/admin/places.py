"""Custody places with their dated licences."""

from django.contrib import admin

from collateral.custody.places import PlaceLicence
from onboarding.admin.look_only import LookOnly, day, moment, text


@admin.register(PlaceLicence)
class PlaceLicenceAdmin(LookOnly):
    list_display = (
        text("place", "Place"),
        text("place__get_kind_display", "Kind"),
        "number",
        day("expires_on", "Last day"),
        moment("effective_at", "In force from"),
        "maker",
        "checker",
    )
    list_filter = ("place__kind",)
    list_select_related = ("place", "maker", "checker")
    search_fields = ("place__code", "place__name", "number")
    search_help_text = "Code, name or licence number"
    ordering = ("-effective_at", "-pk")
    fields = (
        text("place", "Place"),
        text("place__get_kind_display", "Kind"),
        "number",
        day("expires_on", "Last day"),
        "keeps",
        moment("effective_at", "In force from"),
        "reason",
        "maker",
        "checker",
    )
