"""One proposal: what it would change and why, who said what, and the decision."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from broker.backoffice.desk import show, staff_page
from broker.signin.step_up import second_factor_to_act
from onboarding.approvals import (
    Proposal,
    Refused,
    State,
    approve,
    may_decide,
    obstacle_to,
    refuse,
    withdraw,
)
from onboarding.users import Role

DECISIONS = {
    "approve": (approve, "was approved and applied"),
    "refuse": (refuse, "was refused"),
    "withdraw": (withdraw, "was withdrawn"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@second_factor_to_act
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """The page, and on POST one decision; what the reader may not see is not there."""
    now = timezone.now()
    row = (
        Proposal.objects.visible_to(request.user, now=now)
        .select_related("client", "maker", "checker")
        .filter(pk=pk)
        .first()
    )
    if row is None:
        raise Http404(f"no proposal {pk}")
    reason = request.POST.get("reason", "").strip()
    if request.method == "POST" and _decided(request, row, reason, now=now):
        return redirect("approvals")
    is_open = row.state == State.PROPOSED and row.expires_at > now
    context = {
        "now": now,
        "proposal": row,
        "is_open": is_open,
        "may_decide": may_decide(row, request.user, now=now),
        "may_withdraw": is_open and row.maker_id == request.user.pk,
        "obstacle": obstacle_to(row, now=now) if is_open else None,
        "deciders": [Role(role).label for role in row.approvers],
        "moves": row.moves.select_related("mover").order_by("pk"),
        "reason": reason,
    }
    return show(request, "backoffice/approvals/proposal.html", context, title=row.title)


def _decided(request: HttpRequest, row: Proposal, reason: str, *, now) -> bool:
    decide, words = DECISIONS.get(request.POST.get("decision", ""), (None, ""))
    if decide is None:
        messages.error(request, "Approve, refuse or withdraw it.")
        return False
    try:
        decide(row, by=request.user, reason=reason, now=now)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, f"{row} {words}.")
    return True
