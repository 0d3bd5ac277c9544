"""Assess: an application scored, graded and recorded once two people have answered for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from onboarding.approvals import Command, Difference, Proposal, register
from onboarding.client_changes import client_named
from onboarding.credit.application import Application, application
from onboarding.credit.figures import terms_of
from onboarding.credit.profile import (
    CreditAssessment,
    DebtLine,
    NetWorthLine,
    is_firm,
    last_assessment,
)
from onboarding.credit.score import (
    JUDGED,
    Facts,
    GradeTerms,
    LimitProposal,
    ScoreCard,
    proposed_limit,
    score,
)
from onboarding.credit.worth import NetWorth, net_worth_of
from onboarding.hands import CREDIT_ASSESSMENT
from onboarding.payloads import as_day, as_hkd, today
from onboarding.users import User

COMMAND = "credit_assessment"


@dataclass(frozen=True, slots=True)
class Assessed:
    """What an application comes to: net worth, the card, and what its grade proposes."""

    application: Application
    worth: NetWorth
    card: ScoreCard
    proposal: LimitProposal
    review_date: date


def assessed(asked: Application, terms: dict | None = None, *, now: datetime) -> Assessed:
    """
    Score `asked` as of now. `terms` are the grades' in force, where the caller has read them.
    """
    worth = net_worth_of(
        [line.holding for line in asked.lines], [line.debt for line in asked.debts]
    )
    scores = {name: said["score"] for name, said in asked.factors.items()}
    card = score(
        Facts(
            net_worth=worth.total,
            liquid_net_worth=worth.liquid,
            net_worth_without_virtual=worth.without_virtual,
            assets=worth.assets,
            debts=worth.debts,
            income=asked.income,
            history=asked.payment_history,
            judged={name: scores[name] for name in JUDGED},
            virtual=[points for name, points in sorted(scores.items()) if name.startswith("va_")]
            if asked.counts_virtual
            else (),
        )
    )
    lent: GradeTerms = terms[card.grade] if terms else terms_of(card.grade, now=now)
    proposed = proposed_limit(worth.total, lent)
    return Assessed(asked, worth, card, proposed, today(now) + timedelta(days=proposed.review_days))


@transaction.atomic
def record(
    results: Iterable[Assessed],
    *,
    maker: User,
    checker: User,
    reason: str,
    now: datetime,
    proposal: Proposal | None = None,
) -> list[CreditAssessment]:
    """Keep them with their lines, in three statements however many. They are never edited."""
    results = list(results)
    rows = CreditAssessment.objects.bulk_create(
        [
            _row(each, maker=maker, checker=checker, reason=reason, now=now, proposal=proposal)
            for each in results
        ],
        batch_size=1000,
    )
    lines, debts = [], []
    for row, each in zip(rows, results, strict=True):
        for line in each.application.lines:
            line.assessment = row
            lines.append(line)
        for debt in each.application.debts:
            debt.assessment = row
            debts.append(debt)
    NetWorthLine.objects.bulk_create(lines, batch_size=5000)
    DebtLine.objects.bulk_create(debts, batch_size=5000)
    return rows


def _row(result: Assessed, *, maker, checker, reason, now, proposal) -> CreditAssessment:
    asked, worth, card = result.application, result.worth, result.card
    return CreditAssessment(
        client=asked.client,
        assessed_date=asked.assessed_date,
        net_worth=worth.total,
        liquid_net_worth=worth.liquid,
        fiat=worth.fiat,
        other=worth.other,
        virtual=worth.virtual,
        debts=worth.debts,
        counts_virtual=asked.counts_virtual,
        of_firm=is_firm(asked.client),
        income=asked.income,
        income_evidence=asked.income_evidence,
        income_verified_by=asked.income_verified_by,
        source_of_wealth=asked.source_of_wealth,
        source_of_funds=asked.source_of_funds,
        payment_history=asked.payment_history,
        payment_argument=asked.payment_argument,
        house_conditions=asked.house_conditions,
        factors=asked.factors,
        card=[[each.characteristic, each.points, each.most, each.why] for each in card.points],
        card_version=card.version,
        total=card.total,
        capped=card.capped,
        grade=card.grade,
        proposed_limit=result.proposal.limit,
        proposed_spread=result.proposal.spread,
        review_date=result.review_date,
        effective_at=now,
        reason=reason,
        maker=maker,
        checker=checker,
        proposal=proposal,
    )


def _differs(payload: dict, *, now: datetime) -> Difference:
    result = assessed(application(payload, now=now), now=now)
    before = last_assessment(result.application.client, on=today(now))
    card, worth = result.card, result.worth
    return [
        ("Grade", _graded(before), f"{card.grade}, {card.total} points of 100"),
        ("Verified net worth", as_hkd(before and before.net_worth), as_hkd(worth.total)),
        ("Of it liquid", as_hkd(before and before.liquid_net_worth), as_hkd(worth.liquid)),
        (
            "Limit the grade proposes",
            as_hkd(before and before.proposed_limit),
            as_hkd(result.proposal.limit),
        ),
        *(
            (each.characteristic, "", f"{each.points} of {each.most}. {each.why}")
            for each in card.points
        ),
        *((("Why the grade is E", "", card.capped),) if card.capped else ()),
        ("Reviewed by", "", as_day(result.review_date)),
    ]


def _graded(row: CreditAssessment | None) -> str:
    return (
        "none" if row is None else f"{row.grade}, {row.total} points, {as_day(row.assessed_date)}"
    )


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    result = assessed(application(payload, now=now), now=now)
    [row] = record(
        [result],
        maker=proposal.maker,
        checker=proposal.checker,
        reason=proposal.reason,
        now=now,
        proposal=proposal,
    )
    return {"credit_assessment": str(row.pk), "grade": row.grade}


register(
    Command(
        name=COMMAND,
        title="Credit assessment",
        proposes=CREDIT_ASSESSMENT.proposes,
        approves=lambda payload, *, now: CREDIT_ASSESSMENT.approves,
        apply=_apply,
        differs=_differs,
        client_of=client_named,
        dated=True,
    )
)
