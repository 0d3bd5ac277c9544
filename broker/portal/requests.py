"""What we ask an applicant for, one thing at a time, and the answers."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from broker.portal.access import client_page
from broker.portal.applying import application_of
from broker.uploads import uploaded
from onboarding.applications.documents_needed import attach
from onboarding.applications.refusals import NotPossible
from onboarding.applications.request import Wanted
from onboarding.applications.review import answer
from onboarding.documents.document import Kind
from onboarding.documents.take_in import DocumentRefused


@require_POST
@client_page
def answer_request(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Words, a file, or that what was asked for is done."""
    now = timezone.now()
    application = application_of(request.user, number)
    asked = get_object_or_404(application.requests, pk=pk)
    try:
        with transaction.atomic():
            if asked.wanted == Wanted.DOCUMENT and not asked.answered_at:
                attach(
                    application,
                    uploaded(request, "file"),
                    kind=Kind.OTHER,
                    request=asked,
                    by=request.user,
                    now=now,
                )
            answer(asked, request.POST.get("answer", ""), by=request.user, now=now)
    except (NotPossible, DocumentRefused) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Thank you, we have your answer.")
    return redirect("portal:application", number)
