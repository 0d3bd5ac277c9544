"""HashKey Exchange, Hong Kong: a licensed platform. Pure."""

from datetime import timedelta
from decimal import ROUND_DOWN, Decimal

from collateral.prices.reply import (
    check,
    json_of,
    milliseconds_in,
    object_in,
    only_one,
    price_in,
    volume_in,
    wrong,
)
from collateral.prices.spot import HKD, USD, Pair, Path, Spot, TimeKind

MINUTES_A_DAY = 1440
VOLUME_STEP = Decimal("0.00000001")


class HashKey:
    """
    The ticker of a day, and the catalogue for whether the pair trades at all: a pair that was
    taken off is still quoted, at nothing.
    """

    name = "hashkey"
    url = "https://api-pro.hashkey.com"
    pairs = (Pair("BTC", USD), Pair("ETH", USD), Pair("BTC", HKD), Pair("ETH", HKD))
    is_last_resort = False

    def quotes(self, pair: Pair) -> bool:
        return pair in self.pairs

    def paths(self, pair: Pair) -> tuple[Path, ...]:
        symbol = _symbol(pair)
        return (
            Path(f"/quote/v1/ticker/24hr?symbol={symbol}"),
            Path(f"/api/v1/exchangeInfo?symbol={symbol}", holds=timedelta(minutes=1)),
        )

    def read(self, bodies: tuple[bytes, ...], pair: Pair) -> Spot:
        symbol = _symbol(pair)
        ticker, catalogue = (json_of(body) for body in bodies)
        self._check_trades(catalogue, pair)
        row = object_in(only_one(ticker), "the ticker")
        check(row, "s", symbol)
        traded = volume_in(row, "v")
        return Spot(
            at=milliseconds_in(row, "t"),
            kind=TimeKind.LAST_CHANGE,
            bid=price_in(row, "b"),
            ask=price_in(row, "a"),
            last=price_in(row, "c"),
            volume_per_minute=None
            if traded is None
            else (traded / MINUTES_A_DAY).quantize(VOLUME_STEP, rounding=ROUND_DOWN),
        )

    @staticmethod
    def _check_trades(catalogue, pair: Pair) -> None:
        rows = object_in(catalogue, "the catalogue").get("symbols")
        if not isinstance(rows, list):
            raise wrong("the catalogue lists nothing")
        own = [r for r in rows if isinstance(r, dict) and r.get("symbol") == _symbol(pair)]
        row = only_one(own, "the catalogue's pair")
        check(row, "baseAsset", pair.asset)
        check(row, "quoteAsset", pair.currency)
        check(row, "status", "TRADING")


def _symbol(pair: Pair) -> str:
    return f"{pair.asset}{pair.currency}"
