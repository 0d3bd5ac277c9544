"""Whether anything may be lent to an account now: one list for the act and for every page."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from lending.limits.admit import credit_gates
from lending.loans.price_gate import not_at_these_prices
from lending.margin.account import MarginAccount, State
from lending.margin.bands import is_underwater
from lending.margin.readings import Reading
from lending.margin.relation import RelationState
from onboarding.clients import Client, client_gate
from onboarding.disclosures.acceptance import terms_missing
from onboarding.entity import may_finance_va
from onboarding.investors.exemptions import exempt_among, knowledge_gates
from onboarding.investors.standing import pi_gates
from onboarding.payloads import today
from onboarding.screening.gate import NEUTRAL, Act, stopped

# A gate is asked of many accounts at once, in a fixed number of statements, and gives why not, in
# the client's words, by the key of each account to which nothing may be lent.
Gate = Callable[[Sequence[MarginAccount], datetime], Mapping[int, str]]


def _financing_is_off(accounts: Sequence[MarginAccount], now: datetime) -> dict[int, str]:
    why = may_finance_va(now=now)
    return {account.pk: why for account in accounts} if why else {}


def _not_active(accounts: Sequence[MarginAccount], now: datetime) -> dict[int, str]:
    asked = ((account.pk, client_gate(account.client)) for account in accounts)
    return {pk: why for pk, why in asked if why}


def _terms_outstanding(clients: Sequence[Client], *, on: date, now: datetime) -> dict[int, str]:
    """Whom no risk statement need be given still agrees to the terms themselves (JC-11)."""
    missing = terms_missing(clients, now=now)
    exempt = exempt_among([each for each in clients if each.pk in missing], on=on)
    if not exempt:
        return missing
    of_exempt = [each for each in clients if each.pk in exempt]
    asked = {key: why for key, why in missing.items() if key not in exempt}
    return asked | terms_missing(of_exempt, now=now, exempt=exempt)


def _not_agreed(accounts: Sequence[MarginAccount], now: datetime) -> dict[int, str]:
    clients = {account.client_id: account.client for account in accounts}
    missing = {}
    if clients:
        missing = _terms_outstanding(list(clients.values()), on=today(now), now=now)
    return {
        account.pk: missing[account.client_id]
        for account in accounts
        if account.client_id in missing
    }


def _of_clients(gates: Callable) -> Gate:
    """A gate of clients, asked for the accounts they have."""

    def gate(accounts: Sequence[MarginAccount], now: datetime) -> dict[int, str]:
        why = gates([account.client for account in accounts], on=today(now))
        return {
            account.pk: why[account.client_id] for account in accounts if account.client_id in why
        }

    return gate


def _stopped_by_screening(accounts: Sequence[MarginAccount], now: datetime) -> dict[int, str]:
    held = set(stopped(Act.DRAW)) if accounts else set()
    return {account.pk: NEUTRAL for account in accounts if account.client_id in held}


GATES: tuple[Gate, ...] = (
    _financing_is_off,
    _not_active,
    _stopped_by_screening,
    _not_agreed,
    _of_clients(pi_gates),
    _of_clients(knowledge_gates),
    credit_gates,
    not_at_these_prices,
)


def why_not_lent(account: MarginAccount, reading: Reading, *, now: datetime) -> str | None:
    """
    None where an advance may be made, up to the drawing power; else why not, in the client's words.

    `account` comes with its client and relation. VAF-1, VAF-3, VAF-17, SMF-46, PI-9, JC-1.
    """
    return why_none_is_lent([account], {account.pk: reading}, now=now).get(account.pk)


def why_none_is_lent(
    accounts: Sequence[MarginAccount], readings: Mapping[int, Reading], *, now: datetime
) -> dict[int, str]:
    """
    Why nothing may be lent, by the key of each of `accounts` where that is so.

    In a fixed number of statements. An account without a reading is closed, and left out of it.
    """
    left = [account for account in accounts if account.pk in readings]
    why: dict[int, str] = {}
    for gate in GATES:
        if not left:
            return why
        why |= gate(left, now)
        left = [account for account in left if account.pk not in why]
    for account in left:
        stands = _as_it_stands(account, readings[account.pk])
        if stands:
            why[account.pk] = stands
    return why


def _as_it_stands(account: MarginAccount, reading: Reading) -> str | None:
    if account.relation.state != RelationState.ACTIVE:
        return "Your securities margin account is not active, so nothing can be drawn."
    if reading.state in (State.CALLED, State.LIQUIDATING):
        return "Advances are stopped while a margin call is open."
    if reading.state not in (State.HEALTHY, State.WARNED):
        return "Advances on this account are stopped."
    if not reading.is_priced:
        return "One of your assets has no fresh price, so we cannot measure what you may draw."
    if is_underwater(debt=reading.debt, market_value=reading.market_value):
        return "You owe more than your collateral is worth; advances are stopped."
    return None
