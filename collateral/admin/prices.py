"""Agreed prices, and the rounds that ended without one."""

from django.contrib import admin
from django.utils import timezone
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from collateral.admin.figures import number
from collateral.prices.daily_file import FileClose
from collateral.prices.incident import PriceIncident
from collateral.prices.manual_price import ManualPrice
from collateral.prices.price import HeldBack, Price
from collateral.prices.venue_health import VenueHealth
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
        "standing",
        "source",
        number("volume", "Traded in a minute"),
    )
    list_filter = ("asset", "standing")
    fields = (
        "asset",
        number("value", "Price, HKD"),
        moment("observed_at", "Observed", show=to_the_second),
        moment("fresh_until", "Fresh until", show=to_the_second),
        "is_fresh",
        "source",
        "standing",
        "why",
        number("widen", "Lending haircut wider by"),
        moment("aged_from", "Agreed last", show=to_the_second),
        moment("thin_since", "Thin since", show=to_the_second),
        moment("jump_until", "Soft sales wait until", show=to_the_second),
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


@admin.register(ManualPrice)
class ManualPriceAdmin(_Newest):
    list_select_related = ("asset", "maker", "checker")
    list_display = (
        "asset",
        number("value", "Price, HKD"),
        moment("effective_at", "From"),
        moment("expires_at", "Until"),
        "maker",
        "checker",
    )
    fields = (*list_display, "reason")


@admin.register(FileClose)
class FileCloseAdmin(_Newest):
    list_select_related = ("asset", "file", "maker", "checker")
    list_display = (
        "asset",
        "day",
        number("value", "Close, HKD"),
        "suspended",
        "file",
        "maker",
        "checker",
    )
    fields = (*list_display, moment("approved_at", "Approved"))


@admin.register(PriceIncident)
class PriceIncidentAdmin(_Newest):
    list_filter = ("trouble",)
    list_select_related = ()
    list_display = (
        "trouble",
        "subject",
        moment("opened_at", "From", show=to_the_second),
        moment("closed_at", "To", show=to_the_second),
        "why",
    )
    fields = (*list_display, moment("told_at", "Staff alarmed"), moment("told_end_at", "Told over"))


@admin.register(VenueHealth)
class VenueHealthAdmin(LookOnly):
    ordering = ("venue",)
    list_display = (
        "venue",
        "executes",
        "state",
        moment("since", "Since", show=to_the_second),
        "why",
    )
    fields = (
        *list_display,
        moment("failing_since", "Not whole since", show=to_the_second),
        moment("silent_since", "Silent since", show=to_the_second),
        moment("answering_since", "Answers since", show=to_the_second),
    )
