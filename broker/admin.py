"""The broker's own tables on the staff site."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.urls import path, reverse
from django.utils.html import format_html
from unfold.decorators import display

from broker.jobs import JobRun, Outcome
from broker.notices.notice import Channel, Notice
from broker.reports import views
from broker.reports.archive import StoredReport
from collateral.admin.figures import number
from onboarding.admin.look_only import LookOnly, day, moment, state, text, zone

# What a login is kept safe by is its owner's: nobody else looks at it, and it has no page here.
for _own in (EmailAddress, Authenticator, UserSession):
    admin.site.unregister(_own)

OUTCOME_TONES = {Outcome.RUNNING: "info", Outcome.DONE: "success", Outcome.FAILED: "danger"}

_outcome = state("outcome", "Outcome", OUTCOME_TONES)


@admin.register(JobRun)
class JobRunAdmin(LookOnly):
    list_display = (
        "name",
        _outcome,
        moment("last_started_at", "Last began"),
        moment("last_done_at", "Last went well"),
        number("duration_s", "Took, seconds"),
        number("runs", "Runs"),
        number("failures", "Failures"),
        "what_went_wrong",
    )
    list_filter = ("outcome",)
    ordering = ("name",)
    fields = (
        "name",
        _outcome,
        moment("last_started_at", "Last began"),
        moment("last_ended_at", "Last ended"),
        moment("last_done_at", "Last went well"),
        number("duration_s", "Took, seconds"),
        number("runs", "Runs"),
        number("failures", "Failures"),
        "error",
    )

    @display(description="Error")
    def what_went_wrong(self, run):
        return run.error.split("\n", 1)[0][:80] or None


@admin.register(StoredReport)
class StoredReportAdmin(LookOnly):
    list_display = (
        "name",
        day("as_of_date", "Day"),
        "format",
        number("size", "Bytes"),
        moment("made_at", "Made"),
        "file",
    )
    list_filter = ("name", "format")
    ordering = ("-as_of", "name", "format")
    fields = (
        "name",
        "format",
        moment("as_of", "As of"),
        moment("made_at", "Made"),
        number("size", "Bytes"),
        "sha256",
        day("keep_until", "Kept until"),
        "file",
    )

    def get_urls(self):
        # Not wrapped by the site: the view says itself who may have a file.
        mine = path("<int:pk>/download/", views.download, name="broker_storedreport_download")
        return [mine, *super().get_urls()]

    @display(description="File")
    def file(self, report):
        url = reverse("admin:broker_storedreport_download", args=[report.pk])
        return format_html('<a class="text-link" href="{}">{}</a>', url, report.file_name)


@admin.register(Notice)
class NoticeAdmin(LookOnly):
    client_paths = ("client",)
    list_display = (
        moment("made_at", "Written"),
        "subject",
        text("recipient", "To"),
        text("client", "Client"),
        "receipt",
    )
    list_filter = ("channel", "occasion", "is_copy")
    list_select_related = ("recipient", "client")
    search_fields = ("subject", "address", "client__number", "client__name")
    ordering = ("-made_at", "-pk")
    fields = (
        "subject",
        "said",
        text("recipient", "To"),
        "address",
        text("client", "Client"),
        text("account", "Account"),
        "occasion",
        moment("made_at", "Written"),
        "receipt",
        moment("sent_at", "Sent"),
        number("attempts", "Attempts"),
        moment("next_attempt_at", "Next attempt"),
        "error",
    )

    @display(description="Body")
    def said(self, notice):
        """Line by line, as it was sent."""
        return format_html('<pre style="white-space: pre-wrap">{}</pre>', notice.body)

    @display(description="Receipt")
    def receipt(self, notice):
        """Whether it went out: the word a colleague at the desk would say."""
        if notice.channel == Channel.NOBODY:
            return zone("Nobody to tell", "danger")
        if notice.channel == Channel.INBOX:
            return zone("In the inbox", "info")
        if notice.sent_at:
            return zone("Sent", "success")
        return zone("Delayed", "warning") if notice.attempts else zone("Waiting", "info")
