"""The levels of the house and the benchmark rates: dated rows that two people approved."""

from datetime import timedelta

from django.contrib import admin

from collateral.admin.figures import money, ratio
from lending.loans.rates import BenchmarkRate
from lending.margin.terms import MarginTerms
from onboarding.admin.look_only import LookOnly, column, day, moment, text


def span(path: str, description: str):
    """A length of time in whole hours, minutes and seconds, as far as it has them."""

    def said(length: timedelta) -> str:
        minutes, seconds = divmod(int(length.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
        return " ".join(f"{count} {unit}" for count, unit in parts if count) or "none"

    return column(f"span_{path}", path, description, said)


_LEVELS = (
    ratio("recommended", "Recommended"),
    ratio("draw", "Draw"),
    ratio("calm", "Warning ends"),
    ratio("warn", "Warning"),
    ratio("cure", "Cure"),
    ratio("target", "Sale target"),
)


@admin.register(MarginTerms)
class MarginTermsAdmin(LookOnly):
    list_display = ("name", moment("effective_at", "In force from"), *_LEVELS)
    search_fields = ("name", "reason")
    search_help_text = "Name or reason"
    ordering = ("-effective_at",)
    fields = (
        "name",
        moment("effective_at", "In force from"),
        *_LEVELS,
        money("mta_amount", "Minimum transfer amount, HKD"),
        ratio("mta_fraction", "or this share of the debt"),
        span("cure_window", "Time to cure"),
        span("accelerated_window", "when accelerated"),
        span("renewed_window", "when renewed"),
        span("hard_confirm", "Hard line confirmed after"),
        "reason",
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )


@admin.register(BenchmarkRate)
class BenchmarkRateAdmin(LookOnly):
    list_display = (
        "currency",
        ratio("rate", "Rate a year"),
        day("from_date", "From"),
        "source",
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )
    list_select_related = ("maker", "checker")
    ordering = ("currency", "-from_date")
    fields = (
        "currency",
        ratio("rate", "Rate a year"),
        day("from_date", "From"),
        "source",
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )
