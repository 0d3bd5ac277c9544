"""OSL, Hong Kong: a licensed platform. Pure."""

from collateral.prices.reply import best_of, check, iso_in, json_of, object_in, only_one, price_in
from collateral.prices.spot import HKD, USD, Pair, Path, Spot, TimeKind


class Osl:
    """
    The top of the book, which is its price: the ticker agrees with it on six reads of ten only.
    The instrument beside it names base and settlement currency, and an unknown one is an empty
    list.
    """

    name = "osl"
    url = "https://trade-hk.osl.com"
    pairs = (Pair("BTC", USD), Pair("ETH", USD), Pair("BTC", HKD), Pair("ETH", HKD))
    is_last_resort = False

    def quotes(self, pair: Pair) -> bool:
        return pair in self.pairs

    def paths(self, pair: Pair) -> tuple[Path, ...]:
        symbol = _symbol(pair)
        return (
            Path(f"/api/v4/orderBook/L2?symbol={symbol}&depth=1"),
            Path(f"/api/v4/instrument?symbol={symbol}"),
        )

    def read(self, bodies: tuple[bytes, ...], pair: Pair) -> Spot:
        symbol = _symbol(pair)
        book, instruments = (json_of(body) for body in bodies)
        instrument = object_in(only_one(instruments, "the instrument"), "the instrument")
        check(instrument, "symbol", symbol)
        check(instrument, "currency", pair.asset)
        check(instrument, "settlCurrency", pair.currency)
        book = object_in(book, "the book")
        check(book, "symbol", symbol)
        return Spot(
            # The time of the reply and not of the book.
            at=iso_in(book, "updateTime"),
            kind=TimeKind.GENERATED,
            bid=best_of(book.get("bids"), "bids"),
            ask=best_of(book.get("asks"), "asks"),
            last=price_in(instrument, "lastPrice"),
        )


def _symbol(pair: Pair) -> str:
    return f"{pair.asset}{pair.currency}"
