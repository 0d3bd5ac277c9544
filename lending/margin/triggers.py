"""
How far prices are from a level: for one asset alone, and for all together. Pure.

A level is broken when debt > level x value, where value is the margin value for the warning (0.90)
and the call (1), the liquidation value for the hard line (1), the market value for the suspension
of advances (1). The minimum transfer amount is left out, so a call comes a little later than shown.
"""

from decimal import Decimal, localcontext

from collateral.amounts import EXACT, quotient_down, quotient_up

PRICE_STEP = Decimal("0.0000000001")  # The places a price is stored with.
RATIO_STEP = Decimal("0.000001")


def trigger_price(
    *,
    debt: Decimal,
    value: Decimal,
    units: Decimal,
    price: Decimal,
    haircut: Decimal,
    level: Decimal,
    step: Decimal = PRICE_STEP,
) -> Decimal | None:
    """
    The price of one asset below which the level is broken, every other price standing still.

    (debt / level - value of the others) / (units x (1 - haircut)), rounded up to `step`.

    - `value` of the whole pool, this asset and cash included, after the haircut of the level's
      kind; `haircut` of this asset, of that kind; `units` of it held; `price` HKD today.
    - None where this asset alone never breaks it: the others suffice, or it adds nothing.
    - At or above today's price where the level is broken already.

    Source: domain/liquidation.md 5.12. In a mixed pool it misleads: see `market_fall`.
    """
    with localcontext(EXACT):
        weight = level * units * (1 - haircut)
        uncovered = debt - level * (value - units * price * (1 - haircut))
        if uncovered <= 0 or weight <= 0:
            return None
        return quotient_up(uncovered, weight, step)


def market_fall(
    *,
    debt: Decimal,
    value: Decimal,
    level: Decimal,
    moving: Decimal | None = None,
) -> Decimal | None:
    """
    How far the market must fall for the level to be reached: a fraction of today's prices.

    (value - debt / level) / moving, rounded down to six places; any fall beyond it breaks the
    level. `moving` is what of `value` a whole fall would take: all of it where none is given; the
    value less cash where cash lies in the account; sum of beta x value where assets move by betas.

    - 0 where the level is reached or broken already.
    - None where no fall short of the whole reaches it: nothing is owed, or what does not move
      suffices.

    Source: domain/liquidation.md 5.12, regulation E5, glossary G3.
    """
    with localcontext(EXACT):
        room = level * value - debt
        whole_fall = level * (value if moving is None else moving)
        if room <= 0 and debt > 0:
            return Decimal(0)
        if room >= whole_fall:
            return None
        return quotient_down(room, whole_fall, RATIO_STEP)
