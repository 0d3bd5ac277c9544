"""A licensed vendor's snapshot of a Hong Kong share, in the format of Twelve Data. Pure."""

from collateral.prices.quote import SourceUnavailable
from collateral.prices.reply import check, json_of, object_in, price_in, seconds_in, text_in, wrong
from collateral.prices.spot import HKD, Pair, Path, Spot, TimeKind


class TwelveData:
    """
    `code` 0700 is asked with its exchange, and may come back without its leading zeros.

    The time of the bar is not the time of the quote: `last_quote_at` is.
    """

    name = "twelvedata"
    url = "https://api.twelvedata.com"
    is_last_resort = False

    def quotes(self, pair: Pair) -> bool:
        return pair.currency == HKD and pair.asset.isascii() and pair.asset.isdecimal()

    def paths(self, pair: Pair) -> tuple[Path, ...]:
        return (Path(f"/quote?symbol={pair.asset}&exchange=HKEX"),)

    def read(self, bodies: tuple[bytes, ...], pair: Pair) -> Spot:
        [body] = bodies
        row = object_in(json_of(body))
        if "code" in row or row.get("status") == "error":
            code = text_in(row, "code")
            raise SourceUnavailable(f"error {code}", retry=code not in ("400", "401", "403", "404"))
        if text_in(row, "symbol").lstrip("0") != pair.asset.lstrip("0"):
            raise SourceUnavailable(f"another share than {pair.asset}", retry=False)
        check(row, "mic_code", "XHKG")
        check(row, "currency", pair.currency)
        if not isinstance(row.get("is_market_open"), bool):
            raise wrong("is_market_open is neither true nor false")
        return Spot(
            at=seconds_in(row, "last_quote_at"),
            kind=TimeKind.CLOSE,
            last=price_in(row, "close"),
        )
