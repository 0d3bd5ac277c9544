"""What the timetable asks of the house's own rooms: notices and reports."""

from celery import shared_task
from django.utils import timezone

from broker.notices.alarm import alarm_held_sales as alarm
from broker.notices.alarms import announce_incidents
from broker.notices.announce import REVIEWERS, announce_refusal, announce_reports
from broker.notices.correspondence import tell_of_messages
from broker.notices.custody import (
    announce_differences,
    announce_exceptions,
    announce_licences,
    keep_authorities,
)
from broker.notices.documents import announce_documents
from broker.notices.remind import remind_applicants as remind
from broker.notices.send import send
from broker.notices.tell import tell
from broker.reports.document_make import make_documents
from broker.reports.margin_book import NAME, DoesNotTie
from broker.reports.morning import morning_book, morning_exceptions, morning_reviews
from collateral.custody.reconcile import reconcile_latest
from collateral.custody.statement import latest_statements


@shared_task(expires=15, soft_time_limit=60, time_limit=90)
def send_notices(**_):
    """Writes what nobody was told yet, then sends what is due."""
    announce_incidents(now=timezone.now())
    tell(now=timezone.now())
    tell_of_messages(now=timezone.now())
    send(now=timezone.now())


@shared_task(expires=3600, soft_time_limit=60, time_limit=90)
def remind_applicants(**_):
    """Whoever lets an application lie hears of it once before it expires."""
    remind(now=timezone.now())


@shared_task(expires=3600, soft_time_limit=300, time_limit=330)
def margin_book(**_):
    """Once a Hong Kong day, however often it is asked; one that does not tie is refused aloud."""
    now = timezone.now()
    try:
        morning_book(now=now, tell=lambda made: announce_reports(made, now=now))
    except DoesNotTie as reason:
        announce_refusal(NAME, reason, now=now)
        raise


@shared_task(expires=3600, soft_time_limit=120, time_limit=150)
def credit_reviews(**_):
    """Once a Hong Kong day: what is to be looked at again, to those who do."""
    now = timezone.now()
    told = {"occasion": "report/reviews", "roles": REVIEWERS, "now": now}
    morning_reviews(now=now, tell=lambda made: announce_reports(made, **told))


@shared_task(expires=60, soft_time_limit=30, time_limit=45)
def alarm_held_sales(**_):
    """Repeats until the account is no longer short or its sales go on."""
    alarm(now=timezone.now())


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


@shared_task(expires=3600, soft_time_limit=3000, time_limit=3030)
def client_documents(**_):
    """Makes what clients are owed of the days and months that are over; what is missed, too."""
    now = timezone.now()
    try:
        make_documents(now=now, tell=lambda made: announce_documents(made, now=now))
    except DoesNotTie as reason:
        announce_refusal("client documents", reason, now=now)
        raise
