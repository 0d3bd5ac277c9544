"""Texts for clients on the staff site, and who accepted what."""

from django.contrib import admin

from onboarding.admin.look_only import LookOnly, moment, text
from onboarding.disclosures.acceptance import Acceptance
from onboarding.disclosures.text import Disclosure


@admin.register(Disclosure)
class DisclosureAdmin(LookOnly):
    list_display = ("title_en", "version", moment("effective_at", "In force from"))
    list_filter = ("code",)
    ordering = ("code", "-version")
    fields = (
        "code",
        "version",
        moment("effective_at", "In force from"),
        "title_en",
        "body_en",
        "sha256_en",
        "title_zh",
        "body_zh",
        "sha256_zh",
        "reason",
        text("maker", "Proposed by"),
        text("checker", "Approved by"),
    )

    def of_own_clients(self, rows, manager, *, now):
        """A text is nobody's: who serves clients reads what they agree to."""
        return rows


@admin.register(Acceptance)
class AcceptanceAdmin(LookOnly):
    client_paths = ("client",)
    list_display = (
        text("disclosure", "Text"),
        text("client", "Client"),
        text("user", "By"),
        moment("accepted_at", "At"),
        "language",
    )
    list_filter = ("disclosure__code", "disclosure__version", "language")
    list_select_related = ("disclosure", "client", "user")
    search_fields = ("client__number", "client__name", "user__username")
    search_help_text = "Client or signatory"
    ordering = ("-accepted_at", "-pk")
    fields = (
        text("disclosure", "Text"),
        text("client", "Client"),
        text("user", "By"),
        moment("accepted_at", "At"),
        "language",
        "sha256",
        "ip",
        "user_agent",
        "second_factor",
    )
