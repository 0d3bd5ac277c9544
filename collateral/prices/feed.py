"""The feed: the sources that the house listens to, as the setting FEED names them."""

from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from collateral.prices.quote import Source


class NoSuchFeed(ImproperlyConfigured):
    """FEED names sources that this version of the house has not."""


def open_feed() -> Sequence[Source]:
    """
    The sources to ask now. A recording is played by whoever plays it (RECORDED_FEED, by its name,
    so that prices need not know the demonstration).

    :raises NoSuchFeed: FEED is `live`, and no licensed venue is connected yet
    """
    if settings.FEED == "live":
        raise NoSuchFeed(
            "FEED=live: the licensed venues (HashKey, OSL and the cross-checks) are not connected"
            " in this version. FEED=recorded plays a recorded crash."
        )
    return import_string(settings.RECORDED_FEED)()
