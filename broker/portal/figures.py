"""
What the pages say of one reading, and of the same account after an act. Pure but for its inputs.

Money is HKD; ratios are fractions of one. Nothing here decides a step, and no figure looks better
than what it stands for.
"""

from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from broker.portal.gauge import Gauge, gauge_of
from broker.templatetags.harbour import OVER_THE_LINE, SAFE, WATCH, Zone, zone_of
from collateral.amounts import CENT, EXACT, NOTHING, quotient_up, round_up
from lending.loans.draw import power_of
from lending.margin.account import MarginAccount
from lending.margin.bands import Levels, Limit, is_cured, mta_of
from lending.margin.cure import cash_to_cure
from lending.margin.ratios import DrawingPower, drawing_power, headroom, margin_usage
from lending.margin.readings import Reading
from lending.margin.triggers import RATIO_STEP, market_fall

LINE_NAMES = {
    Limit.COLLATERAL: "call",
    Limit.CREDIT_LIMIT: "credit limit",
    Limit.POLICY_AMOUNT: "policy limit",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """
    - `room`: what may still be owed before the limit amount is reached; `fall`: how far the market
      may fall before the collateral no longer covers the debt, None where no fall reaches it.
    - `rise`: how far prices must rise to cure, None where no rise does.
    - `to_warn`: the cash that brings usage down to the warn level.
    - `power`, `recommended`: what may be drawn to the draw level and to the recommended one.
    - `stopped`: why nothing may be drawn, in the client's words; None where it may.
    """

    usage: Decimal | None
    gauge: Gauge | None
    room: Decimal
    fall: Decimal | None
    rise: Decimal | None
    to_warn: Decimal
    minimum_transfer: Decimal
    power: DrawingPower
    recommended: Decimal
    stopped: str | None


def figures_of(account: MarginAccount, reading: Reading, *, stopped: str | None) -> Figures:
    """Every figure of a priced `reading` of `account`; `stopped` is why nothing may be drawn."""
    levels = account.terms.levels
    usage = margin_usage(reading.debt, reading.margin_value)
    with localcontext(EXACT):
        moving = reading.margin_value - reading.cash
    nothing = DrawingPower(NOTHING, power_of(account, reading).limit)
    return Figures(
        usage=usage,
        gauge=usage is not None and _gauge(reading, usage, levels) or None,
        room=headroom(limit_amount=reading.limit_amount, debt=reading.debt),
        fall=market_fall(
            debt=reading.debt, value=reading.margin_value, level=Decimal(1), moving=moving
        ),
        rise=_rise_to_cure(reading, moving, levels),
        to_warn=cash_to_cure(**owed_and_limits(reading), level=levels.warn),
        minimum_transfer=mta_of(reading.debt, levels),
        power=nothing if stopped else power_of(account, reading),
        recommended=NOTHING if stopped else _recommended(reading, moving, levels),
        stopped=stopped,
    )


def owed_and_limits(reading: Reading) -> dict[str, Decimal | None]:
    """What the arithmetic of cures and bands asks of a reading."""
    return {
        "debt": reading.debt,
        "margin_value": reading.margin_value,
        "credit_limit": reading.credit_limit,
        "policy_amount": reading.policy_amount,
    }


# --- After an act -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class After:
    """
    The account as it would stand. `cured` is None where no call is open; `still_to_cure` is the
    cash that would then be missing.
    """

    debt: Decimal
    cash: Decimal
    usage: Decimal | None
    zone: Zone
    cured: bool | None
    still_to_cure: Decimal


def after_repaying(
    account: MarginAccount, reading: Reading, amount: Decimal, *, from_cash: bool = False
) -> After:
    """
    What `amount` does. Beyond the debt it stays the client's cash, and as such still counts.

    `from_cash`: paid with cash that lies in the account and counts there already.
    """
    with localcontext(EXACT):
        met = min(amount, round_up(reading.debt, CENT))
        cash = reading.cash - met if from_cash else reading.cash + amount - met
        change = cash - reading.cash
        debt = max(NOTHING, reading.debt - amount)
        margin_value = reading.margin_value + change
    return _after(account, reading, debt=debt, cash=cash, margin_value=margin_value)


def after_drawing(
    account: MarginAccount, reading: Reading, amount: Decimal, *, lends: Decimal
) -> After:
    """
    What drawing `amount` does, where what it brings into the account lends `lends`, HKD: the
    amount itself while it is cash, less when it buys something.
    """
    with localcontext(EXACT):
        debt = reading.debt + amount
        margin_value = reading.margin_value + lends
    return _after(account, reading, debt=debt, cash=reading.cash, margin_value=margin_value)


def _after(
    account: MarginAccount, reading: Reading, *, debt: Decimal, cash: Decimal, margin_value: Decimal
) -> After:
    """An account in call stays in it until it is cured; any other is where its debt puts it."""
    levels = account.terms.levels
    then = replace(reading, debt=debt, cash=cash, margin_value=margin_value)
    with localcontext(EXACT):
        thin = debt > levels.warn * margin_value
    zone = OVER_THE_LINE if then.shortfall else WATCH if thin else SAFE
    cured = is_cured(**owed_and_limits(then), levels=levels) if reading.call_id else None
    return After(
        debt=debt,
        cash=cash,
        usage=margin_usage(debt, margin_value),
        zone=zone_of(reading) if cured is False else zone,
        cured=cured,
        still_to_cure=cash_to_cure(**owed_and_limits(then), level=levels.cure),
    )


def _gauge(reading: Reading, usage: Decimal, levels: Levels) -> Gauge | None:
    if not reading.margin_value:
        return None
    with localcontext() as context:
        context.prec = 12
        return gauge_of(
            usage,
            warn=levels.warn,
            call=reading.limit_amount / reading.margin_value,
            hard=reading.liquidation_value / reading.margin_value,
            limit_name=LINE_NAMES[reading.binding],
        )


def _recommended(reading: Reading, without_cash: Decimal, levels: Levels) -> Decimal:
    return drawing_power(
        debt=reading.debt,
        margin_value_without_cash=without_cash,
        credit_limit=reading.credit_limit,
        policy_amount=reading.policy_amount,
        level=levels.recommended,
    ).amount


def _rise_to_cure(reading: Reading, moving: Decimal, levels: Levels) -> Decimal | None:
    """
    How far all prices must rise until debt <= cure level x margin value: a fraction, rounded up.

    None where it is cured already, where nothing would rise, and where no price helps because
    the credit limit or the policy amount is exceeded.
    """
    ceiling = reading.credit_limit
    if reading.policy_amount is not None:
        ceiling = min(ceiling, reading.policy_amount)
    with localcontext(EXACT):
        missing = reading.debt - levels.cure * reading.margin_value
        if missing <= 0 or moving <= 0 or reading.debt > ceiling:
            return None
        return quotient_up(missing, levels.cure * moving, RATIO_STEP)
