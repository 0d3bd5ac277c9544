"""Affordable: whether a client could bear a credit limit with all of it drawn and prices down."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from collateral.amounts import CENT, round_up
from collateral.assets import Kind
from collateral.valuation.pools import PoolLine, pool_lines
from lending.margin.account import MarginAccount, State
from lending.margin.worst_case import Position, Stressed, fully_drawn, stressed, total_shortfall
from onboarding.credit.affordability import Affordability
from onboarding.credit.profile import CreditAssessment
from onboarding.parameters import Parameter, Unit, declare, values_of


def _shock(name: str, title: str, initial: str, source: str) -> Parameter:
    return declare(
        name,
        title,
        unit=Unit.FRACTION,
        initial=Decimal(initial),
        verified=False,
        source=f"{source}. House level, to be confirmed by the credit committee",
    )


SHOCKS = {
    Kind.VA: _shock("stress_virtual", "Stress: fall of virtual assets", "0.6", "VAF-6, JC-3, E15"),
    Kind.SHARE: _shock("stress_share", "Stress: fall of listed shares", "0.15", "JC-3, E15"),
    Kind.CASH: _shock("stress_currency", "Stress: fall of a foreign currency", "0.05", "JC-3"),
}


class NotMeasurable(Exception):
    """The worst case cannot be taken: nothing is pledged, or an asset has no fresh price."""


@dataclass(frozen=True, slots=True)
class WorstCase:
    """Each account of the client by number, stressed; and what that asks of liquid net worth."""

    accounts: dict[str, Stressed]
    affordability: Affordability

    def as_kept(self) -> dict:
        """The whole computation as text, to be kept with the decision."""
        return {
            "shortfall": _plain(self.affordability.stressed_shortfall),
            "liquid_net_worth": _plain(self.affordability.liquid_net_worth),
            "accounts": [
                {
                    "account": number,
                    "limit": _plain(each.limit),
                    "drawn": _plain(each.debt),
                    "cash": _plain(each.cash),
                    "margin_value": _plain(each.margin_value),
                    "shortfall": _plain(each.shortfall),
                    "positions": [
                        {
                            "code": position.code,
                            "market_value": _plain(position.market_value),
                            "shock": _plain(position.shock),
                            "stressed_value": _plain(position.stressed_value),
                            "lending_haircut": _plain(position.lending_haircut),
                            "stressed_margin_value": _plain(position.stressed_margin_value),
                        }
                        for position in each.positions
                    ],
                }
                for number, each in self.accounts.items()
            ],
        }


def worst_case(
    account: MarginAccount, limit: Decimal, assessment: CreditAssessment, *, now: datetime
) -> WorstCase:
    """
    The client's stressed shortfall with `limit` on `account`, beside verified liquid net worth.

    Every open account of the client counts, each with its limit fully drawn against what is pledged
    to it today, after the house's shocks. Rounded up to the cent. Source: JC-3, VAF-2.

    :raises NotMeasurable: nothing is pledged to `account`, or something has no fresh price
    """
    accounts = list(
        MarginAccount.objects.filter(client_id=account.client_id)
        .exclude(state=State.CLOSED)
        .select_related("subledger")
        .order_by("number")
    )
    lines = pool_lines([each.pool_id for each in accounts], now=now)
    if not lines.get(account.pool_id):
        raise NotMeasurable(
            f"Nothing is pledged to {account}: a limit rests on collateral as well (VAF-2)."
        )
    shocks = values_of(SHOCKS.values(), now=now)
    found = {}
    for each in accounts:
        most = limit if each.pk == account.pk else each.credit_limit
        books = each.subledger
        found[each.number] = stressed(
            [_position(line, shocks) for line in lines.get(each.pool_id, [])],
            debt=fully_drawn(
                debt=books.owed + books.accrued, limit=most, policy_amount=each.policy_amount
            ),
            limit=most,
            cash=books.cash,
        )
    shortfall = round_up(total_shortfall(list(found.values())), CENT)
    return WorstCase(found, Affordability(shortfall, assessment.liquid_net_worth))


def _position(line: PoolLine, shocks: dict[str, Decimal]) -> Position:
    if line.market_value is None or not line.is_fresh:
        raise NotMeasurable(f"{line.code} has no fresh price, so the worst case is not known.")
    return Position(
        line.code, line.market_value, line.lending_haircut, shocks[SHOCKS[Kind(line.kind)].name]
    )


def _plain(value: Decimal) -> str:
    """Without idle zeros or an exponent."""
    return f"{value.normalize():f}" if value else "0"
