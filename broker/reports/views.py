"""Hand out a stored report to those who may have it, after looking at its hash."""

import logging

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from broker.reports.archive import Damaged, Kept, StoredReport

log = logging.getLogger(__name__)


@require_GET
@never_cache
@login_required
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as it was made; to whoever may not see reports there is none."""
    if not request.user.has_perm("broker.view_storedreport"):
        raise Http404
    return handed_out(get_object_or_404(StoredReport, pk=pk))


def handed_out(kept: Kept) -> HttpResponse:
    """A kept file as it was made, or that it is withheld: the caller has looked at who asks."""
    try:
        content = kept.content()
    except Damaged:
        log.exception("a stored file is withheld")
        return HttpResponse(
            f"{kept} is not the file that was stored, so it is withheld. Tell operations.",
            status=500,
            content_type="text/plain; charset=utf-8",
        )
    return as_file(content, kept.file_name, kept.content_type)


def as_file(content: bytes, name: str, content_type: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
