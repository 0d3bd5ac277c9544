"""What was assessed, who is tied to whom, and what was asked: rows that are looked at."""

from django.contrib import admin

from onboarding.admin.look_only import LookOnly, day, moment, state, text
from onboarding.enquiries import Enquiry, EnquiryState
from onboarding.groups import Connection
from onboarding.investors.status import InvestorStatus, StatusState

STATUS_TONES = {
    StatusState.ASSESSED: "info",
    StatusState.CONFIRMED: "success",
    StatusState.REPLACED: "default",
    StatusState.LAPSED: "danger",
    StatusState.WITHDRAWN: "danger",
}
_ENQUIRY_TONES = {EnquiryState.OPEN: "warning", EnquiryState.CLOSED: "default"}


@admin.register(InvestorStatus)
class InvestorStatusAdmin(LookOnly):
    client_paths = ("client",)
    list_display = (
        text("client", "Client"),
        "category",
        state("state", "State", STATUS_TONES),
        day("from_date", "From"),
        day("until_date", "Until, and not on"),
        text("assessed_by", "Assessed by"),
    )
    list_filter = ("state", "category")
    list_select_related = ("client", "assessed_by")
    search_fields = ("client__number", "client__name")
    ordering = ("until_date", "-pk")
    fields = (
        text("client", "Client"),
        "category",
        state("state", "State", STATUS_TONES),
        "passed",
        "portfolio",
        "total_assets",
        text("assessed_by", "Assessed by"),
        moment("assessed_at", "Assessed"),
        moment("confirmed_at", "Confirmed"),
        day("from_date", "From"),
        day("until_date", "Until, and not on"),
        text("proposal", "Proposal"),
    )


@admin.register(Connection)
class ConnectionAdmin(LookOnly):
    client_paths = ("client",)
    list_display = (
        text("", "Tie"),
        day("from_date", "From"),
        day("until_date", "Until, and not on"),
        text("proposal", "Proposal"),
    )
    list_filter = ("kind",)
    list_select_related = ("client", "other", "party", "proposal")
    search_fields = ("client__number", "other__number", "party__name")
    ordering = ("-pk",)
    fields = (
        text("", "Tie"),
        day("from_date", "From"),
        day("until_date", "Until, and not on"),
        text("proposal", "Proposal"),
        text("ended_by", "Ended by"),
    )


@admin.register(Enquiry)
class EnquiryAdmin(LookOnly):
    client_paths = ("client",)
    list_display = (
        "indicator",
        text("client", "Client"),
        state("state", "State", _ENQUIRY_TONES),
        text("owner", "Owner"),
        moment("opened_at", "Opened"),
        moment("closed_at", "Closed"),
    )
    list_filter = ("state", "indicator")
    list_select_related = ("client", "owner")
    search_fields = ("client__number", "client__name")
    ordering = ("-pk",)
    fields = (
        "indicator",
        text("client", "Client"),
        text("other", "Shared with"),
        state("state", "State", _ENQUIRY_TONES),
        text("owner", "Owner"),
        moment("opened_at", "Opened"),
        moment("closed_at", "Closed"),
        "outcome",
    )
