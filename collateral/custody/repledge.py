"""
Re-pledging of clients' securities: off until it is switched on, and of virtual assets never.

The register of what was pledged on, which the database lets nobody fill while the switch is off
(`repledge_while_switched_on`), of anything but shares (`repledge_of_securities_alone`, VAF-16) or
without the client's standing authority (`repledge_under_an_authority`, CSR-5). The limit of 140% of
the margin loans is computed whether or not anything is pledged on (CSR-6).
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from collateral.amounts import CENT, EXACT, NOTHING, quotient_up, round_down, round_up
from collateral.assets import Asset
from collateral.custody.pool import Pool
from collateral.fields import UnitsField

LIMIT = Decimal("1.40")
RATIO_STEP = Decimal("0.0001")


class Repledge(models.Model):
    """Units of one client's share that a lender of ours holds as security, until taken back."""

    pool = models.ForeignKey(Pool, models.PROTECT, related_name="+")
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    units = UnitsField()
    lender = models.CharField(max_length=120)
    reference = models.CharField(max_length=60)
    pledged_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True, blank=True)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(units__gt=0), name="repledge_units_positive"),
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="repledge_maker_is_not_checker"
            ),
        ]

    def __str__(self):
        return f"{self.units} {self.asset} with {self.lender}"


@dataclass(frozen=True, slots=True)
class RepledgeTest:
    """HKD. `ratio` is None where nothing is lent; `take_back` is at market value, of that day."""

    loans: Decimal
    repledged: Decimal
    limit: Decimal
    ratio: Decimal | None
    take_back: Decimal

    @property
    def is_within(self) -> bool:
        return self.take_back == 0


def repledge_test(*, loans: Decimal, repledged: Decimal) -> RepledgeTest:
    """
    What is pledged on against 140% of the margin loans, both of one day and not negative.

    The limit is rounded down to the cent, what must come back up; the ratio up to four places.
    Source: CSR-6, Cap. 571H s.8A; worked example E10.
    """
    with localcontext(EXACT):
        exact = LIMIT * loans
        over = max(NOTHING, repledged - exact)
        ratio = quotient_up(repledged, loans, RATIO_STEP) if loans else None
        return RepledgeTest(loans, repledged, round_down(exact, CENT), ratio, round_up(over, CENT))
