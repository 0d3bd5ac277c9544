"""A recording as a source: what the market said then, said again now. Pure."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from collateral.prices.candles import DailySeries, Series
from collateral.prices.fx import UsdHkd, in_hkd
from collateral.prices.playback import Tick, playback
from collateral.prices.quote import Quote, SourceUnavailable

MICROSECOND = timedelta(microseconds=1)


class RecordedSource:
    """
    The source of record of a replay: every asset's last played price in HKD.

    Without anchors `now` is a time of the recording. With both, `anchor_real` is when
    `anchor_recorded` is played, and the recording runs `speed` times as fast as the clock; the
    times of a quote are then real ones.

    A stablecoin dollar is taken as a dollar, times the USD/HKD rate of the tick's UTC day.
    """

    def __init__(
        self,
        series_by_asset: Mapping[str, Series | DailySeries],
        usd_hkd: UsdHkd,
        *,
        anchor_real: datetime | None = None,
        anchor_recorded: datetime | None = None,
        speed: Decimal | int = 1,
        name: str = "recorded",
    ):
        """:raises ValueError: one anchor without the other, or a speed that is not above 0"""
        if (anchor_real is None) != (anchor_recorded is None):
            raise ValueError("an anchor in real time needs one in the recording")
        if speed <= 0 or (anchor_real is None and speed != 1):
            raise ValueError(f"speed {speed} needs anchors, and must be above 0")
        self.name = name
        self._ticks = {asset: list(playback(one)) for asset, one in series_by_asset.items()}
        self._times = {asset: [tick.at for tick in own] for asset, own in self._ticks.items()}
        self._usd_hkd = usd_hkd
        self._real, self._recorded = anchor_real, anchor_recorded
        self._speed = Fraction(speed)

    def quote(self, asset: str, *, now: datetime) -> Quote:
        """
        The price that was true at `now`, in HKD. After the end of the recording it is stale.

        :raises SourceUnavailable: the recording has no such asset (no retry), or has not come to
            its first price (retry)
        :raises MissingRate: no USD/HKD rate for that day
        """
        if asset not in self._ticks:
            raise SourceUnavailable(f"{self.name}: no {asset} in the recording", retry=False)
        found = bisect_right(self._times[asset], self._then(now)) - 1
        if found < 0:
            raise SourceUnavailable(f"{self.name}: no {asset} yet", retry=True)
        return self.as_quote(self._ticks[asset][found])

    def as_quote(self, tick: Tick) -> Quote:
        """`tick` as this source quotes it: in HKD, at its real time."""
        rate = (
            Decimal(1)
            if tick.currency == "HKD"
            else self._usd_hkd.at(tick.at.astimezone(UTC).date())
        )
        return Quote(
            source=self.name,
            asset=tick.asset,
            currency="HKD",
            price=in_hkd(tick.price, rate),
            observed_at=self._real_time(tick.at),
            fresh_until=self._real_time(tick.fresh_until),
            volume_per_minute=tick.volume_per_minute,
        )

    def _then(self, now: datetime) -> datetime:
        """The time of the recording that plays at `now`."""
        if self._real is None:
            return now
        return self._recorded + floor(_in_us(now - self._real) * self._speed) * MICROSECOND

    def _real_time(self, recorded: datetime) -> datetime:
        """The first real time at which `recorded` has come."""
        if self._real is None:
            return recorded
        return self._real + ceil(_in_us(recorded - self._recorded) / self._speed) * MICROSECOND


def _in_us(span: timedelta) -> Fraction:
    return Fraction(span // MICROSECOND)
