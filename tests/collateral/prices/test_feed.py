"""Which sources the house listens to."""

from collateral.prices import feed
from collateral.prices.feed import live_feed, open_feed


def played():
    return ["a source"]


def test_a_recording_is_opened_by_the_name_of_who_plays_it(settings):
    settings.FEED = "recorded"
    settings.RECORDED_FEED = f"{__name__}.played"

    assert feed.open_feed() == ["a source"]


def test_live_venues_are_those_of_the_environment_once_a_process(settings):
    settings.FEED = "live"
    live_feed.cache_clear()

    opened = open_feed()

    assert opened.executing == "hashkey"
    assert {source.venue for source in opened.sources} >= {"hashkey", "osl", "coinbase"}
    assert open_feed() is opened
