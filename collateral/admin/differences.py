"""Differences between the register and what custodians say."""

from django.contrib import admin

from collateral.admin.figures import number
from collateral.custody.difference import Difference, DifferenceMove, DifferenceState
from onboarding.admin.look_only import LookOnly, LookOnlyInline, moment, state, text, word

DIFFERENCE_TONES = {DifferenceState.OPEN: "danger", DifferenceState.CLOSED: "success"}
_state = state("state", "State", DIFFERENCE_TONES)


class DifferenceMoveInline(LookOnlyInline):
    model = DifferenceMove
    seen_with = "collateral.view_difference"
    fields = (moment("moved_at", "At"), word("step", "Step"), "reason", "mover")


@admin.register(Difference)
class DifferenceAdmin(LookOnly):
    client_paths = ("client",)
    list_display = (
        moment("opened_at", "Opened"),
        text("place__code", "Place"),
        "code",
        "client_number",
        "kind",
        number("here", "Here"),
        number("there", "There"),
        text("owner", "Owner"),
        _state,
    )
    list_filter = ("state", "kind", "place")
    list_select_related = ("place", "owner")
    search_fields = ("code", "client_number")
    search_help_text = "Asset or client number"
    ordering = ("-pk",)
    fields = (
        text("place", "Place"),
        "code",
        "client_number",
        "kind",
        number("here", "In the register"),
        number("there", "On the statement"),
        text("first_run", "First seen"),
        text("last_run", "Last other figures"),
        text("owner", "Owner"),
        _state,
        moment("opened_at", "Opened"),
        moment("closed_at", "Closed"),
    )
    inlines = (DifferenceMoveInline,)
