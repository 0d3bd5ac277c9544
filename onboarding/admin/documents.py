"""Documents on the staff site: what was given, by whom and for whom, and who has read it."""

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from onboarding.admin.look_only import LookOnly, LookOnlyInline, moment, state, text
from onboarding.documents.document import Document, DocumentReading, Verdict
from onboarding.documents.readers import documents_for

VERDICT_TONES = {
    Verdict.WAITING: "warning",
    Verdict.CLEAN: "success",
    Verdict.INFECTED: "danger",
    Verdict.UNSCANNED: "default",
}

_verdict = state("verdict", "Scan", VERDICT_TONES)


class DocumentReadingInline(LookOnlyInline):
    model = DocumentReading
    verbose_name_plural = "read by"
    fields = (moment("read_at", "At"), text("reader", "By"))
    ordering = ("-pk",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("reader")


@admin.register(Document)
class DocumentAdmin(LookOnly):
    client_paths = ("client",)
    list_display = (
        "name",
        "kind",
        text("client", "Client"),
        text("uploaded_by", "Given by"),
        moment("uploaded_at", "Given"),
        _verdict,
    )
    list_filter = ("kind", "verdict")
    list_select_related = ("client", "uploaded_by")
    search_fields = ("name", "client__number", "client__name")
    search_help_text = "Name of the file, or the client"
    ordering = ("-uploaded_at", "-pk")
    fields = (
        "name",
        "kind",
        "opened",
        text("client", "Client"),
        text("uploaded_by", "Given by"),
        moment("uploaded_at", "Given"),
        "content_type",
        "size",
        "sha256",
        _verdict,
        text("get_retention_display", "Kept for"),
        moment("erased_at", "Erased"),
    )
    inlines = [DocumentReadingInline]

    def get_queryset(self, request):
        may = documents_for(request.user, now=timezone.now()).values("pk")
        return super().get_queryset(request).filter(pk__in=may)

    @display(description="Content")
    def opened(self, document):
        if not document.is_readable:
            return "not to be had"
        url = reverse("document", args=[document.pk])
        return format_html('<a class="text-link" href="{}">Open</a>, which is kept', url)


@admin.register(DocumentReading)
class DocumentReadingAdmin(LookOnly):
    client_paths = ("document__client",)
    list_display = (moment("read_at", "At"), text("reader", "By"), text("document", "Document"))
    list_select_related = ("reader", "document")
    search_fields = ("reader__username", "document__name", "document__client__number")
    search_help_text = "Who read, the file, or the client"
    ordering = ("-read_at", "-pk")
    fields = (moment("read_at", "At"), text("reader", "By"), text("document", "Document"))

    def get_queryset(self, request):
        may = documents_for(request.user, now=timezone.now()).values("pk")
        return super().get_queryset(request).filter(document__in=may)
