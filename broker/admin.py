"""The broker's own tables on the staff site."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from unfold.decorators import display

from broker.jobs import JobRun, Outcome
from broker.notices.notice import Channel, Notice
from broker.reports import views
from broker.reports.archive import StoredReport
from broker.reports.documents import AccountDocument
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


@admin.register(AccountDocument)
class AccountDocumentAdmin(LookOnly):
    client_paths = ("account__client",)
    list_display = (
        day("last", "To"),
        "kind",
        "number",
        text("account__client", "Client"),
        "format",
        moment("made_at", "Made"),
        "punctual",
        "file",
    )
    list_filter = ("kind", "format")
    list_select_related = ("account__client",)
    search_fields = ("number", "account__client__number", "account__client__name")
    search_help_text = "Number, client or account"
    ordering = ("-last", "kind", "-pk")
    show_full_result_count = False
    fields = (
        "number",
        "kind",
        text("account", "Account"),
        text("account__client", "Client"),
        day("first", "From"),
        day("last", "To"),
        day("due_on", "Due"),
        moment("made_at", "Made"),
        "punctual",
        "format",
        number("size", "Bytes"),
        "sha256",
        day("keep_until", "Kept until"),
        "file",
    )

    def get_urls(self):
        file = never_cache(require_safe(self.download))
        mine = path("<int:pk>/download/", file, name="broker_accountdocument_download")
        return [mine, *super().get_urls()]

    def download(self, request, pk: int):
        """The file; to whoever may not see its row there is none."""
        if not request.user.is_authenticated or not self.has_view_permission(request):
            raise Http404
        return views.handed_out(get_object_or_404(self.get_queryset(request), pk=pk))

    @display(description="In time")
    def punctual(self, document):
        return zone("Late", "danger") if document.is_late else zone("In time", "success")

    @display(description="File")
    def file(self, document):
        url = reverse("admin:broker_accountdocument_download", args=[document.pk])
        return format_html('<a class="text-link" href="{}">{}</a>', url, document.file_name)


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
