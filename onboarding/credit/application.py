"""The application for an assessment: what was filled in, read from a proposal's payload."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from onboarding.approvals import Invalid
from onboarding.client_changes import client_named
from onboarding.clients import Client, ClientState
from onboarding.credit.factors import FACTORS, SCORES, needed
from onboarding.credit.figures import EVIDENCE_AGE, days_of, discounts
from onboarding.credit.profile import CLASSES, EVIDENCE, DebtLine, NetWorthLine, is_firm
from onboarding.credit.score import HISTORIES, History
from onboarding.credit.worth import AssetClass
from onboarding.payloads import as_day, day, money, text, today
from onboarding.users import Role, User

VERIFIERS = frozenset({Role.RM, Role.ONBOARDING_OFFICER, Role.CREDIT_OFFICER, Role.COMPLIANCE})
MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class Application:
    """Lines and debts are rows not yet stored. Income is 0 where nobody verified any."""

    client: Client
    assessed_date: date
    lines: list[NetWorthLine]
    debts: list[DebtLine]
    income: Decimal
    income_evidence: str
    income_verified_by: User | None
    source_of_wealth: str
    source_of_funds: str
    payment_history: History
    payment_argument: str
    house_conditions: str
    factors: dict[str, dict] = field(default_factory=dict)

    @property
    def counts_virtual(self) -> bool:
        return any(line.asset_class == AssetClass.VIRTUAL for line in self.lines)


def application(payload: dict, *, now: datetime) -> Application:
    """
    What the payload asks to be assessed.

    :raises Invalid: something is missing or cannot be, in words for who filled it in
    """
    client = client_named(payload)
    if client.state == ClientState.CLOSED:
        raise Invalid(f"{client} is closed.")
    assessed = _past_day(payload, "assessed_date", "The day of the assessment", now=now)
    lines = _lines(payload, now=now)
    income, evidence, verifier = _income(payload)
    return Application(
        client=client,
        assessed_date=assessed,
        lines=lines,
        debts=[_debt(each) for each in _rows(payload, "debts", "The debts")],
        income=income,
        income_evidence=evidence,
        income_verified_by=verifier,
        source_of_wealth=text(payload, "source_of_wealth", "The source of wealth"),
        source_of_funds=text(payload, "source_of_funds", "The source of funds"),
        payment_history=_history(payload),
        payment_argument=text(payload, "payment_argument", "What the payment history rests on"),
        house_conditions=text(
            payload, "house_conditions", "The house's own liquidity, capital, book and market"
        ),
        factors=_factors(
            payload,
            needed(
                counts_virtual=any(line.asset_class == AssetClass.VIRTUAL for line in lines),
                is_firm=is_firm(client),
            ),
        ),
    )


def _lines(payload: dict, *, now: datetime) -> list[NetWorthLine]:
    rows = _rows(payload, "lines", "The lines of net worth")
    if not rows:
        raise Invalid("An assessment needs at least one line of net worth.")
    held, oldest = (
        discounts(now=now),
        today(now) - timedelta(days=days_of(EVIDENCE_AGE, now=now)),
    )
    return [_line(row, held, oldest=oldest, now=now) for row in rows]


def _line(row: dict, held: dict, *, oldest: date, now: datetime) -> NetWorthLine:
    described = _short(row, "described", "What a line of net worth is")
    asset_class = _one_of(row, "asset_class", f"{described}: the class", CLASSES)
    value = money(row, "value", f"{described}: the value")
    if not value:
        raise Invalid(f"{described}: the value must be above zero.")
    verifier = _verifier(row, "verified_by", described)
    seen = None
    evidence_type, reference = "", ""
    if verifier or row.get("evidence_type") or row.get("evidence_date"):
        evidence_type = _one_of(row, "evidence_type", f"{described}: the evidence", EVIDENCE)
        reference = _short(row, "evidence_reference", f"{described}: where the evidence is")
        seen = _past_day(row, "evidence_date", f"{described}: the day of the evidence", now=now)
        if verifier and seen < oldest:
            raise Invalid(f"{described}: evidence of {as_day(seen)} is too old to count.")
    return NetWorthLine(
        asset_class=asset_class,
        described=described,
        value=value,
        discount=held[AssetClass(asset_class)],
        is_liquid=_yes(row, "liquid", f"{described}: liquid or not"),
        evidence_type=evidence_type,
        evidence_reference=reference,
        evidence_date=seen,
        verified_by=verifier,
    )


def _debt(row: dict) -> DebtLine:
    described = _short(row, "described", "What a debt is")
    amount = money(row, "amount", f"{described}: the amount")
    if not amount:
        raise Invalid(f"{described}: the amount must be above zero.")
    due = _yes(row, "within_a_year", f"{described}: due within a year or not")
    return DebtLine(described=described, amount=amount, within_a_year=due)


def _income(payload: dict) -> tuple[Decimal, str, User | None]:
    if not payload.get("income"):
        return Decimal(0), "", None
    income = money(payload, "income", "The income")
    if not income:
        return income, "", None
    verifier = _verifier(payload, "income_verified_by", "Income")
    if verifier is None:
        raise Invalid("Income counts when somebody has verified it: say who, or leave it out.")
    evidence = _short(payload, "income_evidence", "The evidence of income")
    return income, evidence, verifier


def _factors(payload: dict, wanted) -> dict[str, dict]:
    """Each factor scored and argued with its evidence; what is not needed may be argued too."""
    given = payload.get("factors")
    given = given if isinstance(given, dict) else {}
    unknown = set(given) - set(FACTORS)
    if unknown:
        raise Invalid("There is a factor that nobody knows.")
    factors = {}
    for name in FACTORS:
        row = given.get(name)
        if name not in wanted and not row:
            continue
        said = f"Factor: {FACTORS[name]}"
        row = row if isinstance(row, dict) else {}
        points = _one_of(row, "score", f"{said}: the score", {str(n): n for n in SCORES})
        factors[name] = {
            "score": int(points),
            "argument": text(row, "argument", f"{said}: the argument"),
            "evidence": text(row, "evidence", f"{said}: the evidence"),
        }
    return factors


def _history(payload: dict) -> History:
    return History(_one_of(payload, "payment_history", "The payment history", HISTORIES))


def _rows(payload: dict, key: str, called: str) -> list[dict]:
    rows = payload.get(key) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Invalid(f"{called} are not a list.")
    if len(rows) > MOST_LINES:
        raise Invalid(f"{called} are more than {MOST_LINES}.")
    return rows


def _short(row: dict, key: str, called: str) -> str:
    words = text(row, key, called)
    if len(words) > 200:
        raise Invalid(f"{called} is longer than 200 characters.")
    return words


def _one_of(row: dict, key: str, called: str, choices) -> str:
    word = text(row, key, called)
    if word not in {str(each) for each in choices}:
        raise Invalid(f"{called} is not one from the list.")
    return word


def _yes(row: dict, key: str, called: str) -> bool:
    return _one_of(row, key, called, ("yes", "no")) == "yes"


def _past_day(row: dict, key: str, called: str, *, now: datetime) -> date:
    on = day(row, key, called)
    if on > today(now):
        raise Invalid(f"{called} is to come.")
    return on


def _verifier(row: dict, key: str, called: str) -> User | None:
    name = text(row, key, f"{called}: who verified it", needed=False)
    if not name:
        return None
    user = User.objects.filter(username=name, role__in=VERIFIERS, is_active=True).first()
    if user is None:
        raise Invalid(f"{called}: {name[:150]} is nobody who verifies evidence.")
    return user
