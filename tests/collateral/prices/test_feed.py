"""Which sources the house listens to."""

import pytest

from collateral.prices import feed
from collateral.prices.feed import NoSuchFeed, open_feed


def played():
    return ["a source"]


def test_a_recording_is_opened_by_the_name_of_who_plays_it(settings):
    settings.FEED = "recorded"
    settings.RECORDED_FEED = f"{__name__}.played"

    assert feed.open_feed() == ["a source"]


def test_live_venues_are_refused_by_name_as_long_as_there_are_none(settings):
    settings.FEED = "live"

    with pytest.raises(NoSuchFeed, match="^FEED=live: .* not connected"):
        open_feed()
