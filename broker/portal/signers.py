"""Those who sign: which login is whose, whom to invite, and the link that an invitation is."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from broker.notices.letter import NotSent, send_letter
from broker.portal.access import client_page
from broker.portal.applying import application_of, show_step
from broker.portal.sign_up import BACKEND, NOT_SENT, LoginForm, said_at
from onboarding.applications.invite import accept, invitation_of, invite, login_of, new_login
from onboarding.applications.refusals import NotPossible
from onboarding.applications.save import this_is_me
from onboarding.applications.steps import signatures_needed
from onboarding.payloads import as_moment


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def signers(request: HttpRequest, number: str) -> HttpResponse:
    now = timezone.now()
    application = application_of(request.user, number)
    if request.method == "POST":
        pk = request.POST.get("party", "")
        pk = int(pk) if pk.isascii() and pk.isdecimal() and len(pk) < 19 else 0
        party = application.parties.filter(pk=pk).first()
        try:
            if party is None:
                raise NotPossible("Choose one of those who sign.")
            if request.POST.get("act") == "me":
                this_is_me(application, party, by=request.user, now=now)
                messages.success(request, f"You sign as {party.name}.")
            else:
                _invite(request, application, party, now=now)
        except (NotPossible, NotSent) as refusal:
            said = NOT_SENT if isinstance(refusal, NotSent) else str(refusal)
            messages.error(request, said)
        return redirect("portal:signers", number)
    parties = list(application.parties.select_related("user"))
    waiting = {
        each.party_id: each
        for each in application.invitations.filter(
            used_at=None, cancelled_at=None, expires_at__gt=now
        )
    }
    context = {
        "signing": [(each, waiting.get(each.pk)) for each in parties if each.signs],
        "needed": signatures_needed(application, parties),
        "am_somebody": any(each.user_id == request.user.pk for each in parties),
    }
    return show_step(request, application, "people", "portal/signers/page.html", context, now=now)


@transaction.atomic
def _invite(request: HttpRequest, application, party, *, now) -> None:
    """An invitation whose letter could not be sent is none."""
    email = request.POST.get("email", "")
    sent = invite(application, party, email, by=request.user, now=now)
    context = {
        "link": request.build_absolute_uri(reverse("portal:invitation", args=[sent.secret])),
        "by": request.user,
        "party": party,
        "application": application,
        "until": as_moment(sent.invitation.expires_at),
    }
    send_letter("invitation", sent.invitation.email, context)
    messages.success(request, f"An invitation is on its way to {sent.invitation.email}.")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Who has a login signs in with it; who has none makes one here. Looking uses nothing up."""
    now = timezone.now()
    found = invitation_of(secret, now=now)
    if found is None:
        return render(request, "portal/sign_up/over.html", status=404)
    signed_in = request.user if request.user.is_authenticated else None
    known = login_of(found.email)
    if request.method == "POST" and not signed_in and known:
        return redirect_to_login(request.get_full_path())
    form = LoginForm(request.POST or None, label_suffix="")
    if request.method == "POST" and (signed_in or form.is_valid()):
        try:
            with transaction.atomic():
                user = signed_in or new_login(found.email, **form.cleaned_data)
                application = accept(secret, user=user, now=now)
        except NotPossible as refusal:
            messages.error(request, str(refusal))
        except ValidationError as wrong:
            said_at(form, wrong)
        else:
            if not signed_in:
                login(request, user, backend=BACKEND)
            messages.success(request, "You sign now. Read it, and confirm it.")
            return redirect("portal:application", application.number)
    context = {"form": form, "invitation": found, "known": known, "signed_in": signed_in}
    return render(request, "portal/signers/invitation.html", context)
