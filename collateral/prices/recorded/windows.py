"""The recorded windows: four crashes, with every asset whose prices are known through them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from collateral.prices.candles import DailySeries, Series, read_candles, read_days
from collateral.prices.fx import UsdHkd, read_rates

FOLDER = Path(__file__).parent
USD_HKD = FOLDER / "usd-hkd-daily.csv.gz"

SHARES = ("0005", "0388", "0700", "0939", "1299", "2800", "3690", "9988")
# The length of the candles of each asset, as its file is named.
STEPS = {
    "crash-2020-03": {"BTC": "30m", "ETH": "5m"},
    "crash-2021-05": {"BTC": "1m", "ETH": "5m"},
    "crash-2024-08": {"BTC": "1m", "ETH": "1m"},
    "crash-2025-10": {"BTC": "5m", "ETH": "5m"},
}
# The fund's rows of that fortnight cannot be trusted (PROVENANCE.md).
LEFT_OUT = {("crash-2020-03", "2800")}


class UnknownWindow(LookupError):
    """A window that was not recorded; the message lists those that were."""


@dataclass(frozen=True, slots=True)
class Recording:
    """
    A window from `starts_at` to `ends_at` (UTC): the first candle's opening to the last one's end.

    BTC and ETH lie inside the window; shares begin four weeks before it.
    """

    name: str
    starts_at: datetime
    ends_at: datetime
    series: Mapping[str, Series | DailySeries]
    usd_hkd: UsdHkd

    def without_history(self) -> "Recording":
        """The same, with shares cut to the window and the one trading day before it."""
        first, last = self.starts_at.date(), self.ends_at.date()
        cut = {
            asset: one.between(first, last) if isinstance(one, DailySeries) else one
            for asset, one in self.series.items()
        }
        return replace(self, series=cut)


def load(name: str) -> Recording:
    """
    The window `name`, every file of it read to the last line.

    :raises UnknownWindow: no such window
    :raises BadPriceFile: a file of the window is damaged
    """
    if name not in STEPS:
        raise UnknownWindow(f"no window {name!r}; there are {', '.join(STEPS)}")
    intraday = {
        asset: read_candles(FOLDER / f"{name}-{asset.lower()}-{step}.csv.gz", asset=asset)
        for asset, step in STEPS[name].items()
    }
    daily = {
        asset: read_days(FOLDER / f"{name}-{asset}-daily.csv.gz", asset=asset)
        for asset in SHARES
        if (name, asset) not in LEFT_OUT
    }
    return Recording(
        name=name,
        starts_at=min(one.candles[0].opened_at for one in intraday.values()),
        ends_at=max(one.candles[-1].opened_at + one.step for one in intraday.values()),
        series=intraday | daily,
        usd_hkd=read_rates(USD_HKD),
    )
