"""The legal entities and what they may offer; parameters; when a higher hand decides."""

from django.contrib import admin
from unfold.decorators import display

from onboarding.admin.look_only import LookOnly, column, day, moment, text
from onboarding.entity import FEATURES, LegalEntity, ProductSwitch
from onboarding.parameters import ParameterValue
from onboarding.sizes import ApprovalSize


@admin.register(LegalEntity)
class LegalEntityAdmin(LookOnly):
    list_display = ("name", "licence")
    search_fields = ("name", "licence")
    search_help_text = "Name or licence"
    ordering = ("name",)
    fields = ("name", "licence")


_feature = column("feature_name", "feature", "Feature", lambda name: FEATURES.get(name, name))


@admin.register(ProductSwitch)
class ProductSwitchAdmin(LookOnly):
    list_display = (
        _feature,
        "entity",
        "switched",
        moment("effective_at", "From"),
        text("notification", "SFC notification"),
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )
    list_select_related = ("entity", "maker", "checker")
    search_fields = ("feature", "notification")
    search_help_text = "Feature or notification"
    ordering = ("-effective_at", "-pk")
    fields = (
        "entity",
        _feature,
        "switched",
        moment("effective_at", "From"),
        text("notification", "SFC notification"),
        day("notified_date", "Notified on"),
        "signed_for",
        "reason",
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )

    @display(description="Switch", label={"On": "success", "Off": "danger"})
    def switched(self, switch):
        return "On" if switch.on else "Off"

    @display(description="Conditions signed for")
    def signed_for(self, switch):
        return "; ".join(f"{name}: {said}" for name, said in switch.conditions.items()) or None


@admin.register(ApprovalSize)
class ApprovalSizeAdmin(LookOnly):
    list_display = (
        "command",
        column("num_amount", "amount", "HKD", lambda amount: f"{amount:,.2f}", ordering="amount"),
        moment("effective_at", "From"),
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )
    list_select_related = ("maker", "checker")
    search_fields = ("command",)
    ordering = ("command", "-effective_at")
    fields = (
        "command",
        column("num_amount", "amount", "HKD", lambda amount: f"{amount:,.2f}"),
        moment("effective_at", "From"),
        "reason",
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )


@admin.register(ParameterValue)
class ParameterValueAdmin(LookOnly):
    list_display = (
        text("title", "Parameter"),
        text("said", "Value"),
        moment("effective_at", "From"),
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )
    list_select_related = ("maker", "checker")
    search_fields = ("name", "source")
    ordering = ("name", "-effective_at")
    fields = (
        text("title", "Parameter"),
        text("said", "Value"),
        "verified",
        "source",
        moment("effective_at", "From"),
        "reason",
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )
