"""What the timetable asks of onboarding. It looks for rows that are due: a missed turn is late."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from onboarding.applications.expiry import expire_idle
from onboarding.approvals import expire_due
from onboarding.documents.scan import scan_waiting
from onboarding.investors import renew
from onboarding.screening.refresh import refresh_lists
from onboarding.screening.screen import rescreen


@shared_task(expires=60, soft_time_limit=30, time_limit=45)
def expire_proposals(**_):
    """A proposal that nobody decided in time ends; it could not be approved before this either."""
    expire_due(now=timezone.now())


@shared_task(expires=60, soft_time_limit=240, time_limit=270)
def scan_documents(**_):
    """A document that the scanner could not look at when it came waits here until it has."""
    scan_waiting(now=timezone.now())


@shared_task(expires=3600, soft_time_limit=300, time_limit=330)
def renew_investors(**_):
    """Statuses whose day has come lapse, and who is next hears of it; a missed night is made up."""
    now = timezone.now()
    renew.expire_due(now=now)
    renew.remind_due(now=now)


@shared_task(expires=3600, soft_time_limit=1500, time_limit=1560)
def load_screening_lists(**_):
    """The lists whose places are set; whoever is new on one is screened for at once."""
    refresh_lists(settings.SCREENING_LISTS, now=timezone.now())


@shared_task(expires=3600, soft_time_limit=1500, time_limit=1560)
def rescreen_everybody(**_):
    """Everybody against everything: what changed of a client is found the night after at latest."""
    rescreen(now=timezone.now(), why="nightly")


@shared_task(expires=3600, soft_time_limit=120, time_limit=150)
def expire_applications(**_):
    """An application that its applicant let lie ends; the reminder went before."""
    expire_idle(now=timezone.now())
