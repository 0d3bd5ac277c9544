"""
What pledged assets are worth at given prices: at market, to lend on, and at the hard line. Pure.

`pools.sql` says the same for the whole book; the two agree to the last digit, because both only
add and multiply.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext

from collateral.amounts import EXACT, NOTHING, NotAnAmount


@dataclass(frozen=True, slots=True)
class Line:
    """
    So many units of one pledged asset, what one of them costs, and what is cut from the value.

    - `units` >= 0. `price` in HKD for one unit, above zero; None where there is no fresh one.
    - The haircuts are fractions of one, from 0 to 1; 1 for what lends nothing.

    :raises NotAnAmount: a number is outside these bounds
    """

    asset: str
    units: Decimal
    price: Decimal | None
    lending_haircut: Decimal
    liquidation_haircut: Decimal

    def __post_init__(self):
        if not self.units >= 0:
            raise NotAnAmount(f"{self.units} units of {self.asset}")
        if self.price is not None and not self.price > 0:
            raise NotAnAmount(f"a price of {self.price} for {self.asset}")
        for haircut in (self.lending_haircut, self.liquidation_haircut):
            if not 0 <= haircut <= 1:
                raise NotAnAmount(f"a haircut of {haircut} on {self.asset}")


@dataclass(frozen=True, slots=True)
class Worth:
    """
    HKD, exact: at market, after the lending haircuts, after the liquidation haircuts.

    All three are None together, where a pledged asset has no fresh price; `unpriced` names those
    assets in the order they came.
    """

    market_value: Decimal | None
    margin_value: Decimal | None
    liquidation_value: Decimal | None
    unpriced: tuple[str, ...] = ()

    def with_cash(self, cash: Decimal) -> "Worth":
        """
        The same with the client's own cash in the account, in HKD, at full value in all three.

        A worth that is None stays so.
        """
        if self.unpriced:
            return self
        with localcontext(EXACT):
            return Worth(
                self.market_value + cash,
                self.margin_value + cash,
                self.liquidation_value + cash,
            )


def worth_of(lines: Iterable[Line]) -> Worth:
    """
    The value of each line is units x price, times one less the haircut; a pool is their sum.

    - Exact: nothing is rounded, so keep the result under `EXACT` when reckoning on.
    - A line of no units is ignored, priced or not. No lines are worth nothing, not None.
    - One line without a price makes the whole None: part of a pool must neither call a client nor
      flatter one (VAF-11).

    Source: SMF-41 (margin value), VAF-8 (haircut), domain/liquidation.md 5.1 and 5.2.
    """
    held = [line for line in lines if line.units > 0]
    unpriced = tuple(line.asset for line in held if line.price is None)
    if unpriced:
        return Worth(None, None, None, unpriced)
    market_value = margin_value = liquidation_value = NOTHING
    with localcontext(EXACT):
        for line in held:
            value = line.units * line.price
            market_value += value
            margin_value += value * (1 - line.lending_haircut)
            liquidation_value += value * (1 - line.liquidation_haircut)
    return Worth(market_value, margin_value, liquidation_value)
