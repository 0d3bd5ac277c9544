"""
What the client can bear: the worst case against liquid net worth, and virtual assets against all.

Pure. Money is HKD; products are compared and never quotients.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext

_DIGITS = 60


@dataclass(frozen=True, slots=True)
class Affordability:
    """
    The stressed shortfall beside the verified liquid net worth that would have to meet it.

    Source: JC-3 (23EC67 paragraph 14).
    """

    stressed_shortfall: Decimal
    liquid_net_worth: Decimal

    @property
    def passes(self) -> bool:
        """A client whose debts of the year exceed what is liquid meets no obligation at all."""
        return self.stressed_shortfall <= self.liquid_net_worth

    @property
    def short_by(self) -> Decimal:
        """What would be missing; nothing where it passes."""
        with localcontext(prec=_DIGITS):
            return max(Decimal(0), self.stressed_shortfall - self.liquid_net_worth)


def is_reasonable(*, exposure: Decimal, net_worth: Decimal, ratio: Decimal) -> bool:
    """
    Whether all that a client holds in virtual assets is a reasonable part of net worth.

    - `exposure`: market value, before any haircut; `net_worth`: verified, after discounts.
    - `ratio`: the house's, a fraction of one. A net worth of nothing bears nothing.

    Source: JC-2, JC-12.
    """
    with localcontext(prec=_DIGITS):
        return exposure <= ratio * max(Decimal(0), net_worth)
