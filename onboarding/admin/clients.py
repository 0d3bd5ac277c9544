"""Clients, who signs for them and who serves them."""

from django.contrib import admin
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from onboarding.admin.look_only import (
    NONE,
    LookOnly,
    LookOnlyInline,
    day,
    moment,
    state,
    text,
    word,
)
from onboarding.clients import Client, ClientMove, ClientState, Service, Signatory

CLIENT_TONES = {
    ClientState.ACTIVE: "success",
    ClientState.SUSPENDED: "warning",
    ClientState.CLOSED: "default",
}

_state = state("state", "State", CLIENT_TONES)


def services_now(*, path: str = "services") -> Prefetch:
    """Who serves each client today, in one statement for a page of rows, as `services_now`."""
    today = timezone.localdate(timezone.now())
    serving = Service.objects.filter(
        Q(until_date=None) | Q(until_date__gt=today), from_date__lte=today
    ).select_related("manager")
    return Prefetch(path, queryset=serving.order_by("from_date"), to_attr="services_now")


def manager_now(client: Client) -> str:
    """The name of who serves `client`, from rows fetched with `services_now`."""
    return str(client.services_now[-1].manager) if client.services_now else NONE


class ServiceInline(LookOnlyInline):
    model = Service
    seen_with = "onboarding.view_client"
    verbose_name_plural = "relationship managers"
    fields = ("manager", day("from_date", "From"), day("until_date", "Until"))
    ordering = ("-from_date",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("manager")


class SignatoryInline(LookOnlyInline):
    model = Signatory
    seen_with = "onboarding.view_client"
    fields = ("user", "e_mail", "telephone")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("user")

    @display(description="E-mail")
    def e_mail(self, signatory):
        return signatory.user.email or NONE

    @display(description="Telephone")
    def telephone(self, signatory):
        return signatory.user.telephone or NONE


class ClientMoveInline(LookOnlyInline):
    model = ClientMove
    seen_with = "onboarding.view_client"
    verbose_name_plural = "suspended, reactivated, closed"
    fields = (moment("moved_at", "At"), word("step", "Step"), "reason", text("mover", "By"))
    ordering = ("-pk",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("mover")


@admin.register(Client)
class ClientAdmin(LookOnly):
    client_paths = ("pk",)
    list_display = (
        "number",
        "name",
        text("name_chinese", "Chinese name"),
        "kind",
        _state,
        "served_by",
        "everything",
    )
    list_filter = ("kind", "state")
    search_fields = ("number", "name", "name_chinese")
    search_help_text = "Number or name"
    ordering = ("number",)
    fields = (
        "number",
        "name",
        text("name_chinese", "Chinese name"),
        "kind",
        _state,
        "served_by",
        "everything",
    )
    # What a client has with the house is shown by those who know of it: they add their rows here.
    inlines = [ServiceInline, SignatoryInline, ClientMoveInline]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related(services_now())

    def found_as(self, client):
        return client.get_kind_display()

    @display(description="Everything")
    def everything(self, client):
        """The client's one page, which the doors above this app keep."""
        page = reverse("client_page", args=[client.number])
        return format_html('<a class="text-link" href="{}">Open</a>', page)

    @display(description="Relationship manager")
    def served_by(self, client):
        return manager_now(client)
