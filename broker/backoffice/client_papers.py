"""The panels of a client's page on paper: its documents, what it agreed to, what was written."""

from datetime import datetime

from django.urls import reverse

from broker.backoffice.panels import ROWS_SHOWN, Fact, Kind, Panel, chip, link
from onboarding.admin.documents import VERDICT_TONES
from onboarding.admin.look_only import hong_kong
from onboarding.clients import Client
from onboarding.disclosures.acceptance import Acceptance, terms_gate
from onboarding.documents.readers import documents_for
from onboarding.messages.message import READ, Conversation, Message


def _documents(client: Client, user, now: datetime) -> Panel:
    rows = documents_for(user, now=now).filter(client=client).select_related("uploaded_by")
    return Panel(
        "Documents",
        head=("Document", "Kind", "Given by", "Given", "Scan"),
        rows=[
            (
                link(reverse("admin:onboarding_document_change", args=[each.pk]), each.name),
                each.get_kind_display(),
                str(each.uploaded_by),
                hong_kong(each.uploaded_at),
                chip(each.get_verdict_display(), VERDICT_TONES[each.verdict]),
            )
            for each in rows.order_by("-uploaded_at", "-pk")[:ROWS_SHOWN]
        ],
        none="None was given.",
    )


def _terms(client: Client, user, now: datetime) -> Panel:
    rows = Acceptance.objects.filter(client=client).select_related("disclosure", "user")
    return Panel(
        "Terms accepted",
        facts=[Fact("Before a draw", terms_gate(client, now=now) or "All that is needed is there")],
        head=("Text", "By", "At", "In"),
        rows=[
            (
                link(
                    reverse("admin:onboarding_acceptance_change", args=[each.pk]),
                    each.disclosure,
                ),
                str(each.user),
                hong_kong(each.accepted_at),
                each.get_language_display(),
            )
            for each in rows.order_by("-accepted_at", "-pk")[:ROWS_SHOWN]
        ],
        none="None yet.",
    )


def _messages(client: Client, user, now: datetime) -> Panel:
    rows = Message.objects.visible_to(user, now=now).of(Conversation(client))
    return Panel(
        "Messages",
        head=("At", "By", "Message"),
        rows=[
            (hong_kong(each.written_at), str(each.author), each.body[:90])
            for each in rows.select_related("author").order_by("-pk")[:ROWS_SHOWN]
        ],
        none="Nothing was written yet.",
        more=(reverse("staff_conversation", args=["client", client.number]), "The conversation"),
    )


PAPERS: tuple[Kind, ...] = (
    Kind("onboarding.view_document", _documents),
    Kind("onboarding.view_acceptance", _terms),
    Kind(READ, _messages),
)
