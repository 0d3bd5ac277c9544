"""What lies on the demonstration's desks: proposals, some decided, some waiting for somebody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from broker.replay.demo_firm import Firm
from onboarding.approvals import approve, propose, refuse
from onboarding.payloads import today
from onboarding.users import User


@dataclass(frozen=True, slots=True)
class Asked:
    """One proposal: how long before the end it was made, and what became of it, where anything."""

    ago: timedelta
    command: str
    payload: dict
    by: str
    reason: str
    subject: str = ""
    decided: tuple[str, str, str] | None = None  # approve or refuse, by whom, why


def proposals(firm: Firm, *, ends: datetime) -> Iterator[Asked]:
    """In the order in which they were made."""
    first = _numbers(firm)
    yield Asked(
        timedelta(days=6, hours=3),
        "benchmark_rate",
        {
            "currency": "HKD",
            "rate": "0.0435",
            "from_date": _first_of_next_month(today(ends)).isoformat(),
            "source": "One-month fixing, averaged over ten days",
        },
        "isaac.chow",
        "The fixing has stood above our rate for three weeks.",
        "HKD",
        ("approve", "miranda.tse", "Compared with the published fixings."),
    )
    yield Asked(
        timedelta(days=5, hours=2),
        "suspend_client",
        {"client": first["Suen Ming Tak"]},
        "clara.fung",
        "The yearly accounts have not come.",
        first["Suen Ming Tak"],
        ("refuse", "gordon.pang", "They came this morning; see the file."),
    )
    yield Asked(
        timedelta(days=2, hours=5),
        "handover",
        {
            "client": first["Peak Terrace Family Office Limited"],
            "manager": "priya.menon",
            "from_date": (today(ends) + timedelta(days=10)).isoformat(),
        },
        "miranda.tse",
        "The family asked for somebody who speaks Hindi.",
        first["Peak Terrace Family Office Limited"],
    )
    yield Asked(
        timedelta(hours=20),
        "haircut",
        {"asset": "ETH", "lending": "0.65", "liquidation": "0.4"},
        "daniel.hui",
        "Depth within one percent at the venue has halved since last month.",
        "ETH",
    )
    yield Asked(
        timedelta(hours=3),
        "margin_terms",
        {"name": "House terms", "warn": "0.88"},
        "daniel.hui",
        "Clients who are warned a little earlier have answered in time more often.",
        "House terms",
    )


def put_on_desks(firm: Firm, asked: Asked, *, at: datetime, decided_after: timedelta) -> None:
    """Propose at `at`, and decide a while later, where it was decided."""
    proposal = propose(
        asked.command,
        asked.payload,
        by=firm.staff[asked.by],
        reason=asked.reason,
        subject=asked.subject,
        now=at,
    )
    if asked.decided:
        verdict, login, reason = asked.decided
        decider: User = firm.staff[login]
        decide = {"approve": approve, "refuse": refuse}[verdict]
        decide(proposal, by=decider, reason=reason, now=at + decided_after)


def _numbers(firm: Firm) -> dict[str, str]:
    return {each.person.name: each.account.client.number for each in firm.borrowers}


def _first_of_next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
