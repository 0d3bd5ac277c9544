"""Agreed prices, and the rounds that ended without one."""

from django.contrib import admin
from django.utils import timezone
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from collateral.admin.figures import number
from collateral.prices.price import HeldBack, Price
from onboarding.admin.look_only import LookOnly, moment, to_the_second, zone


class _Newest(LookOnly):
    """Rows by the million, the newest first: they are walked by their key and never counted."""

    list_filter = ("asset",)
    list_select_related = ("asset",)
    ordering = ("-pk",)
    paginator = InfinitePaginator
    show_full_result_count = False


@admin.register(Price)
class PriceAdmin(_Newest):
    list_display = (
        "asset",
        number("value", "Price, HKD"),
        moment("observed_at", "Observed", show=to_the_second),
        "is_fresh",
        "source",
        number("volume", "Traded in a minute"),
    )
    fields = (
        "asset",
        number("value", "Price, HKD"),
        moment("observed_at", "Observed", show=to_the_second),
        moment("fresh_until", "Fresh until", show=to_the_second),
        "is_fresh",
        "source",
        number("volume", "Traded in a minute, units"),
        "quotes",
    )

    @display(description="Fresh")
    def is_fresh(self, price):
        if price.fresh_until >= timezone.now():
            return zone("Fresh", "success")
        return zone("Past its time", "default")


@admin.register(HeldBack)
class HeldBackAdmin(_Newest):
    list_display = (
        "asset",
        "value",
        moment("observed_at", "Observed", show=to_the_second),
        "reason",
    )
    fields = (
        "asset",
        "value",
        moment("observed_at", "Observed", show=to_the_second),
        "reason",
        "quotes",
    )
