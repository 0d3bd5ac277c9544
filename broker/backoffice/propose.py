"""Propose: the list of what the reader's role may ask for, and a form for each."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from broker.backoffice.desk import show, staff_page
from broker.backoffice.propose_forms import FORMS, proposable_by
from onboarding.approvals import Examined, Refused, command_named, examine
from onboarding.approvals import propose as ask
from onboarding.users import Role


@require_safe
@staff_page
def choose(request: HttpRequest) -> HttpResponse:
    """What the reader may propose by a form."""
    context = {"choices": [command_named(name) for name in proposable_by(request.user)]}
    return show(request, "backoffice/approvals/choose.html", context, title="Propose")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def propose(request: HttpRequest, command: str) -> HttpResponse:
    """A form, then the same with what it would change, then the proposal."""
    if command not in FORMS:
        raise Http404(f"nothing is proposed by the name {command}")
    if command not in proposable_by(request.user):
        raise PermissionDenied
    now = timezone.now()
    if request.method != "POST":
        form = FORMS[command](now=now, initial=request.GET.dict())
        return _form(request, command, form)
    form = FORMS[command](request.POST, now=now)
    if not form.is_valid():
        return _form(request, command, form)
    try:
        examined = [
            (subject, examine(command, payload, by=request.user, now=now))
            for subject, payload in form.asks()
        ]
        if "confirmed" not in request.POST:
            return _form(request, command, form, [] if "change" in request.POST else examined)
        with transaction.atomic():
            made = [
                ask(
                    command,
                    payload,
                    by=request.user,
                    reason=form.cleaned_data["reason"],
                    now=now,
                    subject=subject,
                )
                for subject, payload in form.asks()
            ]
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _form(request, command, form)
    messages.success(request, f"{len(made)} proposed." if len(made) > 1 else f"{made[0]} proposed.")
    return redirect("proposal", made[0].pk) if len(made) == 1 else redirect("approvals")


def _form(
    request: HttpRequest, name: str, form, examined: list[tuple[str, Examined]] | None = None
) -> HttpResponse:
    deciders = {role for _, each in examined or [] for role in each.approvers}
    context = {
        "command": command_named(name),
        "form": form,
        "examined": examined or [],
        "deciders": sorted(Role(role).label for role in deciders),
    }
    title = f"Propose: {command_named(name).title.lower()}"
    return show(request, "backoffice/approvals/form.html", context, title=title)
