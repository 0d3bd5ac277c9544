"""What trading a size gives up against the middle, and the largest size within a cap. Pure."""

from decimal import Context, Decimal, localcontext

from collateral.amounts import CENT, EXACT, NOTHING, NotAnAmount, quotient_down, round_up

IMPACT_STEP = Decimal("0.0000000001")
IMPACT_DIGITS = 50  # Enough for the root to be right to the last place of IMPACT_STEP.


def impact(
    value: Decimal, *, half_spread: Decimal, y: Decimal, sigma: Decimal, adv: Decimal
) -> Decimal:
    """
    What a market order of `value` gives up against the middle: half_spread + y sigma root(value /
    adv), a fraction of one, rounded up to ten places.

    - `value` HKD, >= 0; `sigma` the stressed move of a day, a fraction; `adv` the venue's average
      daily volume in HKD, above zero; `y` a number near one, fitted to the venue.

    Source: domain/liquidation.md 5.6 (the square-root law).

    :raises NotAnAmount: `value` is negative or `adv` not positive
    """
    if value < 0 or adv <= 0:
        raise NotAnAmount(f"a sale of {value} at {adv} a day")
    with localcontext(Context(prec=IMPACT_DIGITS)):
        given_up = half_spread + y * sigma * (value / adv).sqrt()
    return round_up(given_up, IMPACT_STEP)


def largest_slice(
    *, cap: Decimal, half_spread: Decimal, y: Decimal, sigma: Decimal, adv: Decimal
) -> Decimal:
    """
    The greatest value whose impact stays within `cap`: adv x ((cap - half_spread) / (y sigma))^2.

    HKD, rounded down to the cent; 0 where the half spread alone is past the cap. Arguments as
    `impact`.

    Source: domain/liquidation.md 5.6.

    :raises NotAnAmount: `y`, `sigma` or `adv` is not positive
    """
    with localcontext(EXACT):
        if adv <= 0:
            raise NotAnAmount(f"a volume of {adv} a day")
        if cap <= half_spread:
            return NOTHING
        return quotient_down(adv * (cap - half_spread) ** 2, (y * sigma) ** 2, CENT)
