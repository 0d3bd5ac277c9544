"""Benchmark rates: dated, by currency; what a loan costs is the benchmark plus its spread."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from collateral.fields import RatioField

# INT-3: above 36% a year in effect a rate is presumed extortionate, on every loan (INT-4). Posted
# monthly, 31% comes to 35.8% in effect; the house never charges more.
CEILING = Decimal("0.31")


class NoBenchmark(Exception):
    """No benchmark rate is in force for the currency on that day."""


class BenchmarkRate(models.Model):
    """A yearly rate, fraction of one, from a date on. A change is a new row by two people."""

    currency = models.CharField(max_length=3)
    rate = RatioField()
    from_date = models.DateField()
    source = models.CharField(max_length=60)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "from_date"], name="benchmark_dated_once"),
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lt=CEILING), name="benchmark_within_ceiling"
            ),
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="benchmark_maker_is_not_checker"
            ),
        ]

    def __str__(self):
        return f"{self.currency} {self.rate} from {self.from_date}"


def benchmark(currency: str, *, on: date) -> Decimal:
    """
    The benchmark in force on that date, fraction of one.

    :raises NoBenchmark: there is none yet
    """
    rate = (
        BenchmarkRate.objects.filter(currency=currency, from_date__lte=on)
        .order_by("-from_date")
        .values_list("rate", flat=True)
        .first()
    )
    if rate is None:
        raise NoBenchmark(f"no benchmark for {currency} on {on}")
    return rate
