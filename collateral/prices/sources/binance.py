"""Binance: not licensed in Hong Kong and quoted in tether, so heard as a last resort. Pure."""

from collateral.prices.quote import SourceUnavailable
from collateral.prices.reply import check, json_of, milliseconds_in, object_in, price_in, text_in
from collateral.prices.spot import USDT, Pair, Path, Spot, TimeKind


class Binance:
    """A tether is no dollar: its quote needs a price of the tether beside it."""

    name = "binance"
    url = "https://data-api.binance.vision"
    pairs = (Pair("BTC", USDT), Pair("ETH", USDT))
    is_last_resort = True

    def quotes(self, pair: Pair) -> bool:
        return pair in self.pairs

    def paths(self, pair: Pair) -> tuple[Path, ...]:
        return (Path(f"/api/v3/ticker/24hr?symbol={pair.asset}{pair.currency}"),)

    def read(self, bodies: tuple[bytes, ...], pair: Pair) -> Spot:
        [body] = bodies
        row = object_in(json_of(body))
        if "code" in row:
            raise SourceUnavailable(f"error {text_in(row, 'code')}", retry=True)
        check(row, "symbol", f"{pair.asset}{pair.currency}")
        return Spot(
            # The end of the window of a day, which is the moment of the reply.
            at=milliseconds_in(row, "closeTime"),
            kind=TimeKind.GENERATED,
            bid=price_in(row, "bidPrice"),
            ask=price_in(row, "askPrice"),
            last=price_in(row, "lastPrice"),
        )
