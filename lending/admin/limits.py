"""The log of credit limits: each change with its reasons, its assessment and its two people."""

from django.contrib import admin

from collateral.admin.figures import money
from lending.admin.measured import OfAccount
from lending.limits.group_limit import GroupLimit
from lending.margin.limit_change import CreditLimitChange, Reason
from onboarding.admin.look_only import LookOnly, column, day, link, moment, text

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
        text("grade", "Grade"),
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
        text("credit_assessment", "Credit assessment"),
        money("stressed_shortfall", "Missing in the worst case, HKD"),
        money("liquid_net_worth", "Verified liquid net worth, HKD"),
        day("review_date", "Reviewed by"),
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )


@admin.register(GroupLimit)
class GroupLimitAdmin(LookOnly):
    list_display = (
        text("client", "Connected with"),
        moment("effective_at", "From"),
        money("amount", "Limit, HKD"),
        day("review_date", "Reviewed by"),
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )
    list_select_related = ("client", "maker", "checker")
    search_fields = ("client__number", "client__name")
    ordering = ("-effective_at", "-pk")
    fields = (
        text("client", "Connected with"),
        moment("effective_at", "From"),
        money("amount", "Limit, HKD"),
        "assessment",
        day("review_date", "Reviewed by"),
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )
