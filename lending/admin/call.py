"""Margin calls: the queue by deadline, and every step of each call's life."""

from datetime import datetime

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import F
from django.utils import timezone
from unfold.decorators import display

from collateral.admin.figures import money, owed
from lending.admin.measured import MeasuredList, OfAccount, band_now, num_usage
from lending.margin.call import OPEN, RUNNING, CallState, MarginCall, MarginCallMove
from onboarding.admin.clients import manager_now, services_now
from onboarding.admin.look_only import (
    LookOnlyInline,
    link,
    moment,
    state,
    text,
    this_week,
    to_state,
    to_the_second,
    word,
)

CALL_TONES = {
    CallState.ISSUED: "warning",
    CallState.ACKNOWLEDGED: "warning",
    CallState.PART_CURED: "warning",
    CallState.OVERDUE: "danger",
    CallState.LIQUIDATING: "danger",
    CallState.CURED: "success",
    CallState.CLOSED: "default",
}
CALL_WORDS = dict(CallState.choices)


class Standing(SimpleListFilter):
    """The queue shows what is open, until one asks for more."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [("ended", "Ended"), ("all", "All")]

    def choices(self, changelist):
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": "Open",
        }
        yield from list(super().choices(changelist))[1:]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset.filter(ended_at=None)
        return queryset.exclude(ended_at=None) if self.value() == "ended" else queryset


class CallMoveInline(LookOnlyInline):
    model = MarginCallMove
    verbose_name_plural = "moves"
    fields = (
        moment("moved_at", "At", show=to_the_second),
        word("step", "Step"),
        word("source", "From"),
        word("target", "To"),
        "reason",
        text("mover", "By"),
    )
    ordering = ("-pk",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("mover")


@admin.register(MarginCall)
class MarginCallAdmin(OfAccount):
    list_display = (
        "number",
        link("account", "Account"),
        "client_name",
        "served_by",
        state("state", "State", CALL_TONES),
        moment("cure_due_at", "Deadline", show=this_week),
        "time_left",
        money("call_amount", "Call amount, HKD", show=owed),
        num_usage,
        band_now,
    )
    list_filter = (Standing, "state", "binding", "accelerated")
    list_select_related = ("account__client",)
    search_fields = (
        "account__number",
        "account__client__number",
        "account__client__name",
        "account__client__name_chinese",
    )
    search_help_text = "Call, account, client number or name"
    ordering = (F("ended_at").desc(nulls_first=True), "cure_due_at")
    fields = (
        "number",
        link("account", "Account"),
        link("account__client", "Client"),
        "served_by",
        state("state", "State", CALL_TONES),
        moment("issued_at", "Issued"),
        moment("cure_due_at", "Deadline"),
        "time_left",
        "is_accelerated",
        moment("ended_at", "Ended"),
        text("get_binding_display", "What binds"),
        money("debt", "Debt, HKD", show=owed),
        money("market_value", "Market value, HKD"),
        money("margin_value", "Margin value, HKD"),
        money("liquidation_value", "Value at the hard line, HKD"),
        money("limit_amount", "Limit amount, HKD"),
        money("shortfall", "Shortfall, HKD", show=owed),
        money("call_amount", "Call amount, HKD", show=owed),
    )
    inlines = (CallMoveInline,)

    def get_queryset(self, request):
        serving = services_now(path="account__client__services")
        return super().get_queryset(request).prefetch_related(serving)

    def get_changelist(self, request, **kwargs):
        return MeasuredList

    @staticmethod
    def account_id_of(call):
        return call.account_id

    def found_as(self, call):
        return f"{call.get_state_display()}, {call.account} of {call.account.client.name}"

    def get_search_results(self, request, queryset, search_term):
        """A call is also found by its number, which is no column of its own."""
        number = search_term.strip().upper().removeprefix("MC")
        if number != search_term.strip().upper() and number.isdecimal():
            return queryset.filter(pk=int(number)), False
        return super().get_search_results(request, queryset, search_term)

    @display(description="Call", ordering="pk")
    def number(self, call):
        return call.number

    @display(description="Client", ordering="account__client__name")
    def client_name(self, call):
        return call.account.client.name

    @display(description="RM")
    def served_by(self, call):
        return manager_now(call.account.client)

    @display(description="Time left")
    def time_left(self, call):
        return left_of(call, now=timezone.now())

    @display(description="Accelerated")
    def is_accelerated(self, call):
        return "Yes" if call.accelerated else "No"


def left_of(call: MarginCall, *, now: datetime) -> str | None:
    """The time that is left to answer `call`, to the minute, in words; None where it has ended."""
    if call.state not in OPEN:
        return None
    if call.state == CallState.LIQUIDATING:
        return "none: being sold"
    if call.state not in RUNNING or call.cure_due_at <= now:
        return "passed"
    hours, seconds = divmod(int((call.cure_due_at - now).total_seconds()), 3600)
    return f"{hours} h {seconds // 60:02} min" if hours else f"{seconds // 60} min"


@admin.register(MarginCallMove)
class MarginCallMoveAdmin(OfAccount):
    """Every step that every call took, the newest first."""

    account_path = "subject__account"
    list_display = (
        moment("moved_at", "At", show=to_the_second),
        link("subject", "Call"),
        text("subject__account", "Account"),
        text("subject__account__client__name", "Client"),
        word("step", "Step"),
        state("source", "From", CALL_TONES, words=CALL_WORDS),
        state("target", "To", CALL_TONES, words=CALL_WORDS),
        text("mover", "By"),
    )
    list_filter = (to_state(CallState.choices),)
    list_select_related = ("subject__account__client", "mover")
    search_fields = ("subject__account__number", "subject__account__client__name", "reason")
    search_help_text = "Account, client or reason"
    ordering = ("-pk",)
    fields = (
        link("subject", "Call"),
        link("subject__account", "Account"),
        word("step", "Step"),
        state("source", "From", CALL_TONES, words=CALL_WORDS),
        state("target", "To", CALL_TONES, words=CALL_WORDS),
        "reason",
        text("mover", "By"),
        moment("moved_at", "At", show=to_the_second),
        moment("told_at", "Client told"),
    )
