"""Assess: measure a client against the definition on named evidence, and keep how it came out."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from onboarding import eligibility
from onboarding.approvals import Invalid, NotAllowed
from onboarding.clients import Client, ClientState, Kind
from onboarding.eligibility import NOBODY, AssetClass, Category, Line, LineType, NotALine, Verdict
from onboarding.hands import CONFIRM_INVESTOR
from onboarding.investors.limits import (
    REFRESH,
    levels_in_force,
    months_after,
    months_of,
    thresholds,
)
from onboarding.investors.papers import (
    Held,
    Paper,
    RestOn,
    months_good,
    refuse_more_than_shown,
    refuse_papers,
)
from onboarding.investors.standing import rests_of
from onboarding.investors.status import (
    CATEGORIES_OF,
    Evidence,
    EvidenceType,
    InvestorStatus,
    RestsOn,
)
from onboarding.payloads import today
from onboarding.users import Role

MOST_LINES, MOST_EVIDENCE, MOST_RESTS = 40, 20, 20


@transaction.atomic
def assess(
    client: Client,
    *,
    category: Category,
    papers: Sequence[Paper],
    held: Sequence[Held] = (),
    holders: Sequence[str] = (),
    limb: str = "",
    rests: Sequence[RestOn] = (),
    by,
    now: datetime,
) -> InvestorStatus:
    """
    Keep an assessment with its explained verdict, passed or not. It confirms nothing (PI-8).

    `holders` are named for a joint client alone, each of whom must pass.

    :raises NotAllowed: the role does not assess, or an RM for a client not served
    :raises Invalid: the category is not one of such a client; a paper is too old, missing, or shows
        less than its lines; a line means nothing
    """
    _refuse_hands(client, by, now=now)
    on = today(now)
    holders = tuple(holders) or (NOBODY,)
    _refuse_category(client, category, holders)
    if max(len(held) - MOST_LINES, len(papers) - MOST_EVIDENCE, len(rests) - MOST_RESTS) > 0:
        raise Invalid("There are more lines or papers than one assessment takes.")
    refuse_papers(category, papers, on=on, now=now)
    refuse_more_than_shown(held, papers)
    _refuse_circle(client, rests)
    is_valued = any(paper.type == EvidenceType.VALUATION for paper in papers)
    lines = [replace(each.line, is_valued=is_valued) for each in held]
    verdict = _verdict(
        category,
        lines,
        holders,
        limb,
        [(each.other, each.is_owner, each.share) for each in rests],
        now=now,
    )
    status = InvestorStatus.objects.create(
        client=client,
        category=category,
        limb=limb if category == Category.INSTITUTIONAL else "",
        holders=list(holders),
        verdict=as_kept(verdict, [each.paper for each in held], now=now),
        passed=verdict.passed,
        portfolio=verdict.total(eligibility.PORTFOLIO_TEST),
        total_assets=verdict.total(eligibility.ASSETS_TEST),
        assessed_by=by,
        assessed_at=now,
    )
    Evidence.objects.bulk_create(
        Evidence(
            status=status,
            type=paper.type,
            issuer=paper.issuer.strip(),
            as_of_date=paper.as_of_date,
            received_date=paper.received_date,
            amount=paper.amount,
            currency=paper.currency,
            rate=paper.rate,
            reference=paper.reference.strip(),
            sha256=paper.sha256,
        )
        for paper in papers
    )
    RestsOn.objects.bulk_create(
        RestsOn(status=status, other=each.other, is_owner=each.is_owner, share=each.share)
        for each in rests
    )
    return status


def again(status: InvestorStatus, *, now: datetime) -> tuple[Verdict, date]:
    """
    The verdict as it is now, by today's thresholds and what it rests on today, and the first day
    on which it would hold no longer: the yearly refresh, or earlier where a paper grows too old.

    :raises Invalid: a paper has grown too old since
    """
    papers = list(status.evidence.order_by("pk"))
    on, category = today(now), Category(status.category)
    refuse_papers(category, papers, on=on, now=now)
    lines = [_line(kept) for kept in status.verdict["lines"]]
    rests = status.rests.select_related("other").order_by("pk")
    verdict = _verdict(
        category,
        lines,
        tuple(status.holders) or (NOBODY,),
        status.limb,
        [(each.other, each.is_owner, each.share) for each in rests],
        now=now,
    )
    ends = [months_after(paper.as_of_date, months_good(paper.type, now=now)) for paper in papers]
    return verdict, min(months_after(on, months_of(REFRESH, now=now)), *ends)


def as_kept(verdict: Verdict, papers: Sequence[int], *, now: datetime) -> dict:
    """The verdict in JSON, figures as text, with the thresholds and whether anybody read them."""
    return {
        "why": verdict.why,
        "lines": [
            {
                "type": answer.line.type,
                "asset_class": answer.line.asset_class,
                "amount": f"{answer.line.amount:f}",
                "share": None if answer.line.share is None else f"{answer.line.share:f}",
                "holders": answer.line.holders,
                "is_valued": answer.line.is_valued,
                "holder": answer.line.holder,
                "said": answer.line.said,
                "paper": paper,
                "counted": f"{answer.counted:f}",
                "why": answer.why,
            }
            for answer, paper in zip(verdict.answers, papers, strict=True)
        ],
        "tests": [
            {
                "name": test.name,
                "total": f"{test.total:f}",
                "threshold": f"{test.threshold:f}",
                "passed": test.passed,
            }
            for test in verdict.tests
        ],
        "levels": levels_in_force(now=now),
    }


def _line(kept: dict) -> Line:
    return Line(
        type=LineType(kept["type"]),
        asset_class=AssetClass(kept["asset_class"]),
        amount=Decimal(kept["amount"]),
        share=None if kept["share"] is None else Decimal(kept["share"]),
        holders=kept["holders"],
        is_valued=kept["is_valued"],
        holder=kept["holder"],
        said=kept["said"],
    )


def _verdict(
    category: Category,
    lines: list[Line],
    holders: Sequence[str],
    limb: str,
    rests: Iterable[tuple[Client, bool, Decimal]],
    *,
    now: datetime,
) -> Verdict:
    try:
        return eligibility.assess(
            category,
            thresholds=thresholds(now=now),
            lines=lines,
            holders=holders,
            limb=limb,
            rests=rests_of(rests, on=today(now)),
        )
    except NotALine as reason:
        raise Invalid(f"A line cannot be read: {reason}.") from None


def _refuse_hands(client: Client, by, *, now: datetime) -> None:
    if not by.is_active or by.role not in CONFIRM_INVESTOR.proposes:
        raise NotAllowed(f"The role {Role(by.role).label.lower()} assesses no investors.")
    served = Client.objects.served_by(by, on=today(now))
    if by.role == Role.RM and not served.filter(pk=client.pk).exists():
        raise NotAllowed("There is no such client among yours.")
    if client.state == ClientState.CLOSED:
        raise Invalid(f"{client} is closed.")


def _refuse_category(client: Client, category: Category, holders: Sequence[str]) -> None:
    if category not in CATEGORIES_OF[client.kind]:
        raise Invalid(
            f"{client} is of the kind {client.get_kind_display().lower()} and cannot be"
            f" {eligibility.CATEGORIES[category].lower()}."
        )
    if client.kind == Kind.JOINT and (len(set(holders)) < 2 or NOBODY in holders):
        raise Invalid("Name each holder of the joint account: every one of them must pass.")
    if client.kind != Kind.JOINT and tuple(holders) != (NOBODY,):
        raise Invalid("Holders are named for joint clients alone.")


def _refuse_circle(client: Client, rests: Sequence[RestOn]) -> None:
    for each in rests:
        if each.other.pk == client.pk:
            raise Invalid(f"{client} cannot rest on itself.")
        if not 0 < each.share <= 1:
            raise Invalid("A share is more than nothing and at most the whole.")
