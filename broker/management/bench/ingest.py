"""
Prices coming in: ten assets, six sources each, round by round, beside the barest COPY of the rows.

A round is what production does each five seconds: judge, agree, keep, with everything that was
said. The venues are left out, for their time is theirs.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction

from collateral.assets import Asset
from collateral.prices.live import Answer
from collateral.prices.live_round import refresh_live
from collateral.prices.price import COLUMNS, Price
from collateral.prices.quote import Quote
from collateral.prices.quote_candle import QUOTES_KEPT, thin_quotes
from collateral.prices.spot import HKD
from onboarding.lifecycle import copy_rows
from onboarding.parameters import value_of

ASSETS, EVERY = 10, timedelta(seconds=5)
SOURCES = ("hashkey", "osl", "coinbase", "kraken", "bitstamp", "binance")
ROUNDS_A_DAY = timedelta(days=1) // EVERY
LIVES = timedelta(seconds=30)
TICK = Decimal("0.01")
FLOOR_TABLE = "bench_price"


@dataclass
class WalkingFeed:
    """Six sources that follow one another closely, on prices that walk."""

    executing: str = "hashkey"
    told: int = 0
    prices: dict[str, Decimal] = field(default_factory=dict)

    def ask(self, codes, *, ages, contracted=None, known=None, now: datetime) -> list[Answer]:
        return [answer for code in codes for answer in self._said(code, now)]

    def _said(self, code: str, now: datetime) -> Iterator[Answer]:
        if code not in self.prices:
            return
        price = self._moved(self.prices[code], 20)
        self.prices[code] = price
        for source in SOURCES:
            own = self._moved(price, 5)
            quote = Quote(source, code, HKD, own, now, now + LIVES, venue=source)
            yield Answer(source, source, code, HKD, said=own, quote=quote)

    def _moved(self, price: Decimal, most: int) -> Decimal:
        """By up to `most` basis points, now here and now there, the same in every run."""
        self.told += 1
        moved = self.told * 7919 % (2 * most + 1) - most
        return (price * (10_000 + moved) / 10_000).quantize(TICK)


@dataclass(frozen=True, slots=True)
class Ingest:
    """Seconds of each round and of the COPY beside it; bytes that a round leaves, then thinned."""

    rounds_s: tuple[float, ...]
    floor_s: tuple[float, ...]
    quotes: int
    thinned_s: float
    bytes_before: int
    bytes_after: int


def ingest(rounds: int, *, now: datetime) -> Ingest:
    """So many rounds into an empty table, each followed by its floor; then all are thinned."""
    assets = list(Asset.objects.exclude(kind="cash").order_by("pk")[:ASSETS])
    feed = WalkingFeed(prices={asset.code: Decimal(1_000) * (asset.pk + 1) for asset in assets})
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {FLOOR_TABLE} (LIKE collateral_price INCLUDING ALL)")
    times, floors = [], []
    for nth in range(rounds):
        at = now + nth * EVERY
        times.append(_timed(lambda at=at: refresh_live(feed, now=at)))
        rows = _rows(at)
        floors.append(_timed(lambda rows=rows: _copy(rows)))
    kept = Price.objects.count()
    if kept != rounds * len(assets):
        raise AssertionError(f"{kept} prices of {rounds} rounds were kept")
    before = _bytes()
    after_a_month = now + rounds * EVERY + timedelta(days=int(value_of(QUOTES_KEPT, now=now)) + 1)
    thinned_s = _timed(lambda: thin_quotes(now=after_a_month))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL collateral_price")
    after = _bytes()
    quotes = len(assets) * len(SOURCES)
    return Ingest(tuple(times), tuple(floors), quotes, thinned_s, before, after)


def _rows(at: datetime) -> list[tuple]:
    rows = Price.objects.filter(observed_at=at)
    return [
        tuple(
            json.dumps(row.quotes) if name == "quotes" else getattr(row, name) for name in COLUMNS
        )
        for row in rows
    ]


def _copy(rows: list[tuple]) -> None:
    with transaction.atomic():
        copy_rows(_FloorPrice, COLUMNS, rows)


class _FloorPrice:
    """The floor's table, as `copy_rows` asks for one."""

    class _meta:
        db_table = FLOOR_TABLE


def _bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('collateral_price')")
        return cursor.fetchone()[0]


def _timed(act) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
