"""What the timetable asks of prices."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from collateral.prices.consensus import RECORDED
from collateral.prices.feed import open_feed
from collateral.prices.listen import listen
from collateral.prices.live import LiveFeed
from collateral.prices.quote_candle import thin_quotes as thin
from collateral.prices.refresh import refresh
from collateral.prices.watch_list import watch_volatility as volatile


@shared_task(expires=60, soft_time_limit=30, time_limit=45)
def watch_volatility(**_):
    """Of the market alone: a recording that is played faster moves as no market does."""
    if settings.FEED == "live":
        volatile(now=timezone.now())


@shared_task(expires=3600, soft_time_limit=1500, time_limit=1600)
def thin_quotes(**_):
    """A night that is missed is caught up by the next."""
    thin(now=timezone.now())


@shared_task(expires=5, soft_time_limit=15, time_limit=30)
def refresh_prices(**_):
    """A round that nobody began within five seconds gives way to the next one."""
    feed, now = open_feed(), timezone.now()
    if isinstance(feed, LiveFeed):
        listen(feed, now=now)
    else:
        refresh(feed, now=now, rule=RECORDED)
