"""What the timetable asks of the house's own rooms: notices and reports."""

from celery import shared_task
from django.utils import timezone

from broker.notices.alarms import announce_incidents
from broker.notices.announce import announce_refusal, announce_reports
from broker.notices.send import send
from broker.notices.tell import tell
from broker.reports.margin_book import NAME, DoesNotTie
from broker.reports.morning import morning_book


@shared_task(expires=15, soft_time_limit=60, time_limit=90)
def send_notices(**_):
    """Writes what nobody was told yet, then sends what is due."""
    announce_incidents(now=timezone.now())
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
