"""Acknowledge: the client says that a margin call was read. The clock runs on."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_fsm import TransitionNotAllowed

from broker.portal.access import client_page, margin_account_of, margin_call_of
from lending.margin.call import MarginCall
from onboarding.lifecycle import move


@require_POST
@client_page
def acknowledge(request: HttpRequest, number: str, call_id: int) -> HttpResponse:
    now = timezone.now()
    account = margin_account_of(request.user, number, now=now)
    call = margin_call_of(account, call_id)
    try:
        move(
            call,
            MarginCall.acknowledge,
            reason="read on the portal",
            mover=request.user,
            now=now,
        )
    except TransitionNotAllowed:
        messages.info(request, f"{call.number} had moved on already; nothing was changed.")
    else:
        messages.success(request, f"You acknowledged {call.number}. Its deadline stands.")
    return redirect("portal:home", account.number)
