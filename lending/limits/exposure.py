"""What a client has in virtual assets, in all accounts together, at market."""

from datetime import datetime
from decimal import Decimal, localcontext

from collateral.amounts import EXACT, NOTHING
from collateral.assets import Kind
from collateral.custody.pool import Pool
from collateral.valuation.pools import pool_lines
from onboarding.clients import Client
from onboarding.investors.exemptions import Exemption, exemptions
from onboarding.payloads import today


def va_exposure(client_id: int, *, now: datetime) -> Decimal:
    """HKD at the last agreed prices, before any haircut. What was never priced counts nothing."""
    pools = Pool.objects.filter(client_id=client_id).values_list("pk", flat=True)
    lines = [line for held in pool_lines(pools, now=now).values() for line in held]
    with localcontext(EXACT):
        return sum(
            (line.market_value or NOTHING for line in lines if line.kind == Kind.VA), NOTHING
        )


def is_exempt(client: Client, *, now: datetime) -> bool:
    """
    Whether status exempts from the net-worth check: institutional, or a corporate that is qualified
    for virtual assets. Derived from the status, and set by nobody (PI-13).
    """
    return Exemption.NET_WORTH in exemptions(client, on=today(now))
