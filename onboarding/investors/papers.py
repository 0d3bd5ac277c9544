"""The papers of an assessment: what is handed in, and which are taken (PI-8)."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal, localcontext

from onboarding.approvals import Invalid
from onboarding.clients import Client
from onboarding.eligibility import Category, Line, LineType
from onboarding.investors.limits import ACCOUNTS_AGE, EVIDENCE_AGE, months_after, months_of
from onboarding.investors.status import PROVES, EvidenceType
from onboarding.payloads import as_day, as_hkd

_SHA256 = re.compile("[0-9a-f]{64}")
_OF_ACCOUNTS = {EvidenceType.AUDITED_ACCOUNTS, EvidenceType.PUBLIC_FILING}


@dataclass(frozen=True, slots=True)
class Paper:
    """Evidence as it is handed in: what it shows in its own currency, and the HKD of one unit."""

    type: EvidenceType
    issuer: str
    as_of_date: date
    received_date: date
    amount: Decimal | None = None
    currency: str = "HKD"
    rate: Decimal = Decimal(1)
    reference: str = ""
    sha256: str = ""

    @property
    def hkd(self) -> Decimal:
        """What it shows in HKD, rounded down to the cent."""
        with localcontext(prec=60):
            worth = (self.amount or Decimal(0)) * self.rate
            return worth.quantize(Decimal("0.01"), rounding=ROUND_FLOOR)


@dataclass(frozen=True, slots=True)
class Held:
    """A line, and the number (from nought) of the paper that shows it."""

    line: Line
    paper: int


@dataclass(frozen=True, slots=True)
class RestOn:
    other: Client
    is_owner: bool
    share: Decimal


def refuse_papers(category: Category, papers, *, on: date, now: datetime) -> None:
    """
    Each paper is dated, of an age that is taken, and can be found again; one of them proves it.

    :raises Invalid: which is not, and why (PI-8)
    """
    if not any(paper.type in PROVES[category] for paper in papers):
        needed = " or ".join(sorted(EvidenceType(each).label.lower() for each in PROVES[category]))
        raise Invalid(f"There is no evidence that proves it: {needed}.")
    for paper in papers:
        called = f"The {EvidenceType(paper.type).label.lower()} of {as_day(paper.as_of_date)}"
        if not paper.issuer.strip():
            raise Invalid(f"{called} names nobody who issued it.")
        if paper.received_date > on or paper.as_of_date > paper.received_date:
            raise Invalid(f"{called} cannot have been received on {as_day(paper.received_date)}.")
        months = months_good(paper.type, now=now)
        if months_after(paper.as_of_date, months) <= on:
            raise Invalid(f"{called} is older than {months} months.")
        if not paper.reference.strip() and not paper.sha256:
            raise Invalid(f"{called} needs a reference, or the hash of its file.")
        if paper.sha256 and not _SHA256.fullmatch(paper.sha256):
            raise Invalid(f"{called} has a hash that is none of SHA-256.")
        if paper.rate <= 0 or (paper.amount is not None and paper.amount < 0):
            raise Invalid(f"{called} shows less than nothing.")
        if paper.currency == "HKD" and paper.rate != 1:
            raise Invalid(f"{called} is in HKD, so its rate is 1.")


def refuse_more_than_shown(held: Sequence[Held], papers: Sequence[Paper]) -> None:
    """
    Lines that rest on one paper come to no more than it shows.

    :raises Invalid: they do, or a line names no paper that is there
    """
    shown: dict[int, Decimal] = defaultdict(Decimal)
    for each in held:
        if not 0 <= each.paper < len(papers):
            raise Invalid("A line names evidence that is not there.")
        paper = papers[each.paper]
        if each.line.type == LineType.TOTAL_ASSETS and paper.type not in _OF_ACCOUNTS:
            raise Invalid("Total assets are shown by audited accounts or a public filing alone.")
        if not each.line.amount.is_finite() or each.line.amount < 0:
            raise Invalid("A line has an amount that is none.")
        key = each.paper if each.line.type != LineType.TOTAL_ASSETS else -1 - each.paper
        shown[key] += each.line.amount
    for key, total in sorted(shown.items()):
        number = key if key >= 0 else -1 - key
        if total > papers[number].hkd:
            raise Invalid(
                f"Evidence {number + 1} shows {as_hkd(papers[number].hkd)}, and its lines come to"
                f" {as_hkd(total)}."
            )


def months_good(type: str, *, now: datetime) -> int:
    """For how many months a paper of that type proves anything (PI-8)."""
    accounts = type == EvidenceType.AUDITED_ACCOUNTS
    return months_of(ACCOUNTS_AGE if accounts else EVIDENCE_AGE, now=now)
