"""Connected clients for staff: the groups with what binds them, and the enquiries that are open."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from broker.backoffice.desk import show, staff_page
from broker.backoffice.propose_forms import proposable_by
from onboarding.approvals import Refused
from onboarding.clients import Client
from onboarding.enquiries import Enquiry, EnquiryState, close
from onboarding.groups import Connection, Group
from onboarding.groups import groups as connected
from onboarding.payloads import LONGEST_TEXT, as_percent, today
from onboarding.users import Role

SHOWN = 100


@require_safe
@staff_page
def groups(request: HttpRequest) -> HttpResponse:
    """To a relationship manager: the groups with an own client, and the own enquiries."""
    user = request.user
    if not user.has_perm("onboarding.view_connection"):
        raise PermissionDenied
    now = timezone.now()
    seen = seen_by(user, now=now)
    found = [
        group
        for group in connected(today(now))
        if any(seen is None or client.pk in seen for client in group.clients)
    ]
    enquiries = Enquiry.objects.visible_to(user, now=now).filter(state=EnquiryState.OPEN)
    context = {
        "now": now,
        "groups": [shown(group, seen) for group in found[:SHOWN]],
        "more": max(0, len(found) - SHOWN),
        "enquiries": enquiries.select_related("client", "other", "owner").order_by("pk")[:SHOWN],
        "may_propose": proposable_by(user),
    }
    return show(request, "backoffice/investors/groups.html", context, title="Connected clients")


def seen_by(user, *, now: datetime) -> set[int] | None:
    """The keys of the clients whose names the reader may know; None for all."""
    if user.role != Role.RM:
        return None
    return set(Client.objects.served_by(user, on=today(now)).values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class Row:
    """A member as the reader may know it: None for somebody else's client; its ties in words."""

    client: Client | None
    because: list[str]


def shown(group: Group, seen: set[int] | None) -> list[Row]:
    """The members of `group`, and why; of clients not `seen` no name and no number."""

    def named(end) -> str:
        hidden = isinstance(end, Client) and seen is not None and end.pk not in seen
        return "a client of somebody else" if hidden else str(end)

    def said(tie: Connection) -> str:
        one, other = tie.ends
        share = f" ({as_percent(tie.share)})" if tie.share is not None else ""
        return f"#{tie.pk} {named(one)} {tie.get_kind_display().lower()} {named(other)}{share}"

    return [
        Row(
            member.client if seen is None or member.client.pk in seen else None,
            [said(tie) for tie in member.because],
        )
        for member in group.members
    ]


@require_POST
@staff_page
def enquiry(request: HttpRequest, pk: int) -> HttpResponse:
    """What came of one: its owner or compliance says."""
    user = request.user
    if not user.has_perm("onboarding.view_enquiry"):
        raise PermissionDenied
    now = timezone.now()
    row = get_object_or_404(Enquiry.objects.visible_to(user, now=now), pk=pk)
    try:
        close(row, outcome=request.POST.get("outcome", "")[:LONGEST_TEXT], by=user, now=now)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{row} is closed.")
    return redirect("groups")
