"""The documents of a client's accounts, on the client's page."""

from datetime import datetime

from django.urls import reverse

from broker.backoffice.panels import ROWS_SHOWN, Fact, Panel, chip, link
from broker.reports.documents import AccountDocument
from onboarding.admin.look_only import hong_kong
from onboarding.clients import Client
from onboarding.payloads import as_day


def documents_panel(client: Client, user, now: datetime) -> Panel:
    """The newest; the rest is a list of their own."""
    kept = AccountDocument.objects.filter(account__client=client)
    newest = kept.filter(format="pdf").select_related("account").order_by("-last", "kind", "-pk")
    rows = [
        (
            as_day(each.last),
            each.get_kind_display(),
            link(reverse("admin:broker_accountdocument_download", args=[each.pk]), each.number),
            hong_kong(each.made_at),
            chip("late", "danger") if each.is_late else as_day(each.due_on),
        )
        for each in newest[:ROWS_SHOWN]
    ]
    address = reverse("admin:broker_accountdocument_changelist")
    return Panel(
        "Statements and other documents",
        facts=[Fact("Kept", f"{newest.count()}")],
        head=("To", "Kind", "Document", "Made", "Due"),
        rows=rows,
        none="None was made yet.",
        more=(f"{address}?q={client.number}", "All of them"),
    )
