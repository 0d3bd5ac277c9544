"""The house's margin levels, as its policy states them, for tests of the arithmetic."""

from datetime import timedelta
from decimal import Decimal

from lending.margin.bands import Levels

HOUSE = Levels(
    warn=Decimal("0.90"),
    calm=Decimal("0.88"),
    cure=Decimal("0.95"),
    draw=Decimal("0.85"),
    recommended=Decimal("0.70"),
    target=Decimal("0.95"),
    mta_amount=Decimal(100_000),
    mta_fraction=Decimal("0.01"),
    hard_confirm=timedelta(seconds=20),
)
