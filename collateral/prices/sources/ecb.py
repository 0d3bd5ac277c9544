"""The European Central Bank: one figure a day, of which US dollars in HKD are derived. Pure."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context

from collateral.prices.fx import HKD_STEP
from collateral.prices.reply import price_from, wrong
from collateral.prices.spot import HKD, USD, Pair, Path, Spot, TimeKind

PUBLISHED_AT = timedelta(hours=14)  # 16:00 in Frankfurt in summer, an hour later in winter.
COLUMNS = ("CURRENCY", "CURRENCY_DENOM", "TIME_PERIOD", "OBS_VALUE")
MOST_ROWS = 100
WIDE = Context(prec=60)


class Ecb:
    """
    HKD for a euro by USD for a euro of one day, rounded half-even to eight places. For
    information only, says the bank: a contracted rate goes before it.
    """

    name = "ecb"
    url = "https://data-api.ecb.europa.eu"
    pairs = (Pair(USD, HKD),)
    is_last_resort = False

    def quotes(self, pair: Pair) -> bool:
        return pair in self.pairs

    def paths(self, pair: Pair) -> tuple[Path, ...]:
        query = "lastNObservations=1&format=csvdata"
        return (
            Path(f"/service/data/EXR/D.HKD+USD.EUR.SP00.A?{query}", holds=timedelta(minutes=15)),
        )

    def read(self, bodies: tuple[bytes, ...], pair: Pair) -> Spot:
        [body] = bodies
        legs = _legs(body)
        if set(legs) != {HKD, USD}:
            raise wrong("it does not say HKD and USD for a euro")
        (day, hkd), (other_day, usd) = legs[HKD], legs[USD]
        if day != other_day:
            raise wrong("its two rates are of different days")
        rate = WIDE.divide(hkd, usd).quantize(HKD_STEP, rounding=ROUND_HALF_EVEN, context=WIDE)
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) + PUBLISHED_AT
        return Spot(at=at, kind=TimeKind.DAY, last=price_from(f"{rate:f}", "the rate"))


def _legs(body: bytes) -> dict:
    try:
        rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise wrong(f"the reply is no CSV ({type(error).__name__})") from error
    if not 0 < len(rows) <= MOST_ROWS:
        raise wrong("the reply has no rows, or far too many")
    legs: dict = {}
    for row in rows:
        said = [row.get(name) for name in COLUMNS]
        if not all(isinstance(each, str) for each in said):
            raise wrong("a column is missing")
        currency, denominator, period, value = said
        if denominator != "EUR" or currency in legs:
            raise wrong("a rate that is not for a euro, or twice")
        try:
            day = date.fromisoformat(period)
        except ValueError as error:
            raise wrong("TIME_PERIOD is no day") from error
        if not 1999 <= day.year < 2100:
            raise wrong("TIME_PERIOD is far from our days")
        legs[currency] = (day, price_from(value, currency[:20]))
    return legs
