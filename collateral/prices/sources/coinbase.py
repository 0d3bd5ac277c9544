"""Coinbase Exchange: a cross-check from abroad. Pure."""

from datetime import timedelta

from collateral.prices.quote import SourceUnavailable
from collateral.prices.reply import check, iso_in, json_of, object_in, price_in, wrong
from collateral.prices.spot import USD, Pair, Path, Spot, TimeKind


class Coinbase:
    """The ticker does not name its product; the product beside it says what it is and trades."""

    name = "coinbase"
    url = "https://api.exchange.coinbase.com"
    pairs = (Pair("BTC", USD), Pair("ETH", USD))
    is_last_resort = False

    def quotes(self, pair: Pair) -> bool:
        return pair in self.pairs

    def paths(self, pair: Pair) -> tuple[Path, ...]:
        product = _product(pair)
        return (
            Path(f"/products/{product}/ticker"),
            Path(f"/products/{product}", holds=timedelta(minutes=1)),
        )

    def read(self, bodies: tuple[bytes, ...], pair: Pair) -> Spot:
        ticker, product = (object_in(json_of(body)) for body in bodies)
        check(product, "id", _product(pair))
        check(product, "base_currency", pair.asset)
        check(product, "quote_currency", pair.currency)
        check(product, "status", "online")
        halted = product.get("trading_disabled", False)
        if not isinstance(halted, bool):
            raise wrong("trading_disabled is neither true nor false")
        if halted:
            raise SourceUnavailable(f"{pair} is halted", retry=True)
        return Spot(
            at=iso_in(ticker, "time"),
            kind=TimeKind.LAST_TRADE,
            bid=price_in(ticker, "bid"),
            ask=price_in(ticker, "ask"),
            last=price_in(ticker, "price"),
        )


def _product(pair: Pair) -> str:
    return f"{pair.asset}-{pair.currency}"
