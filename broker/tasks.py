"""What the timetable asks of the house's own rooms: notices and reports."""

from celery import shared_task
from django.utils import timezone

from broker.notices.announce import announce_refusal, announce_reports
from broker.notices.custody import (
    announce_differences,
    announce_exceptions,
    announce_licences,
    keep_authorities,
)
from broker.notices.send import send
from broker.notices.tell import tell
from broker.reports.margin_book import NAME, DoesNotTie
from broker.reports.morning import morning_book, morning_exceptions
from collateral.custody.reconcile import reconcile_latest
from collateral.custody.statement import latest_statements


@shared_task(expires=15, soft_time_limit=60, time_limit=90)
def send_notices(**_):
    """Writes what nobody was told yet, then sends what is due."""
    tell(now=timezone.now())
    send(now=timezone.now())


@shared_task(expires=3600, soft_time_limit=300, time_limit=330)
def margin_book(**_):
    """Once a Hong Kong day, however often it is asked; one that does not tie is refused aloud."""
    now = timezone.now()
    try:
        morning_book(now=now, tell=lambda made: announce_reports(made, now=now))
    except DoesNotTie as reason:
        announce_refusal(NAME, reason, now=now)
        raise


@shared_task(expires=3600, soft_time_limit=60, time_limit=90)
def watch_custody(**_):
    """Once for each licence and authority and each of their days, however often it is asked."""
    now = timezone.now()
    announce_licences(now=now)
    keep_authorities(now=now)


@shared_task(expires=3600, soft_time_limit=300, time_limit=330)
def reconcile_custody(**_):
    """The last statement of each place against the register as it is known now."""
    now = timezone.now()
    announce_differences(reconcile_latest(latest_statements(), now=now), now=now)


@shared_task(expires=3600, soft_time_limit=300, time_limit=330)
def custody_exceptions(**_):
    """Once a Hong Kong day, however often it is asked."""
    now = timezone.now()
    morning_exceptions(now=now, tell=lambda made: announce_exceptions(made, now=now))
