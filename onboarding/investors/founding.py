"""
Found: the statuses of a whole book taken over at once, with their papers, proposals and training.

For the opening of a house whose clients were assessed before. Each verdict is measured like any
other, and nothing is passed by: the database asks of these rows what it asks of all.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from onboarding import eligibility
from onboarding.clients import Client, Kind
from onboarding.eligibility import AssetClass, Category, Line, LineType, Verdict
from onboarding.hands import CONFIRM_INVESTOR, RECORD_TRAINING
from onboarding.investors.assess import as_kept
from onboarding.investors.confirm import CONFIRM
from onboarding.investors.limits import EVIDENCE_AGE, months_after, months_of, thresholds
from onboarding.investors.status import Evidence, EvidenceType, InvestorMove, InvestorStatus
from onboarding.investors.training import Training
from onboarding.lifecycle import Step, move_many
from onboarding.payloads import today
from onboarding.proposals import Proposal

REASON = "Taken over when the house opened"
BATCH = 2_000
_LIVES = timedelta(days=1)
_CATEGORY = {
    Kind.PERSON: Category.INDIVIDUAL,
    Kind.JOINT: Category.INDIVIDUAL,
    Kind.CORPORATE: Category.CORPORATE,
    Kind.TRUST: Category.TRUST,
    Kind.INSTITUTION: Category.INSTITUTIONAL,
}
_JOINT = ("First holder", "Second holder")


class NotTheirHands(Exception):
    """The maker does not propose it, or the checker does not approve it."""


@transaction.atomic
def found_investors(
    clients: Sequence[Client], *, maker, checker, now: datetime, worth: Decimal | None = None
) -> None:
    """
    Confirm `clients` as professional investors from today on, and record their training.

    `worth` HKD is what each holder's custodian states; without it, half as much again as is needed.
    Set-based: the same statements for any number of clients of a batch.

    :raises NotTheirHands: the two people may not do it one by one either
    """
    for hands in (CONFIRM_INVESTOR, RECORD_TRAINING):
        if maker.role not in hands.proposes or checker.role not in hands.approves:
            raise NotTheirHands(f"{maker} and {checker}")
    for start in range(0, len(clients), BATCH):
        batch = clients[start : start + BATCH]
        _confirmed(batch, worth, maker=maker, checker=checker, now=now)
        _trained(batch, maker=maker, checker=checker, now=now)


def _confirmed(
    clients: Sequence[Client], worth: Decimal | None, *, maker, checker, now: datetime
) -> None:
    verdicts = {
        kind: _verdict(kind, worth, now=now) for kind in {Kind(client.kind) for client in clients}
    }
    kept = {
        kind: as_kept(verdict, [0] * len(verdict.answers), now=now)
        for kind, verdict in verdicts.items()
    }
    on = today(now)
    statuses = InvestorStatus.objects.bulk_create(
        InvestorStatus(
            client=client,
            category=verdicts[Kind(client.kind)].category,
            limb="b" if client.kind == Kind.INSTITUTION else "",
            holders=list(_holders(Kind(client.kind))),
            verdict=kept[Kind(client.kind)],
            passed=verdicts[Kind(client.kind)].passed,
            portfolio=verdicts[Kind(client.kind)].total(eligibility.PORTFOLIO_TEST),
            total_assets=verdicts[Kind(client.kind)].total(eligibility.ASSETS_TEST),
            assessed_by=maker,
            assessed_at=now,
        )
        for client in clients
    )
    Evidence.objects.bulk_create(
        Evidence(
            status=status,
            type=EvidenceType.REGISTER_EXTRACT
            if status.category == Category.INSTITUTIONAL
            else EvidenceType.CUSTODIAN_STATEMENT,
            issuer="Custodian of record",
            as_of_date=on,
            received_date=on,
            amount=sum((answer.line.amount for answer in verdicts[Kind(client.kind)].answers), 0),
            reference=f"opening file {client.number}",
        )
        for client, status in zip(clients, statuses, strict=True)
    )
    proposals = _proposed(
        CONFIRM,
        [
            (client, {"status": str(status.pk)}, verdicts[Kind(client.kind)].why)
            for client, status in zip(clients, statuses, strict=True)
        ],
        maker=maker,
        approvers=sorted(CONFIRM_INVESTOR.approves),
        now=now,
    )
    until = months_after(on, months_of(EVIDENCE_AGE, now=now))
    steps = [
        Step(
            status.pk,
            InvestorStatus.confirm,
            REASON,
            {"proposal": proposal, "from_date": on, "until_date": until},
        )
        for status, proposal in zip(statuses, proposals, strict=True)
    ]
    move_many(InvestorStatus, steps, now=now, mover=checker)
    _approved(proposals, checker=checker, now=now)
    # They were told when it was done, which was before the house opened here.
    InvestorMove.objects.filter(subject__in=statuses).update(told_at=now)


def _trained(clients: Sequence[Client], *, maker, checker, now: datetime) -> None:
    """One proposal for all of them: a course, and everybody who signs was there."""
    numbers = [client.number for client in clients]
    proposals = _proposed(
        "record_training",
        [(None, {"clients": numbers}, f"{len(numbers)} clients trained")],
        maker=maker,
        approvers=sorted(RECORD_TRAINING.approves),
        now=now,
    )
    Training.objects.bulk_create(
        Training(
            client=client,
            given_date=today(now),
            trainer=str(maker),
            content="Prices, custody, borrowing and forced sale of virtual assets.",
            proposal=proposals[0],
        )
        for client in clients
    )
    _approved(proposals, checker=checker, now=now)


def _verdict(kind: Kind, worth: Decimal | None, *, now: datetime) -> Verdict:
    level = thresholds(now=now)
    category = _CATEGORY[kind]
    needed = {
        Category.CORPORATE: level.corporate_portfolio,
        Category.TRUST: level.trust_assets,
    }.get(category, level.individual_portfolio)
    amount = worth if worth is not None else needed + needed / 2
    line_type = LineType.TRUST_ASSETS if category == Category.TRUST else LineType.OWN
    holders = _holders(kind)
    return eligibility.assess(
        category,
        thresholds=level,
        lines=[
            Line(line_type, AssetClass.SECURITIES, amount, holder=holder, said="custody")
            for holder in holders
        ],
        holders=holders,
        limb="b",
    )


def _holders(kind: Kind) -> tuple[str, ...]:
    return _JOINT if kind == Kind.JOINT else (eligibility.NOBODY,)


def _proposed(
    command: str, asked: Sequence[tuple[Client | None, dict, str]], *, maker, approvers, now
) -> list[Proposal]:
    return Proposal.objects.bulk_create(
        Proposal(
            command=command,
            client=client,
            payload=payload,
            difference=[["Verdict", "", said]],
            approvers=approvers,
            reason=REASON,
            maker=maker,
            proposed_at=now,
            expires_at=now + _LIVES,
        )
        for client, payload, said in asked
    )


def _approved(proposals: Sequence[Proposal], *, checker, now: datetime) -> None:
    facts = {"checker": checker, "reason": REASON, "outcome": {"opening": "yes"}}
    steps = [Step(each.pk, Proposal.approve, REASON, facts) for each in proposals]
    move_many(Proposal, steps, now=now, mover=checker, skip_locked=False)
