"""
The demonstration's feed: a recorded crash, played again from now on, faster than it was.

The market of the recording goes by at `speed`; the house lives in real time. So a price is asked
for as of a live source: whatever the recording says at the moment that plays now, observed now and
good for half a minute. Deadlines, interest and market hours are real ones. At its end the recording
begins again; the step back is a rise of a quarter at most, well within what is believed.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from django.db import models
from django.db.models import Q

from collateral.prices.price import Price
from collateral.prices.quote import Quote, SourceUnavailable
from collateral.prices.recorded.windows import Recording, load
from collateral.prices.sources.recorded import RecordedSource

WINDOW = "crash-2024-08"
# Seven in the evening of a Sunday in Hong Kong is still calm; an hour later it begins.
BEGINS = datetime(2024, 8, 4, 14, 0, tzinfo=UTC)
# A round comes every five seconds, so five may fail before anybody is unpriced.
LIVES = timedelta(seconds=30)


class NothingPlays(Exception):
    """FEED=recorded, and no demonstration was ever begun in this database."""


class FeedAnchor(models.Model):
    """
    At `real_at` the recording stood at `recorded_at`; from there it goes `speed` times as fast.

    Each start of the demonstration writes one, and the newest counts.
    """

    real_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    speed = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(speed__gt=0), name="feed_anchor_moves"),
        ]

    def __str__(self):
        return f"{self.recorded_at:%Y-%m-%d %H:%M} at {self.real_at:%Y-%m-%d %H:%M}"

    def played_at(self, now: datetime) -> datetime:
        """The moment of the recording that plays at `now`; after its end it begins again."""
        gone = max(timedelta(), now - self.real_at) * self.speed
        ends_at = recording().ends_at
        left = ends_at - self.recorded_at
        if gone < left:
            return self.recorded_at + gone
        return BEGINS + (gone - left) % (ends_at - BEGINS)


class PlayedFeed:
    """The recording as a live source; `clock` says which of its moments plays at a real one."""

    name = WINDOW

    def __init__(self, clock: Callable[[datetime], datetime]):
        self.clock = clock

    def quote(self, asset: str, *, now: datetime) -> Quote:
        """
        The price of `asset` in HKD that is true in the recording now, observed now.

        The volume stays that of a recorded minute: the venue is as deep as it was, and no deeper
        because its clock runs faster.

        :raises SourceUnavailable: the recording has no such asset, or none that is fresh then
        """
        then = self.clock(now)
        times = {"observed_at": now, "fresh_until": now + LIVES}
        if asset == "USD":
            rate = recording().usd_hkd.at(then.date())
            return Quote(self.name, asset, "HKD", rate, **times)
        said = _source().quote(asset, now=then)
        if not said.is_fresh(then):
            raise SourceUnavailable(f"{self.name}: no fresh {asset} at {then}", retry=True)
        return replace(said, **times)


def sources() -> list[PlayedFeed]:
    """
    What the setting RECORDED_FEED names.

    :raises NothingPlays: see there
    """
    anchor = FeedAnchor.objects.order_by("-pk").first()
    if anchor is None:
        raise NothingPlays("FEED=recorded plays what `manage.py demo` begins; begin it first")
    return [PlayedFeed(anchor.played_at)]


def resume(*, speed: int, now: datetime) -> FeedAnchor:
    """Go on where the last price was taken; at the beginning, where there was none."""
    last = FeedAnchor.objects.order_by("-pk").first()
    stopped_at = Price.objects.filter(source=WINDOW).aggregate(last=models.Max("observed_at"))[
        "last"
    ]
    recorded_at = BEGINS
    if last and stopped_at:
        recorded_at = last.played_at(stopped_at)
    return FeedAnchor.objects.create(real_at=now, recorded_at=recorded_at, speed=speed)


@cache
def recording() -> Recording:
    return load(WINDOW)


@cache
def _source() -> RecordedSource:
    """Its ticks laid out once a process."""
    return RecordedSource(recording().series, recording().usd_hkd, name=WINDOW)
