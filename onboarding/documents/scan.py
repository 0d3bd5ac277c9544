"""Scan: a virus scanner looks at a file; what it has not seen is not handed out."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog
from django.conf import settings

from onboarding.documents import store
from onboarding.documents.document import Document, Verdict, settle
from onboarding.documents.scanners import clamav
from onboarding.documents.scanners.finding import ScannerDown

logger = structlog.get_logger(__name__)

A_RUN = 100


def verdict_on(content: bytes) -> Verdict:
    """
    What the scanner of this installation says; `unscanned` where none is set, in development.

    :raises ScannerDown: it does not answer, or not in words we know
    """
    scanner = _scanner()
    if scanner is None:
        return Verdict.UNSCANNED
    name = scanner(content)
    if name is None:
        return Verdict.CLEAN
    logger.warning("document_infected", found=name)
    return Verdict.INFECTED


def _scanner() -> Callable[[bytes], str | None] | None:
    if not settings.CLAMAV_URL:
        return None
    return lambda content: clamav.scan(content, settings.CLAMAV_URL)


def verdict_or_waiting(path: Path) -> Verdict:
    """As `verdict_on`; a scanner that is down leaves the document waiting for it."""
    try:
        return verdict_on(path.read_bytes())
    except ScannerDown as error:
        logger.warning("scanner_down", error=str(error))
        return Verdict.WAITING


def scan_waiting(*, now: datetime) -> int:
    """
    Scan the documents that wait, the longest waiting first; how many got their verdict.

    :raises ScannerDown: it does not answer; those that are left wait on
    """
    done = 0
    waiting = Document.objects.kept().filter(verdict=Verdict.WAITING)
    for document in waiting.order_by("uploaded_at", "pk")[:A_RUN]:
        settle(document, verdict_on(store.content(document.sha256)), now=now)
        done += 1
    return done
