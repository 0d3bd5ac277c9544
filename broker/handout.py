"""Hand out a document to those who may have it, after looking at its hash: never by an address."""

import structlog
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import content_disposition_header
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from onboarding.documents.readers import MayNotRead, NotReadable, documents_for, read
from onboarding.documents.store import Damaged

logger = structlog.get_logger(__name__)


@require_GET
@never_cache
@login_required
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as it was given, to be kept and never shown in place; a stranger's is not there."""
    now = timezone.now()
    found = get_object_or_404(documents_for(request.user, now=now), pk=pk)
    try:
        content = read(found, by=request.user, now=now)
    except MayNotRead:
        raise Http404 from None
    except NotReadable as why:
        return _said(str(why), status=409)
    except Damaged:
        logger.exception("document_withheld", document=pk)
        return _said(
            "This file is not the one that was stored, so it is withheld. Please tell us.",
            status=500,
        )
    return HttpResponse(
        content,
        content_type=found.content_type,
        headers={
            "Content-Disposition": content_disposition_header(True, found.download_name),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


def _said(words: str, *, status: int) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
