"""
What is left of quotes after a month: for each source and asset a candle of each quarter of an hour.

Agreed prices are kept for ever as they are; only who said what beside them is thinned.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, models, transaction
from django.db.models import F, Q

from collateral.assets import Asset
from collateral.fields import PriceField
from collateral.prices.price import HeldBack, Price
from collateral.prices.quote import BadQuote, usable_price
from onboarding.parameters import Unit, declare, value_of

QUOTES_KEPT = declare(
    "price_quotes_kept",
    "Prices: how long every quote is kept as it was said",
    unit=Unit.DAYS,
    initial=Decimal(30),
    verified=False,
    source="The house's own: longer than any dispute about a call takes to be raised.",
    least=Decimal(7),
    most=Decimal(3650),
)
STEP = timedelta(minutes=15)
BATCH = 5_000
PLACES = Decimal("0.0000000001")


class QuoteCandle(models.Model):
    """
    What `source` said of `asset` in HKD in a quarter of an hour: `heard` quotes that had a part in
    a price and `dropped` ones that had none; the prices are of those heard, empty where none was.
    """

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    open = PriceField(null=True)
    high = PriceField(null=True)
    low = PriceField(null=True)
    close = PriceField(null=True)
    heard = models.PositiveIntegerField()
    dropped = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "source", "opened_at"], name="quote_candle_once"
            ),
            models.CheckConstraint(
                condition=Q(heard=0, open__isnull=True) | Q(heard__gt=0, low__lte=F("high")),
                name="quote_candle_low_below_high",
            ),
        ]

    def __str__(self):
        return f"{self.source} {self.asset_id} {self.opened_at}"


def thin_quotes(*, now: datetime) -> int:
    """
    Turn the quotes of rounds older than the house keeps them into candles; how many rounds.

    In batches, each in its own transaction: one that is ended leaves whole candles behind, because
    the rounds of a quarter of an hour are thinned together.
    """
    days = int(value_of(QUOTES_KEPT, now=now))
    before = _quarter(now - timedelta(days=days))
    thinned = 0
    while batch := _thin_batch(before):
        thinned += batch
    return thinned + _thin_held_back(before)


@transaction.atomic
def _thin_batch(before: datetime) -> int:
    rows = list(
        Price.objects.filter(observed_at__lt=before)
        .exclude(quotes=[])
        .order_by("observed_at")
        .values_list("pk", "asset_id", "observed_at", "quotes")[:BATCH]
    )
    if not rows:
        return 0
    if len(rows) == BATCH:
        # The last quarter of a full batch may go on behind it.
        last = _quarter(rows[-1][2])
        rows = [row for row in rows if _quarter(row[2]) < last] or rows
    candles: dict[tuple, QuoteCandle] = {}
    for _, asset_id, observed_at, quotes in rows:
        for said in quotes:
            _count(candles, asset_id, _quarter(observed_at), said)
    QuoteCandle.objects.bulk_create(candles.values(), ignore_conflicts=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE collateral_price SET quotes = '[]' WHERE id = ANY(%s)",
            [[pk for pk, *_ in rows]],
        )
    return len(rows)


def _count(candles: dict, asset_id: int, opened_at: datetime, said: dict) -> None:
    source = said.get("source")
    if not source:
        return
    key = asset_id, source, opened_at
    if key not in candles:
        candles[key] = QuoteCandle(
            asset_id=asset_id, source=source, opened_at=opened_at, heard=0, dropped=0
        )
    candle = candles[key]
    try:
        price = usable_price(said.get("price", "")).quantize(PLACES)
    except BadQuote:
        price = None
    if "dropped" in said or price is None:
        candle.dropped += 1
        return
    candle.heard += 1
    candle.open = price if candle.open is None else candle.open
    candle.high = price if candle.high is None else max(candle.high, price)
    candle.low = price if candle.low is None else min(candle.low, price)
    candle.close = price


@transaction.atomic
def _thin_held_back(before: datetime) -> int:
    """Why there was no price stays for ever; who said what then does not."""
    return HeldBack.objects.filter(observed_at__lt=before).exclude(quotes=[]).update(quotes=[])


def _quarter(at: datetime) -> datetime:
    return at - timedelta(
        minutes=at.minute % (STEP // timedelta(minutes=1)),
        seconds=at.second,
        microseconds=at.microsecond,
    )
