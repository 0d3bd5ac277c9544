"""What the timetable asks of prices."""

from celery import shared_task
from django.utils import timezone

from collateral.prices.consensus import RECORDED
from collateral.prices.feed import open_feed
from collateral.prices.listen import listen
from collateral.prices.live import LiveFeed
from collateral.prices.refresh import refresh


@shared_task(expires=5, soft_time_limit=15, time_limit=30)
def refresh_prices(**_):
    """A round that nobody began within five seconds gives way to the next one."""
    feed, now = open_feed(), timezone.now()
    if isinstance(feed, LiveFeed):
        listen(feed, now=now)
    else:
        refresh(feed, now=now, rule=RECORDED)
