"""Bitstamp: a cross-check from abroad. Pure."""

from collateral.prices.reply import check, json_of, object_in, price_in, seconds_in
from collateral.prices.spot import USD, Pair, Path, Spot, TimeKind


class Bitstamp:
    """Its ticker names the pair and the second it was made in."""

    name = "bitstamp"
    url = "https://www.bitstamp.net"
    pairs = (Pair("BTC", USD), Pair("ETH", USD))
    is_last_resort = False

    def quotes(self, pair: Pair) -> bool:
        return pair in self.pairs

    def paths(self, pair: Pair) -> tuple[Path, ...]:
        return (Path(f"/api/v2/ticker/{pair.asset.lower()}{pair.currency.lower()}/"),)

    def read(self, bodies: tuple[bytes, ...], pair: Pair) -> Spot:
        [body] = bodies
        row = object_in(json_of(body))
        check(row, "pair", f"{pair.asset}/{pair.currency}")
        return Spot(
            at=seconds_in(row, "timestamp"),
            kind=TimeKind.GENERATED,
            bid=price_in(row, "bid"),
            ask=price_in(row, "ask"),
            last=price_in(row, "last"),
        )
