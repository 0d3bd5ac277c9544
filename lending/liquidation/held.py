"""Held: accounts that are short while their sales stand still by order of the MLRO."""

from dataclasses import dataclass
from datetime import datetime

from lending.margin.account import MarginAccount, State
from lending.margin.bands import is_past_hard_line
from lending.margin.readings import Reading, read
from onboarding.screening.gate import Act, stopped


@dataclass(frozen=True, slots=True)
class Held:
    """An account that is called, to be sold down or past its hard line, and how it stands."""

    account: MarginAccount
    reading: Reading
    why: str


def held_sales(*, now: datetime) -> list[Held]:
    """Each of them, the largest shortfall first; accounts without a price last."""
    accounts = {
        account.pk: account
        for account in MarginAccount.objects.filter(client__in=stopped(Act.SALE))
        .exclude(state=State.CLOSED)
        .select_related("client")
    }
    if not accounts:
        return []
    held = []
    for reading in read(now=now, account_ids=sorted(accounts)):
        account = accounts[reading.account_id]
        why = _why(account, reading)
        if why:
            held.append(Held(account, reading, why))
    return sorted(held, key=lambda each: (-(each.reading.shortfall or 0), each.account.pk))


def _why(account: MarginAccount, reading: Reading) -> str | None:
    if reading.is_priced and is_past_hard_line(
        debt=reading.debt, liquidation_value=reading.liquidation_value
    ):
        return "it is past its hard line"
    if account.state == State.LIQUIDATING:
        return "it would be sold down"
    return "a margin call is open" if account.state == State.CALLED else None
