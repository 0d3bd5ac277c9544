"""The log of credit assessments: each with its lines, its card and its two people."""

from django.contrib import admin
from unfold.decorators import display

from onboarding.admin.look_only import LookOnly, LookOnlyInline, column, day, moment, text
from onboarding.credit.profile import CreditAssessment, DebtLine, NetWorthLine

GRADE_TONES = {"A": "success", "B": "success", "C": "warning", "D": "warning", "E": "danger"}


def _hkd(path: str, description: str):
    return column(f"num_{path}", path, description, lambda amount: f"{amount:,.2f}", ordering=path)


class NetWorthLineInline(LookOnlyInline):
    model = NetWorthLine
    seen_with = "onboarding.view_creditassessment"
    verbose_name_plural = "net worth"
    fields = (
        "asset_class",
        "described",
        _hkd("value", "Value, HKD"),
        "discount",
        "is_liquid",
        "evidence_type",
        day("evidence_date", "As of"),
        text("verified_by", "Verified by"),
    )

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("verified_by")


class DebtLineInline(LookOnlyInline):
    model = DebtLine
    seen_with = "onboarding.view_creditassessment"
    verbose_name_plural = "debts"
    fields = ("described", _hkd("amount", "Amount, HKD"), "within_a_year")


@admin.register(CreditAssessment)
class CreditAssessmentAdmin(LookOnly):
    client_paths = ("client",)
    list_display = (
        text("client", "Client"),
        moment("effective_at", "From"),
        "graded",
        _hkd("net_worth", "Net worth, HKD"),
        _hkd("proposed_limit", "Proposed limit, HKD"),
        day("review_date", "Reviewed by"),
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )
    list_select_related = ("client", "maker", "checker")
    list_filter = ("grade",)
    search_fields = ("client__number", "client__name")
    search_help_text = "Client"
    ordering = ("-effective_at", "-pk")
    fields = (
        text("client", "Client"),
        day("assessed_date", "Assessed on"),
        moment("effective_at", "From"),
        "graded",
        "points",
        _hkd("net_worth", "Net worth, HKD"),
        _hkd("liquid_net_worth", "Of it liquid, HKD"),
        _hkd("proposed_limit", "Proposed limit, HKD"),
        day("review_date", "Reviewed by"),
        "reason",
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )
    inlines = [NetWorthLineInline, DebtLineInline]

    @display(description="Grade", label=GRADE_TONES, ordering="grade")
    def graded(self, assessment):
        return assessment.grade

    @display(description="Points")
    def points(self, assessment):
        return f"{assessment.total} of 100, card {assessment.card_version}"
