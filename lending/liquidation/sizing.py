"""
How much collateral a sale must sell, and of which asset first. Pure.

Of an asset worth x sold, `net` x = (1 - cost) x repays debt and (1 - haircut) x leaves the margin
value. The target holds when debt - net x <= target x (margin value - (1 - haircut) x). All money is
HKD; `margin_value` includes the client's cash; haircuts, costs and levels are fractions of one;
units are rounded up to the lot, because a hair too little leaves the account short.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from collateral.amounts import EXACT, NOTHING, NotAnAmount, quotient_up, round_down


@dataclass(frozen=True, slots=True)
class Offer:
    """
    An asset that could be sold.

    - `units` held; `sellable`: how many may be sold now, None for all, 0 where its market is shut,
      less than all where the venue is too thin for more.
    - `price` HKD for one unit; `haircut` the lending haircut; `cost` of the sale: fees, half of
      the spread and impact; `lot` the smallest quantity its market trades.

    :raises NotAnAmount: a number is outside its bounds
    """

    asset: str
    units: Decimal
    price: Decimal
    haircut: Decimal
    cost: Decimal
    lot: Decimal
    sellable: Decimal | None = None

    def __post_init__(self):
        if not self.units >= 0:
            raise NotAnAmount(f"{self.units} units of {self.asset}")
        if not self.price > 0:
            raise NotAnAmount(f"a price of {self.price} for {self.asset}")
        if not 0 <= self.haircut <= 1:
            raise NotAnAmount(f"a haircut of {self.haircut} on {self.asset}")
        if not 0 <= self.cost < 1:
            raise NotAnAmount(f"a cost of {self.cost} of what is sold of {self.asset}")

    @property
    def available(self) -> Decimal:
        """What may be sold now: whole lots, or all that is held, odd lots included."""
        if self.sellable is None or self.sellable >= self.units:
            return self.units
        return round_down(self.sellable, self.lot)


@dataclass(frozen=True, slots=True)
class Sale:
    """So many units of an asset to sell; its value at the price, and what of that it costs."""

    asset: str
    units: Decimal
    value: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class SalePlan:
    """
    What to sell, in order.

    - `closes_out`: the target is out of reach even with everything held, so everything goes.
    - `reaches_target`: it holds after these sales at these prices and costs. Where neither is
      true the rest waits for a market that is shut or thin now.
    - `debt_after` (below zero: a surplus of the client's) and `margin_value_after`: exact.
    """

    sales: tuple[Sale, ...]
    closes_out: bool
    reaches_target: bool
    debt_after: Decimal
    margin_value_after: Decimal


def sale_to_target(
    offer: Offer, *, debt: Decimal, margin_value: Decimal, target: Decimal
) -> Decimal:
    """
    The least units of one asset whose sale brings debt to `target` x margin value or to nothing.

    x = (debt - target x margin value) / relief, at most debt / net, over the price; rounded up to
    the lot, at most what is available.

    - 0 where the target holds already. All that is available, odd lots included, where less does
      not do; the target may then still not hold.
    - Where selling does not help (see `helps`) only the whole debt ends it: debt / net.

    Source: domain/liquidation.md 5.3, regulation E14.
    """
    with localcontext(EXACT):
        excess = debt - target * margin_value
        if debt <= 0 or excess <= 0:
            return NOTHING
        needed = _units_that_repay(debt, offer)
        relief = relief_of(offer, target=target)
        if relief > 0:
            needed = min(needed, quotient_up(excess, relief * offer.price, offer.lot))
        return min(needed, offer.available)


def sale_to_cure(
    offer: Offer,
    *,
    debt: Decimal,
    margin_value: Decimal,
    credit_limit: Decimal,
    policy_amount: Decimal | None,
    level: Decimal,
) -> Decimal | None:
    """
    The least units of one asset that the client may sell so that the account is cured.

    As `sale_to_target` to `level` (the cure level, at most one), and enough to come within the
    credit limit and the policy amount too. None where all that is available does not cure.

    Source: domain/liquidation.md 5.3, regulation E2.
    """
    with localcontext(EXACT):
        ceiling = credit_limit if policy_amount is None else min(credit_limit, policy_amount)
        to_level = sale_to_target(offer, debt=debt, margin_value=margin_value, target=level)
        to_limit = _units_that_repay(max(NOTHING, debt - ceiling), offer)
        for units in (max(to_level, to_limit), _units_that_repay(debt, offer)):
            sale = _sale(offer, min(units, offer.available))
            debt_after, margin_value_after = _after(sale, offer, debt, margin_value)
            if debt_after <= max(NOTHING, min(level * margin_value_after, ceiling)):
                return sale.units
    return None


def relief_of(offer: Offer, *, target: Decimal) -> Decimal:
    """
    How much nearer to the target one dollar of the asset sold brings the account, in dollars.

    (1 - cost) - target x (1 - haircut), exact; at or below zero selling it never gets there.

    Source: domain/liquidation.md 5.5.
    """
    with localcontext(EXACT):
        return (1 - offer.cost) - target * (1 - offer.haircut)


def helps(offer: Offer, *, debt: Decimal, margin_value: Decimal) -> bool:
    """
    Selling this asset does not raise the usage: net x margin value >= debt x (1 - haircut).

    Where it does, selling part of it makes the account worse. On the line itself the usage stays
    as it is while the debt goes down. An asset that carries no margin value always helps.

    Source: domain/liquidation.md 5.3, net / (1 - haircut) against usage, as products.
    """
    with localcontext(EXACT):
        return (1 - offer.cost) * margin_value >= debt * (1 - offer.haircut)


def plan(
    offers: Iterable[Offer], *, debt: Decimal, margin_value: Decimal, target: Decimal
) -> SalePlan:
    """
    What to sell of several assets so that debt <= `target` x margin value.

    Always the next asset that helps and costs least for the relief it brings (cost / relief), as
    much of it as may be sold now and no more than the target needs; where all help, this is the
    cheapest way there. An asset that would make the ratio worse waits until it helps, unless the
    whole pool cannot reach the target: then all that may be sold is sold, those that help first,
    the others by cost.

    - Of equals the first given goes first, so give `offers` in a fixed order.
    - No sales where the target holds. Cash in the account is the caller's to apply first.
    - Meant to be made again before each slice, with fresh prices.

    Source: domain/liquidation.md 5.3 and 5.5.
    """
    left = list(offers)
    closes_out = not _is_in_reach(left, debt, margin_value, target)
    sales = []
    with localcontext(EXACT):
        left = [offer for offer in left if offer.available > 0]
        while left and debt > max(NOTHING, target * margin_value):
            offer = min(left, key=lambda offer: _rank(offer, debt, margin_value, target))
            if not closes_out and not helps(offer, debt=debt, margin_value=margin_value):
                break
            left.remove(offer)
            units = sale_to_target(offer, debt=debt, margin_value=margin_value, target=target)
            sales.append(_sale(offer, units))
            debt, margin_value = _after(sales[-1], offer, debt, margin_value)
        reaches_target = debt <= max(NOTHING, target * margin_value)
    return SalePlan(tuple(sales), closes_out, reaches_target, debt, margin_value)


def _units_that_repay(amount: Decimal, offer: Offer) -> Decimal:
    """Units whose proceeds, less the cost of selling them, come to the amount; up to the lot."""
    with localcontext(EXACT):
        return quotient_up(amount, (1 - offer.cost) * offer.price, offer.lot)


def _sale(offer: Offer, units: Decimal) -> Sale:
    with localcontext(EXACT):
        value = units * offer.price
        return Sale(offer.asset, units, value, value * offer.cost)


def _after(
    sale: Sale, offer: Offer, debt: Decimal, margin_value: Decimal
) -> tuple[Decimal, Decimal]:
    """Debt and margin value once the sale has been made at its price and cost."""
    with localcontext(EXACT):
        repaid = sale.value - sale.cost
        return debt - repaid, margin_value - (1 - offer.haircut) * sale.value


def _rank(
    offer: Offer, debt: Decimal, margin_value: Decimal, target: Decimal
) -> tuple[bool, Fraction]:
    """Those that help before the others; of the first by cost / relief, of the others by cost."""
    if not helps(offer, debt=debt, margin_value=margin_value):
        return True, Fraction(offer.cost)
    return False, Fraction(offer.cost) / Fraction(relief_of(offer, target=target))


def _is_in_reach(
    offers: Iterable[Offer], debt: Decimal, margin_value: Decimal, target: Decimal
) -> bool:
    """All of every asset that brings relief, sold at these prices, makes good the excess."""
    with localcontext(EXACT):
        most = NOTHING
        for offer in offers:
            relief = max(NOTHING, relief_of(offer, target=target))
            most += relief * offer.units * offer.price
        return debt <= 0 or debt - target * margin_value <= most
