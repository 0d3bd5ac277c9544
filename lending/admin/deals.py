"""Deals: orders and their steps, draws, repayments, deficits."""

from django.contrib import admin
from unfold.decorators import display

from collateral.admin.figures import money, number, numeral, owed, percent, units_of
from collateral.amounts import round_half_up
from lending.admin.measured import OfAccount
from lending.liquidation.deficit import Deficit
from lending.loans.draw import Draw
from lending.loans.repay import Repayment
from lending.margin.ratios import USAGE_STEP
from lending.trading.order import Order, OrderMove, OrderState
from onboarding.admin.look_only import (
    NONE,
    LookOnlyInline,
    link,
    moment,
    state,
    text,
    to_state,
    to_the_second,
    word,
)

ORDER_TONES = {
    OrderState.PLANNED: "info",
    OrderState.SENT: "info",
    OrderState.UNKNOWN: "danger",
    OrderState.FILLED: "success",
    OrderState.CANCELLED: "default",
}
ORDER_WORDS = dict(OrderState.choices)
OF_ACCOUNT = ("account__number", "account__client__number", "account__client__name")

_order_state = state("state", "State", ORDER_TONES)


@display(description="Units", ordering="units")
def num_units(order):
    return numeral(units_of(order.units, order.asset.places))


@display(description="Traded", ordering="filled_units")
def num_filled(order):
    return numeral(units_of(order.filled_units, order.asset.places))


@display(description="Units traded", ordering="filled_units")
def num_traded(order):
    """What traded, and of how much where it was not all."""
    traded = units_of(order.filled_units, order.asset.places)
    asked = units_of(order.units, order.asset.places)
    return numeral(traded if traded == asked else f"{traded} of {asked}")


@display(description="Slippage")
def num_slippage(order):
    """Against the mark, costs apart, to the nearest hundredth of a percent."""
    slippage = order.slippage
    if slippage is None:
        return NONE
    size = percent(round_half_up(abs(slippage), USAGE_STEP))
    return numeral(size if slippage >= 0 else f"{size} better")


