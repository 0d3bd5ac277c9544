"""Remind: who lets an application lie hears of it before it expires, once each time it lies."""

from datetime import datetime

from broker.notices.notice import Notice, notice_to
from broker.notices.words import rendered
from onboarding.applications.expiry import expires_at, to_remind
from onboarding.applications.people import Applicant


def remind_applicants(*, now: datetime) -> int:
    """Write the reminders that are due and not written yet; how many that is."""
    due = {application.pk: application for application in to_remind(now=now)}
    people = Applicant.objects.filter(application__in=due, user__is_active=True)
    notices = []
    for each in people.select_related("user").order_by("pk"):
        application = due[each.application_id]
        context = {"application": application, "until": expires_at(application, now=now)}
        user = each.user
        lain_since = max(application.touched_at, application.state_since)
        notices.append(
            notice_to(
                user,
                key=f"application_reminder:{application.pk}:{lain_since:%Y%m%dT%H%M%S}:{user.pk}",
                occasion="application/remind",
                subject=rendered("application/remind", "subject", context),
                body=rendered("application/remind", "body", context),
                now=now,
            )
        )
    before = Notice.objects.filter(key__in=[notice.key for notice in notices]).count()
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    return len(notices) - before
