"""Hand out a stored report to those who may have it, after looking at its hash."""

import logging

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from broker.reports.archive import Damaged, StoredReport

log = logging.getLogger(__name__)


@require_GET
@never_cache
@login_required
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as it was made; to whoever may not see reports there is none."""
    if not request.user.has_perm("broker.view_storedreport"):
        raise Http404
    report = get_object_or_404(StoredReport, pk=pk)
    try:
        content = report.content()
    except Damaged:
        log.exception("a stored report is withheld")
        return HttpResponse(
            f"{report} is not the file that was stored, so it is withheld. Tell operations.",
            status=500,
            content_type="text/plain; charset=utf-8",
        )
    return HttpResponse(
        content,
        content_type=report.content_type,
        headers={"Content-Disposition": f'attachment; filename="{report.file_name}"'},
    )
