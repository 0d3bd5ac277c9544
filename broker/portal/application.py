"""One application: how far it is, what is missing, what we ask for, and how it is withdrawn."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from broker.portal.access import client_page
from broker.portal.applying import application_of, show_step
from broker.signin.step_up import second_factor_to_act
from onboarding.applications.application import State
from onboarding.applications.expiry import expires_at
from onboarding.applications.party import shares
from onboarding.applications.people import confirmed_by
from onboarding.applications.refusals import NotPossible
from onboarding.applications.send import confirm as give_confirmation
from onboarding.applications.send import signing_party, withdraw
from onboarding.applications.status import STATUS
from onboarding.applications.steps import missing, progress, signatures_needed
from onboarding.applications.words import told_in_words
from onboarding.disclosures.acceptance import outstanding


@require_safe
@client_page
def application(request: HttpRequest, number: str) -> HttpResponse:
    """The progress page: one comes back to it from anywhere."""
    now = timezone.now()
    row = application_of(request.user, number)
    steps = progress(row, now=now)
    parties = list(row.parties.all())
    confirmed = confirmed_by(row)
    have_confirmed = any(each.user_id == request.user.pk for each in confirmed)
    context = {
        "application": row,
        "now": now,
        "steps": steps,
        "done": sum(each.is_done for each in steps),
        "next": next((each for each in steps if not each.is_done), None),
        "status": STATUS[row.state],
        "todo": _todo(row, steps, have_confirmed=have_confirmed),
        "requests": row.requests.order_by("answered_at", "pk"),
        "open_requests": row.requests.filter(answered_at=None).count(),
        "confirmed": confirmed,
        "needed": signatures_needed(row, parties),
        "have_confirmed": have_confirmed,
        "signs": signing_party(row, request.user),
        "expires_at": expires_at(row, now=now),
        "terms_left": len(outstanding(request.user, now=now)) if row.state != State.OPENED else 0,
        "may_withdraw": not row.is_ended,
        "history": _history(row),
        "page": "application",
    }
    return render(request, "portal/application/page.html", context)


def _todo(row, steps, *, have_confirmed: bool) -> str:
    """What the reader should do now."""
    if row.state != State.DRAFT or any(not each.is_done for each in steps):
        return STATUS[row.state][1]
    if have_confirmed:
        return "You have confirmed it. It is sent when the others who sign have too."
    return "All is filled in. Those who sign read it and confirm it now."


# What the applicant reads of what happened; what happens in the house is not theirs to follow.
_HAPPENED = {
    "submit": "Sent to us",
    "take": "We began to look at it",
    "ask": "We asked for something",
    "answer": "You answered",
    "open": "Account opened",
    "refuse": "Decided",
    "withdraw": "Withdrawn",
    "expire": "Expired",
}


def _history(row) -> list[tuple]:
    moves = row.moves.filter(step__in=list(_HAPPENED)).order_by("-pk")
    return [(move.moved_at, _HAPPENED[move.step]) for move in moves]


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
@second_factor_to_act
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    """Everything as it was told, to be read and confirmed by those who sign."""
    now = timezone.now()
    row = application_of(request.user, number)
    if request.method == "POST":
        edition = request.POST.get("edition", "")
        edition = int(edition) if edition.isascii() and edition.isdecimal() else 0
        try:
            if "declared" not in request.POST:
                raise NotPossible("Tick the box to say that it is complete and true.")
            row = give_confirmation(row, edition=edition, by=request.user, now=now)
        except NotPossible as refusal:
            messages.error(request, str(refusal))
            row.refresh_from_db()
        else:
            sent = row.state != State.DRAFT
            messages.success(
                request,
                "Thank you. It is with us now."
                if sent
                else "Thank you. It is sent when the others who sign have confirmed too.",
            )
            return redirect("portal:application", row.number)
    parties = list(row.parties.select_related("user"))
    confirmed = confirmed_by(row)
    context = {
        "told": told_in_words(row, now=now),
        "parties": parties,
        "shares": _shares(row, parties),
        "papers": row.documents.select_related("document", "party").order_by("pk"),
        "missing": missing(row, now=now),
        "signs": signing_party(row, request.user),
        "confirmed": confirmed,
        "have_confirmed": any(each.user_id == request.user.pk for each in confirmed),
        "needed": signatures_needed(row, parties),
        "may_confirm": row.state in (State.DRAFT, State.INFORMATION_ASKED),
    }
    return show_step(request, row, "confirm", "portal/application/confirm.html", context, now=now)


def _shares(row, parties) -> list[tuple]:
    found = shares(row)
    return [(party, found[party.pk]) for party in parties if party.pk in found]


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def give_up(request: HttpRequest, number: str) -> HttpResponse:
    """Asks once more, then withdraws it."""
    row = application_of(request.user, number)
    if request.method == "POST":
        try:
            withdraw(
                row, by=request.user, reason=request.POST.get("reason", ""), now=timezone.now()
            )
        except NotPossible as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "It is withdrawn.")
        return redirect("portal:application", row.number)
    return render(
        request, "portal/application/withdraw.html", {"application": row, "page": "application"}
    )
