"""Kraken: a cross-check from abroad, and the dollar price of a tether. Pure."""

from datetime import timedelta

from collateral.prices.quote import SourceUnavailable
from collateral.prices.reply import check, json_of, object_in, price_from, text_in, wrong
from collateral.prices.spot import USD, USDT, Pair, Path, Spot, TimeKind

# Asked as, and the name that the reply gives it.
NAMES = {
    Pair("BTC", USD): ("XBTUSD", "XXBTZUSD"),
    Pair("ETH", USD): ("ETHUSD", "XETHZUSD"),
    Pair(USDT, USD): ("USDTUSD", "USDTZUSD"),
}


class Kraken:
    """Says no time, and every failure with HTTP 200. Its status tells when it only cancels."""

    name = "kraken"
    url = "https://api.kraken.com"
    pairs = tuple(NAMES)
    is_last_resort = False

    def quotes(self, pair: Pair) -> bool:
        return pair in self.pairs

    def paths(self, pair: Pair) -> tuple[Path, ...]:
        return (
            Path(f"/0/public/Ticker?pair={NAMES[pair][0]}"),
            Path("/0/public/SystemStatus", holds=timedelta(seconds=30)),
        )

    def read(self, bodies: tuple[bytes, ...], pair: Pair) -> Spot:
        ticker, status = (_result(body) for body in bodies)
        check(status, "status", "online")
        if len(ticker) != 1:
            raise wrong("the reply is not of one pair")
        [(named, row)] = ticker.items()
        if named not in NAMES[pair]:
            raise SourceUnavailable(f"{named[:20]!r} is not {pair}", retry=False)
        row = object_in(row, "the ticker")
        bid, ask, last = (_first(row, side) for side in ("b", "a", "c"))
        return Spot(at=None, kind=TimeKind.NONE, bid=bid, ask=ask, last=last)


def _result(body: bytes):
    reply = object_in(json_of(body))
    errors = reply.get("error")
    if not isinstance(errors, list):
        raise wrong("error is no list")
    if errors:
        said = text_in({"error": errors[0]}, "error")
        raise SourceUnavailable(said, retry="Unknown asset pair" not in said)
    return object_in(reply.get("result"), "the result")


def _first(row, side: str):
    values = row.get(side)
    if not isinstance(values, list) or not values:
        raise wrong(f"{side} is no list")
    return price_from(values[0], side)