class OrderInline(LookOnlyInline):
    model = Order
    fields = (
        link("", "Order"),
        "side",
        text("asset", "Asset"),
        num_traded,
        money("gross", "Value, HKD"),
        _order_state,
        moment("planned_at", "Planned"),
    )
    ordering = ("-pk",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("asset")


class DrawInline(LookOnlyInline):
    model = Draw
    fields = (
        moment("drawn_at", "Drawn"),
        money("amount", "Amount, HKD"),
        "purpose",
        text("asset", "Asset"),
        text("drawn_by", "By"),
    )
    ordering = ("-pk",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("asset", "drawn_by")


class RepaymentInline(LookOnlyInline):
    model = Repayment
    fields = (
        moment("paid_at", "Paid"),
        money("amount", "Amount, HKD"),
        "source",
        money("principal", "To principal, HKD"),
        text("paid_by", "By"),
    )
    ordering = ("-pk",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("paid_by")


class OrderMoveInline(LookOnlyInline):
    model = OrderMove
    verbose_name_plural = "moves"
    fields = (
        moment("moved_at", "At", show=to_the_second),
        word("step", "Step"),
        word("source", "From"),
        word("target", "To"),
        "reason",
    )
    ordering = ("-pk",)


@admin.register(Order)
class OrderAdmin(OfAccount):
    list_display = (
        "client_order_id",
        link("account", "Account"),
        text("account__client__name", "Client"),
        "side",
        text("asset", "Asset"),
        num_traded,
        money("gross", "Value, HKD"),
        num_slippage,
        _order_state,
        moment("planned_at", "Planned"),
    )
    list_filter = ("state", "side", "asset")
    list_select_related = ("account__client", "asset")
    search_fields = ("client_order_id", "venue_order_id", *OF_ACCOUNT)
    search_help_text = "Order, account or client"
    ordering = ("-pk",)
    fields = (
        "client_order_id",
        link("account", "Account"),
        link("call", "For the margin call"),
        "side",
        text("asset", "Asset"),
        num_units,
        number("mark", "Agreed price when planned, HKD"),
        number("limit_price", "Worst price allowed, HKD"),
        "venue",
        "venue_order_id",
        _order_state,
        moment("planned_at", "Planned"),
        moment("ended_at", "Ended"),
        num_filled,
        money("gross", "Value before costs, HKD"),
        money("costs", "Costs, HKD", show=owed),
        num_slippage,
    )
    inlines = (OrderMoveInline,)

    def found_as(self, order):
        return f"{order.get_state_display()} order of {order.account.client.name}"


@admin.register(OrderMove)
class OrderMoveAdmin(OfAccount):
    """Every step that every order took, the newest first."""

    account_path = "subject__account"
    list_display = (
        moment("moved_at", "At", show=to_the_second),
        link("subject", "Order"),
        text("subject__account", "Account"),
        word("step", "Step"),
        state("source", "From", ORDER_TONES, words=ORDER_WORDS),
        state("target", "To", ORDER_TONES, words=ORDER_WORDS),
        "reason",
    )
    list_filter = (to_state(OrderState.choices),)
    list_select_related = ("subject__account",)
    search_fields = ("subject__client_order_id", "subject__account__number", "reason")
    search_help_text = "Order, account or reason"
    ordering = ("-pk",)
    fields = (
        link("subject", "Order"),
        link("subject__account", "Account"),
        word("step", "Step"),
        state("source", "From", ORDER_TONES, words=ORDER_WORDS),
        state("target", "To", ORDER_TONES, words=ORDER_WORDS),
        "reason",
        text("mover", "By"),
        moment("moved_at", "At", show=to_the_second),
    )


@admin.register(Draw)
class DrawAdmin(OfAccount):
    list_display = (
        moment("drawn_at", "Drawn"),
        link("account", "Account"),
        text("account__client__name", "Client"),
        money("amount", "Amount, HKD"),
        "purpose",
        text("asset", "Asset"),
        text("drawn_by", "By"),
    )
    list_filter = ("purpose",)
    list_select_related = ("account__client", "asset", "drawn_by")
    search_fields = OF_ACCOUNT
    search_help_text = "Account or client"
    ordering = ("-pk",)
    fields = (
        link("account", "Account"),
        money("amount", "Amount, HKD"),
        "purpose",
        text("asset", "Asset"),
        moment("drawn_at", "Drawn"),
        text("drawn_by", "By"),
        "key",
    )


@admin.register(Repayment)
class RepaymentAdmin(OfAccount):
    list_display = (
        moment("paid_at", "Paid"),
        link("account", "Account"),
        text("account__client__name", "Client"),
        money("amount", "Amount, HKD"),
        "source",
        money("principal", "To principal, HKD"),
        money("left_over", "Left as cash, HKD"),
        text("paid_by", "By"),
    )
    list_filter = ("source",)
    list_select_related = ("account__client", "paid_by")
    search_fields = OF_ACCOUNT
    search_help_text = "Account or client"
    ordering = ("-pk",)
    fields = (
        link("account", "Account"),
        money("amount", "Amount, HKD"),
        "source",
        money("costs", "To costs, HKD"),
        money("overdue_interest", "To overdue interest, HKD"),
        money("interest", "To interest, HKD"),
        money("fees", "To fees, HKD"),
        money("principal", "To principal, HKD"),
        money("deficit", "To a deficit, HKD"),
        money("left_over", "Left as cash in the account, HKD"),
        moment("paid_at", "Paid"),
        text("paid_by", "By"),
        "key",
    )


@admin.register(Deficit)
class DeficitAdmin(OfAccount):
    list_display = (
        moment("arose_at", "Arose"),
        link("account", "Account"),
        text("account__client__name", "Client"),
        link("call", "Margin call"),
        money("amount", "Uncovered, HKD", show=owed),
    )
    list_select_related = ("account__client", "call")
    search_fields = OF_ACCOUNT
    search_help_text = "Account or client"
    ordering = ("-pk",)
    fields = (
        link("account", "Account"),
        link("call", "Margin call"),
        money("amount", "Uncovered, HKD", show=owed),
        moment("arose_at", "Arose"),
    )
