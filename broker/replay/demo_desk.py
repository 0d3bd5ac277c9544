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
        timedelta(hours=5),
        "credit_assessment",
        _assessment(first["Suen Ming Tak"], today(ends)),
        "jasmine.lau",
        "The yearly accounts came, and the client has sold a flat.",
        first["Suen Ming Tak"],
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


def _assessment(number: str, on: date) -> dict:
    """What the manager of a client found out, as the form asks for it."""

    def line(asset_class: str, described: str, value: str, evidence: str, liquid: str) -> dict:
        return {
            "asset_class": asset_class,
            "described": described,
            "value": value,
            "liquid": liquid,
            "evidence_type": evidence,
            "evidence_reference": f"File of {number}, folder 3",
            "evidence_date": (on - timedelta(days=9)).isoformat(),
            "verified_by": "jasmine.lau",
        }

    return {
        "client": number,
        "assessed_date": (on - timedelta(days=1)).isoformat(),
        "lines": [
            line("fiat", "Deposits with two banks", "31500000", "bank_statement", "yes"),
            line("other", "Flat in Mid-Levels, valued in October", "24000000", "valuation", "no"),
            line("virtual", "Bitcoin pledged with us", "3500000", "custodian_statement", "no"),
        ],
        "debts": [{"described": "Mortgage", "amount": "6000000", "within_a_year": "no"}],
        "income": "2400000",
        "income_evidence": "Tax assessment of the year",
        "income_verified_by": "jasmine.lau",
        "source_of_wealth": "Sold his share of a logistics firm in 2018; one of two flats since.",
        "source_of_funds": "Own accounts with two licensed banks, statements on file.",
        "payment_history": "clean",
        "payment_argument": "Every interest posting met; both banks confirm four clean years.",
        "house_conditions": "Book and liquidity well within limits; markets nervous since October.",
        "factors": {
            name: {"score": score, "argument": argument, "evidence": f"File of {number}"}
            for name, (score, argument) in _ARGUED.items()
        },
    }


_ARGUED = {
    "smf_a": ("2", "Two years of statements agree with what he declares."),
    "smf_b": ("1", "Both banks and the credit bureau report nothing late."),
    "smf_c": ("2", "Three quarters Hong Kong blue chips, one quarter bitcoin."),
    "smf_d": ("2", "Buys and holds; has drawn twice in a year and repaid within a month."),
    "smf_e": ("1", "Searches of courts and press found nothing."),
    "va_a": ("3", "Bitcoin alone, the most traded; falls of a fifth in a day have happened."),
    "va_b": ("2", "Depth at the venue covers his holding many times."),
    "va_c": ("2", "No shares of the sector besides; a tenth of his net worth."),
    "va_d": ("2", "No failure of the network in its life."),
    "va_e": ("3", "Technology shares and bitcoin have fallen together."),
    "va_f": ("2", "Deposits alone would repay all that he may draw."),
}


def _numbers(firm: Firm) -> dict[str, str]:
    return {each.person.name: each.account.client.number for each in firm.borrowers}


def _first_of_next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
