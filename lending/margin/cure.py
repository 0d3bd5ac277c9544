"""
What cures a margin call: so much cash, or so many units of an asset pledged. Pure.

An account is cured when debt is at or under `level` (the cure level) x margin value, and within
credit limit and policy amount (`bands.is_cured`). All money is HKD; the margin value includes the
client's cash in the account. The client's own sale as a cure is in `liquidation/sizing.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext

from collateral.amounts import CENT, EXACT, NOTHING, quotient_up, round_up
from lending.margin.bands import Levels, limit_amount_of

CALL_STEP = Decimal(1000)  # HKD. A call asks for a round sum above the bare amount.


@dataclass(frozen=True, slots=True)
class TopUp:
    """An asset that may be pledged: HKD for one unit, its lending haircut, its smallest step."""

    asset: str
    price: Decimal
    lending_haircut: Decimal
    step: Decimal


@dataclass(frozen=True, slots=True)
class Cure:
    """
    What is asked of the client.

    - `cash`: the least repayment that cures, to the cent; `call_amount`: what the call asks for,
      the same rounded up to 1,000, but never more than is owed.
    - `cash_out_of_warning`: the repayment down to the warn level, shown beside it.
    - `units`: by asset, the least that cures when pledged; None where no pledge of it does.
    - `only_repayment_cures`: the credit limit or the policy amount is exceeded.
    """

    cash: Decimal
    call_amount: Decimal
    cash_out_of_warning: Decimal
    units: dict[str, Decimal | None]
    only_repayment_cures: bool


def cure_of(
    *,
    debt: Decimal,
    margin_value: Decimal,
    credit_limit: Decimal,
    policy_amount: Decimal | None,
    levels: Levels,
    top_ups: Iterable[TopUp],
) -> Cure:
    """Every way to cure the account as it stands; all amounts are 0 where it is cured."""
    owed = {
        "debt": debt,
        "margin_value": margin_value,
        "credit_limit": credit_limit,
        "policy_amount": policy_amount,
    }
    cash = cash_to_cure(**owed, level=levels.cure)
    return Cure(
        cash=cash,
        call_amount=call_amount_of(cash, debt=debt),
        cash_out_of_warning=cash_to_cure(**owed, level=levels.warn),
        units={
            top_up.asset: units_to_cure(
                **owed,
                level=levels.cure,
                price=top_up.price,
                lending_haircut=top_up.lending_haircut,
                step=top_up.step,
            )
            for top_up in top_ups
        },
        only_repayment_cures=only_repayment_cures(
            debt=debt, credit_limit=credit_limit, policy_amount=policy_amount
        ),
    )


def cash_to_cure(
    *,
    debt: Decimal,
    margin_value: Decimal,
    credit_limit: Decimal,
    policy_amount: Decimal | None,
    level: Decimal,
) -> Decimal:
    """
    The least repayment after which debt <= `level` x margin value and debt <= limit amount.

    Rounded up to the cent, so it may pass a debt that has a fraction of a cent by less than one.
    It is money from outside: cash that lies in the account already counts in the margin value.

    Source: domain/liquidation.md 5.1 and 5.11; SMF-41.
    """
    limit_amount = limit_amount_of(
        margin_value=margin_value, credit_limit=credit_limit, policy_amount=policy_amount
    )
    with localcontext(EXACT):
        allowed = min(level * margin_value, limit_amount)
        return round_up(max(NOTHING, debt - allowed), CENT)


def call_amount_of(cash: Decimal, *, debt: Decimal) -> Decimal:
    """What a call asks for: `cash` rounded up to HKD 1,000, or the whole debt where that is less.

    Source: domain/liquidation.md 5.10.
    """
    return min(round_up(cash, CALL_STEP), round_up(debt, CENT))


def units_to_cure(
    *,
    debt: Decimal,
    margin_value: Decimal,
    credit_limit: Decimal,
    policy_amount: Decimal | None,
    level: Decimal,
    price: Decimal,
    lending_haircut: Decimal,
    step: Decimal,
) -> Decimal | None:
    """
    The least units of one asset that cure when pledged: (debt / level - margin value) / (price x
    (1 - haircut)), rounded up to `step`.

    0 where the account is cured. None where no pledge of it cures: the credit limit or the policy
    amount is exceeded, so that only repayment does, or the asset lends nothing.

    - 0 < `level` <= 1; `price` HKD for one unit, above zero.

    Source: domain/liquidation.md 5.11, regulation E2 and E3.
    """
    if only_repayment_cures(debt=debt, credit_limit=credit_limit, policy_amount=policy_amount):
        return None
    with localcontext(EXACT):
        missing = debt - level * margin_value
        if missing <= 0:
            return NOTHING
        one_unit_adds = level * price * (1 - lending_haircut)
        return quotient_up(missing, one_unit_adds, step) if one_unit_adds > 0 else None


def only_repayment_cures(
    *, debt: Decimal, credit_limit: Decimal, policy_amount: Decimal | None
) -> bool:
    """More is owed than the credit limit or the policy amount: collateral cannot help (E3)."""
    return debt > credit_limit or (policy_amount is not None and debt > policy_amount)
