"""Margin accounts: the risk queue, and the page of one account."""

from django.contrib import admin
from django.db.models import Case, IntegerField, OuterRef, Subquery, Value, When
from django.utils import timezone
from unfold.decorators import display

from collateral.admin.figures import money, ratio
from lending.admin.call import CALL_TONES
from lending.admin.deals import DrawInline, OrderInline, RepaymentInline
from lending.admin.measured import (
    ACCOUNT_TONES,
    ACCOUNT_WORDS,
    MeasuredList,
    OfAccount,
    account_state,
    band_now,
    num_debt,
    num_margin_value,
    num_usage,
)
from lending.admin.standing import standing_of
from lending.margin.account import MarginAccount, MarginMove, State
from lending.margin.call import CallState, MarginCall
from onboarding.admin.clients import ClientAdmin, manager_now, services_now
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

# Who needs a person first stands first.
URGENCY = (State.LIQUIDATING, State.CALLED, State.IN_DEFICIT, State.WARNED, State.HEALTHY)
_URGENCY = Case(
    *(When(state=state, then=Value(rank)) for rank, state in enumerate(URGENCY)),
    default=Value(len(URGENCY)),
    output_field=IntegerField(),
)
# While it is sold there is no deadline any more.
_AWAITED = MarginCall.objects.filter(account=OuterRef("pk"), ended_at=None).exclude(
    state=CallState.LIQUIDATING
)
_DUE = Subquery(_AWAITED.values("cure_due_at")[:1])


class CallInline(LookOnlyInline):
    model = MarginCall
    verbose_name_plural = "calls"
    fields = (
        link("", "Call"),
        state("state", "State", CALL_TONES),
        moment("issued_at", "Issued"),
        moment("cure_due_at", "Deadline"),
        text("get_binding_display", "What binds"),
        money("call_amount", "Call amount, HKD"),
        moment("ended_at", "Ended"),
    )
    ordering = ("-pk",)


class MoveInline(LookOnlyInline):
    model = MarginMove
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


class AccountInline(LookOnlyInline):
    model = MarginAccount
    verbose_name_plural = "margin accounts"
    fields = (
        link("", "Account"),
        account_state,
        money("credit_limit", "Credit limit, HKD"),
        moment("opened_at", "Opened"),
    )
    ordering = ("number",)


ClientAdmin.inlines.insert(0, AccountInline)


@admin.register(MarginAccount)
class MarginAccountAdmin(OfAccount):
    account_path = "pk"
    list_display = (
        "number",
        "client_name",
        "served_by",
        account_state,
        num_usage,
        band_now,
        num_debt,
        num_margin_value,
        moment("due_at", "Deadline", show=this_week),
    )
    list_filter = ("state",)
    list_select_related = ("client",)
    search_fields = ("number", "client__number", "client__name", "client__name_chinese")
    search_help_text = "Account, client number or name"
    ordering = (_URGENCY.asc(), _DUE.asc(), "pk")
    fields = (
        "number",
        link("client", "Client"),
        "served_by",
        account_state,
        money("credit_limit", "Credit limit, HKD"),
        money("policy_amount", "Policy amount, HKD"),
        ratio("spread", "Spread over the benchmark, a year"),
        text("terms", "Margin terms"),
        moment("opened_at", "Opened"),
        moment("hard_line_since", "Past the hard line since"),
    )
    inlines = (CallInline, OrderInline, DrawInline, RepaymentInline, MoveInline)
    change_form_before_template = "admin/lending/standing.html"

    def get_queryset(self, request):
        serving = services_now(path="client__services")
        return super().get_queryset(request).annotate(due_at=_DUE).prefetch_related(serving)

    def get_changelist(self, request, **kwargs):
        return MeasuredList

    @staticmethod
    def account_id_of(account):
        return account.pk

    def found_as(self, account):
        return f"Margin account of {account.client.name}"

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        context["standing"] = standing_of(obj, request.user, now=timezone.now())
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description="Client", ordering="client__name")
    def client_name(self, account):
        return account.client.name

    @display(description="RM")
    def served_by(self, account):
        return manager_now(account.client)


@admin.register(MarginMove)
class MarginMoveAdmin(OfAccount):
    """Every step that every account took, the newest first."""

    account_path = "subject"
    list_display = (
        moment("moved_at", "At", show=to_the_second),
        link("subject", "Account"),
        text("subject__client__name", "Client"),
        word("step", "Step"),
        state("source", "From", ACCOUNT_TONES, words=ACCOUNT_WORDS),
        state("target", "To", ACCOUNT_TONES, words=ACCOUNT_WORDS),
        text("mover", "By"),
    )
    list_filter = (to_state(State.choices),)
    list_select_related = ("subject__client", "mover")
    search_fields = ("subject__number", "subject__client__name", "reason")
    search_help_text = "Account, client or reason"
    ordering = ("-pk",)
    fields = (
        link("subject", "Account"),
        word("step", "Step"),
        state("source", "From", ACCOUNT_TONES, words=ACCOUNT_WORDS),
        state("target", "To", ACCOUNT_TONES, words=ACCOUNT_WORDS),
        "reason",
        text("mover", "By"),
        moment("moved_at", "At", show=to_the_second),
        moment("told_at", "Client told"),
    )
