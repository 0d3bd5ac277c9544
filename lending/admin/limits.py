"""The log of credit limits: each change with its reasons, its assessment and its two people."""

from django.contrib import admin

from collateral.admin.figures import money
from lending.admin.measured import OfAccount
from lending.margin.limit_change import CreditLimitChange, Reason
from onboarding.admin.look_only import column, day, link, moment, text

_reasons = column(
    "reasons_said",
    "reasons",
    "Reasons",
    lambda reasons: "; ".join(Reason(reason).label for reason in reasons),
)


@admin.register(CreditLimitChange)
class CreditLimitChangeAdmin(OfAccount):
    account_path = "account"
    list_display = (
        link("account", "Account"),
        moment("effective_at", "From"),
        money("before", "Before, HKD"),
        money("after", "After, HKD"),
        _reasons,
        day("review_date", "Reviewed by"),
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )
    list_select_related = ("account", "maker", "checker")
    search_fields = ("account__number", "account__client__number", "account__client__name")
    ordering = ("-effective_at", "-pk")
    fields = (
        link("account", "Account"),
        moment("effective_at", "From"),
        money("before", "Before, HKD"),
        money("after", "After, HKD"),
        _reasons,
        "assessment",
        "basis",
        day("review_date", "Reviewed by"),
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )
