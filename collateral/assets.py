"""What may be pledged: the asset, its smallest step, issuer, sector, tier and market."""

from django.db import models
from django.db.models import Q

from collateral.fields import UnitsField


class Kind(models.TextChoices):
    CASH = "cash", "Cash"
    VA = "va", "Virtual asset"
    SHARE = "share", "Listed share"


class Sector(models.TextChoices):
    MONEY = "money", "Money"
    DIGITAL = "digital", "Digital assets"
    FINANCIALS = "financials", "Financials"
    TECHNOLOGY = "technology", "Technology"
    INDEX = "index", "Index fund"
    OTHER = "other", "Other"


class Tier(models.TextChoices):
    """SMF-20: by index membership and FRR haircut."""

    ONE = "1", "Tier 1"
    TWO = "2", "Tier 2"
    OTHER = "other", "Other"


class Market(models.TextChoices):
    ROUND_THE_CLOCK = "24h", "Round the clock"
    XHKG = "XHKG", "Hong Kong stock exchange"


class Asset(models.Model):
    """
    `step` is the smallest quantity there is of it; `lot` the smallest that its market trades.

    An asset lends only while it is `marginable`. Of virtual assets the database lets only BTC
    and ETH be so (VAF-7): changing that list is a migration, and so takes two people.
    """

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=60)
    name_chinese = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    step = UnitsField()
    lot = UnitsField()
    issuer = models.CharField(max_length=60, blank=True)
    sector = models.CharField(max_length=12, choices=Sector.choices)
    tier = models.CharField(max_length=6, choices=Tier.choices)
    market = models.CharField(max_length=4, choices=Market.choices)
    marginable = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind=Kind.VA, marginable=True) | Q(code__in=["BTC", "ETH"]),
                name="asset_va_allow_list_is_btc_and_eth",
            ),
            models.CheckConstraint(condition=Q(step__gt=0), name="asset_step_positive"),
            models.CheckConstraint(
                condition=Q(lot__gte=models.F("step")), name="asset_lot_at_least_a_step"
            ),
        ]

    def __str__(self):
        return self.code

    @property
    def places(self) -> int:
        """Decimal places of the smallest step, as the asset is shown."""
        return max(0, -self.step.normalize().as_tuple().exponent)
