"""The feed: the sources that the house listens to, as the setting FEED names them."""

from collections.abc import Sequence
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from collateral.prices.live import LiveFeed, configured
from collateral.prices.quote import Source


def open_feed() -> Sequence[Source] | LiveFeed:
    """
    The sources to ask now. A recording is played by whoever plays it (RECORDED_FEED, by its name,
    so that prices need not know the demonstration).

    :raises NoSuchSource: FEED is `live`, and LIVE_FEED names what there is not
    """
    if settings.FEED == "live":
        return live_feed()
    return import_string(settings.RECORDED_FEED)()


@cache
def live_feed() -> LiveFeed:
    """One a process: it remembers which venues asked to be left alone."""
    return configured(**settings.LIVE_FEED)
