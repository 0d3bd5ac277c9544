"""
Erasure: the content of documents goes after its time, on two people's word; the row stays.

The time is seven years after the relationship, or after it was taken in where there never was one
(AML-24, AML-28). The parameter may make it longer; the database refuses anything shorter, and
anything under a legal hold (AML-27).
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, OuterRef, Q, QuerySet, Subquery, Sum

from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.documents import store
from onboarding.documents.document import Document, Retention
from onboarding.documents.holds import LegalHold
from onboarding.hands import ERASE_DOCUMENTS, Area
from onboarding.parameters import Unit, declare, value_of

KEPT_YEARS = declare(
    "document_kept_years",
    "Years that documents are kept after the relationship",
    unit=Unit.COUNT,
    initial=Decimal(7),
    verified=True,
    source="AML-24 (five years), AML-28 and STM-20 (seven)",
    least=Decimal(7),
    most=Decimal(100),
)


def due(*, now: datetime) -> QuerySet:
    """The documents whose time is over and that nothing holds."""
    before = _years_before(now, int(value_of(KEPT_YEARS, now=now)))
    client = Document._meta.get_field("client").related_model
    moves = client._meta.get_field("moves").related_model
    ended = (
        moves.objects.filter(subject=OuterRef("client"), target="closed")
        .order_by()
        .values("subject")
        .annotate(at=Max("moved_at"))
        .values("at")
    )
    holds = LegalHold.objects.order_by("-pk").values("on")
    return (
        Document.objects.kept()
        .annotate(
            ended_at=Subquery(ended),
            client_held=Subquery(holds.filter(client=OuterRef("client"))[:1]),
            held=Subquery(holds.filter(document=OuterRef("pk"))[:1]),
        )
        .filter(
            Q(client=None) | Q(retention=Retention.HOUSE_RECORD) | Q(ended_at__lt=before),
            Q(client_held=None) | Q(client_held=False),
            Q(held=None) | Q(held=False),
            uploaded_at__lt=before,
        )
    )


def _years_before(now: datetime, years: int) -> datetime:
    try:
        return now.replace(year=now.year - years)
    except ValueError:
        # 29 February: the day before is the longer wait.
        return now.replace(year=now.year - years, day=28)


def _differs(payload: dict, *, now: datetime) -> Difference:
    told = due(now=now).order_by().aggregate(bytes=Sum("size"))
    count = due(now=now).count()
    if not count:
        raise Invalid("No document is past its time.")
    return [
        ("Documents past their time", f"{count:,}", "erased, their rows stay"),
        ("Content", f"{told['bytes']:,} bytes", "none"),
    ]


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    documents = list(due(now=now).order_by("pk"))
    Document.objects.filter(pk__in=[each.pk for each in documents]).update(
        erased_at=now, erasure=proposal
    )
    # After the commit: a transaction that fails has lost nothing.
    contents = sorted({each.sha256 for each in documents})
    transaction.on_commit(lambda: _erase(contents))
    return {
        "documents": [str(each.pk) for each in documents],
        "bytes": str(sum(each.size for each in documents)),
    }


def _erase(contents: list[str]) -> None:
    """Remove each content that no kept document needs any more."""
    for sha256 in contents:
        with transaction.atomic():
            store.hold(sha256)
            if not Document.objects.kept().filter(sha256=sha256).exists():
                store.erase(sha256)


register(
    Command(
        name="erase_documents",
        title="Erase documents past their time",
        proposes=ERASE_DOCUMENTS.proposes,
        approves=lambda payload, *, now: ERASE_DOCUMENTS.approves,
        apply=_apply,
        differs=_differs,
        area=Area.HOUSE,
        dated=True,
    )
)
