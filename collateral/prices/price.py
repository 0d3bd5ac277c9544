"""
Agreed prices, kept for ever: what an asset was worth, when, and who said so.

A price is in HKD for one unit. It may be used until `fresh_until`, which its source decides: a
candle of five minutes lives longer than a live tick. What could not be agreed is kept too
(`HeldBack`), with its reason, and is never a price.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from collateral.assets import Asset
from collateral.fields import PriceField, RatioField, UnitsField
from collateral.prices.consensus import Standing
from onboarding.lifecycle import copy_rows

STANDINGS = [(str(each), str(each)) for each in Standing]


class PriceQuerySet(models.QuerySet):
    def latest_of_each(self, *, now: datetime):
        """
        The last agreed price of each asset at `now`, fresh or not, by asset.

        One look into the index for each asset: the table holds every price there ever was.
        """
        last = (
            Price.objects.filter(asset=OuterRef("pk"), observed_at__lte=now)
            .order_by("-observed_at")
            .values("pk")[:1]
        )
        assets = Asset.objects.annotate(last=Subquery(last)).values("last")
        return self.filter(pk__in=assets).order_by("asset_id")


class Price(models.Model):
    """
    `source` is the source of record or the names of those that agreed; `quotes` is the whole
    round, who said what and who was dropped and why. `volume` is what the market traded of the
    asset in a minute, in units, where the source knows it.

    `standing` is what it rests on and `why` what is not as it should be. `widen`: so much wider is
    the lending haircut at this price, a fraction of one. `aged_from`: when an aged price was agreed
    last. `thin_since`: when a thin one became so. `jump_until`: soft sales wait till then.
    """

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="prices", db_index=False)
    value = PriceField()
    observed_at = models.DateTimeField()
    fresh_until = models.DateTimeField()
    source = models.CharField(max_length=80)
    quotes = models.JSONField(default=list)
    volume = UnitsField(null=True)
    standing = models.CharField(max_length=8, choices=STANDINGS, db_default=Standing.AGREED)
    why = models.CharField(max_length=200, blank=True, db_default="")
    widen = RatioField(db_default=Decimal(0))
    aged_from = models.DateTimeField(null=True, blank=True)
    thin_since = models.DateTimeField(null=True, blank=True)
    jump_until = models.DateTimeField(null=True, blank=True)

    objects = PriceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(value__gt=0), name="price_positive"),
            models.CheckConstraint(
                condition=Q(fresh_until__gte=F("observed_at")), name="price_fresh_when_observed"
            ),
            models.UniqueConstraint(fields=["asset", "observed_at"], name="price_once_a_moment"),
            models.CheckConstraint(
                condition=Q(standing=Standing.AGED, aged_from__isnull=False)
                | (~Q(standing=Standing.AGED) & Q(aged_from__isnull=True)),
                name="price_aged_says_since_when",
            ),
            models.CheckConstraint(
                condition=Q(standing=Standing.THIN, thin_since__isnull=False)
                | (~Q(standing=Standing.THIN) & Q(thin_since__isnull=True)),
                name="price_thin_says_since_when",
            ),
            models.CheckConstraint(
                condition=Q(standing=Standing.AGREED) | ~Q(why=""),
                name="price_not_agreed_says_why",
            ),
            models.CheckConstraint(
                condition=Q(widen__gte=0, widen__lte=1), name="price_widens_a_haircut"
            ),
        ]
        indexes = [
            # Read by quote_candle.py: those whose quotes are not thinned yet.
            models.Index(
                fields=["observed_at"], condition=~Q(quotes=[]), name="price_with_its_quotes"
            )
        ]

    def __str__(self):
        return f"{self.asset_id} {self.value} at {self.observed_at}"

    @property
    def code(self) -> str:
        return self.asset.code

    @property
    def seen_at(self) -> datetime:
        """When somebody last said it."""
        return self.aged_from or self.observed_at


class HeldBack(models.Model):
    """A round that ended without a price, and why. `value` is what it would have been, if any."""

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    value = models.CharField(max_length=60, blank=True)
    observed_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    quotes = models.JSONField(default=list)

    class Meta:
        verbose_name = "held back price"
        indexes = [models.Index(fields=["-observed_at"], name="held_back_newest")]

    def __str__(self):
        return f"{self.asset_id} {self.value} held back: {self.reason}"


@dataclass(frozen=True, slots=True)
class NewPrice:
    """An agreed price, ready to be kept. `quotes` is JSON text."""

    asset_id: int
    value: Decimal
    observed_at: datetime
    fresh_until: datetime
    source: str
    quotes: str = "[]"
    volume: Decimal | None = None
    standing: str = Standing.AGREED
    why: str = ""
    widen: Decimal = Decimal(0)
    aged_from: datetime | None = None
    thin_since: datetime | None = None
    jump_until: datetime | None = None

    @property
    def is_plain(self) -> bool:
        return self.standing == Standing.AGREED and not (self.why or self.widen or self.jump_until)


COLUMNS = tuple(field.name for field in fields(NewPrice))
# A price that is as it should be says no more than these: a replay keeps them by the ten thousand.
PLAIN = COLUMNS[: COLUMNS.index("standing")]


def keep(prices: Iterable[NewPrice]) -> None:
    """
    Write one tick's agreed prices, of all assets, in one statement.

    :raises IntegrityError: `price_once_a_moment` or `price_positive`
    """
    prices = list(prices)
    columns = PLAIN if all(price.is_plain for price in prices) else COLUMNS
    rows = [tuple(getattr(price, column) for column in columns) for price in prices]
    if rows:
        copy_rows(Price, columns, rows)


def cut(text: str, length: int) -> str:
    """`text`, or as much of it as a column of that length holds."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
