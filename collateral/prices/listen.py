"""A whole turn of the live feed: prices, then the health of the venues, then what is amiss."""

from datetime import datetime

from django.db import connection, transaction

from collateral.prices.incident import watch
from collateral.prices.live import LiveFeed
from collateral.prices.live_round import refresh_live
from collateral.prices.refresh import Refreshed, one_round_at_a_time
from collateral.prices.venue_health import observe


def listen(feed: LiveFeed, *, now: datetime) -> Refreshed:
    """Prices are kept first, so that nothing said of a venue can cost the house a price."""
    refreshed, verdicts = refresh_live(feed, now=now)
    with transaction.atomic(), connection.cursor() as cursor:
        one_round_at_a_time(cursor)
        answers = [answer for each in verdicts for answer in each.answers]
        observe(answers, executing=feed.executing, now=now)
        watch(verdicts, now=now)
    return refreshed
