"""
Where an account stands at given prices: its shortfall, and the band that decides the next step.

Pure: no clock, no database. `readings.sql` says the same for the whole book. Both compare
products and never quotients, so the two agree to the last digit and nothing divides by zero.
All money is HKD; `debt` includes interest accrued and not yet posted (VAF-14); `margin_value` and
`liquidation_value` include the client's cash in the account. `policy_amount` is None where the
lending policy sets no amount of its own.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, localcontext
from enum import StrEnum

from collateral.amounts import EXACT, NOTHING


class Band(StrEnum):
    """What one reading says of an account; the policy turns it into a step."""

    COVERED = "covered"
    WARN = "warn"
    HELD = "held"  # In call, no longer short enough to call, and not cured yet.
    CALL = "call"
    ACCELERATED = "accelerated"
    LAPSED = "lapsed"  # The deadline passed on a shortfall too small to sell for.
    OVERDUE = "overdue"
    HARD = "hard"


class Standing(StrEnum):
    """How the account stood before the reading: its state, and its open call if it has one."""

    HEALTHY = "healthy"
    WARNED = "warned"
    CALLED = "called"
    ACCELERATED = "accelerated"
    OVERDUE = "overdue"
    LIQUIDATING = "liquidating"
    IN_DEFICIT = "in_deficit"
    CLOSED = "closed"


IN_CALL = frozenset({Standing.CALLED, Standing.ACCELERATED, Standing.OVERDUE, Standing.LIQUIDATING})
AWAITING_CURE = frozenset({Standing.CALLED, Standing.ACCELERATED})


class Limit(StrEnum):
    """Which of the three amounts of SMF-41 is the smallest."""

    COLLATERAL = "collateral"
    CREDIT_LIMIT = "credit_limit"
    POLICY_AMOUNT = "policy_amount"


@dataclass(frozen=True, slots=True)
class Levels:
    """
    The levels of a margin relation. Ratios are fractions of one: debt over margin value.

    calm < warn <= cure; a warning begins above `warn` and ends at or below `calm`, a call begins
    on a shortfall above the minimum transfer amount and ends at or below `cure`.
    """

    warn: Decimal
    calm: Decimal
    cure: Decimal
    draw: Decimal
    recommended: Decimal
    target: Decimal  # Where a forced sale stops.
    mta_amount: Decimal  # HKD.
    mta_fraction: Decimal  # Of the debt.
    hard_confirm: timedelta  # How long a mark past the hard line stands before it sells.


def limit_amount_of(
    *, margin_value: Decimal, credit_limit: Decimal, policy_amount: Decimal | None
) -> Decimal:
    """What may be owed at most: the smallest of the three amounts of SMF-41."""
    if policy_amount is None:
        return min(margin_value, credit_limit)
    return min(margin_value, credit_limit, policy_amount)


def shortfall_of(
    *,
    debt: Decimal,
    margin_value: Decimal,
    credit_limit: Decimal,
    policy_amount: Decimal | None,
) -> Decimal:
    """The margin shortfall of SMF-41: what is owed beyond the limit amount. Exact, never < 0."""
    limit_amount = limit_amount_of(
        margin_value=margin_value, credit_limit=credit_limit, policy_amount=policy_amount
    )
    with localcontext(EXACT):
        return max(NOTHING, debt - limit_amount)


def collateral_shortfall_of(*, debt: Decimal, margin_value: Decimal) -> Decimal:
    """What is owed beyond the margin value alone: the only shortfall that a sale is for."""
    with localcontext(EXACT):
        return max(NOTHING, debt - margin_value)


def mta_of(debt: Decimal, levels: Levels) -> Decimal:
    """The minimum transfer amount: a shortfall up to and including it is not called (SMF-41)."""
    with localcontext(EXACT):
        return min(levels.mta_amount, levels.mta_fraction * debt)


def is_cured(
    *,
    debt: Decimal,
    margin_value: Decimal,
    credit_limit: Decimal,
    policy_amount: Decimal | None,
    levels: Levels,
) -> bool:
    """A call ends at the cure level of the margin value, and within the limit amount."""
    limit_amount = limit_amount_of(
        margin_value=margin_value, credit_limit=credit_limit, policy_amount=policy_amount
    )
    with localcontext(EXACT):
        return debt <= levels.cure * margin_value and debt <= limit_amount


def is_past_hard_line(*, debt: Decimal, liquidation_value: Decimal | None) -> bool:
    """More is owed than the pool after its liquidation haircuts; an unpriced pool is not past."""
    return liquidation_value is not None and debt > liquidation_value


def is_underwater(*, debt: Decimal, market_value: Decimal | None) -> bool:
    """
    More is owed than the collateral is worth at market: no advance, no purchase, no waiver.

    An unpriced pool is not underwater; nothing is advanced on it either. Source: VAF-17, SMF-45,
    SMF-46.
    """
    return market_value is not None and debt > market_value


def band_of(
    *,
    debt: Decimal,
    margin_value: Decimal | None,
    liquidation_value: Decimal | None,
    credit_limit: Decimal,
    policy_amount: Decimal | None,
    standing: Standing,
    call_due: bool,
    hard_confirmed: bool,
    levels: Levels,
) -> Band | None:
    """
    The band of one reading: the first that holds of the list below, or None where unpriced.

    - `margin_value` and `liquidation_value` are None together, where a pledged asset has no
      fresh price: such a reading moves nobody.
    - `call_due`: the open call's deadline has come.
    - `hard_confirmed`: the account's mark past the hard line is at least `levels.hard_confirm`
      old, so that a single wick sells nobody.

    1. hard: past the hard line, confirmed.
    2. At the deadline of a call: overdue if collateral is short by more than the minimum transfer
       amount, else lapsed unless cured. A credit limit that binds never sells collateral.
    3. held: an overdue account no longer short by more than that, and not cured.
    4. Short by more than the minimum transfer amount: accelerated once the debt is more than
       three quarters of the way from the margin value to the hard line, else call.
    5. held: any other account in call that is not cured.
    6. warn, from the warn level up, or from the calm level up for who is warned already.
    7. covered.

    Source: SMF-41, VAF-10, VAF-17; the levels are the house's.
    """
    if margin_value is None or liquidation_value is None:
        return None
    limits = {"credit_limit": credit_limit, "policy_amount": policy_amount}
    mta = mta_of(debt, levels)
    collateral_is_short = collateral_shortfall_of(debt=debt, margin_value=margin_value) > mta
    is_short = shortfall_of(debt=debt, margin_value=margin_value, **limits) > mta
    cured = is_cured(debt=debt, margin_value=margin_value, **limits, levels=levels)

    if hard_confirmed and is_past_hard_line(debt=debt, liquidation_value=liquidation_value):
        return Band.HARD
    if standing in AWAITING_CURE and call_due:
        if collateral_is_short:
            return Band.OVERDUE
        if not cured:
            return Band.LAPSED
    if standing == Standing.OVERDUE and not cured and not collateral_is_short:
        return Band.HELD
    if is_short:
        accelerated = _is_near_hard_line(debt, margin_value, liquidation_value)
        return Band.ACCELERATED if accelerated else Band.CALL
    if standing in IN_CALL and not cured:
        return Band.HELD
    return Band.WARN if _is_thin(debt, margin_value, standing, levels) else Band.COVERED


def _is_near_hard_line(debt: Decimal, margin_value: Decimal, liquidation_value: Decimal) -> bool:
    """Owes more than the margin value and three quarters of the way from there to the line."""
    with localcontext(EXACT):
        return 4 * debt > margin_value + 3 * liquidation_value


def _is_thin(debt: Decimal, margin_value: Decimal, standing: Standing, levels: Levels) -> bool:
    level = levels.calm if standing == Standing.WARNED else levels.warn
    with localcontext(EXACT):
        return debt > level * margin_value
