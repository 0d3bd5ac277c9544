"""Announce: tell members of staff by their role, through the same rows as clients are told."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from broker.notices.notice import Notice, notice_to
from broker.notices.words import rendered
from onboarding.users import Role, User

# Who gets the morning's reports: those who reconcile them.
READERS = (Role.OPERATIONS, Role.FINANCE)
# And who gets the calendar of reviews: those who look again, and who answers for it.
REVIEWERS = (Role.CREDIT_OFFICER, Role.MIC_RM)


def announce(
    key: str,
    occasion: str,
    *,
    roles: Iterable[str],
    context: dict,
    report=None,
    now: datetime,
) -> int:
    """
    Write the notice `occasion` to everybody who holds one of `roles`; how many people that is.

    `report`, a stored one, goes along as a file. Doing it twice with one `key` is doing it once.
    """
    subject, body = rendered(occasion, "subject", context), rendered(occasion, "body", context)
    staff = User.objects.filter(role__in=list(roles), is_active=True).order_by("pk")
    notices = [
        notice_to(
            user,
            key=f"{key}:{user.pk}",
            occasion=occasion,
            subject=subject,
            body=body,
            report=report,
            now=now,
        )
        for user in staff
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    return len(notices)


def announce_reports(
    reports: Sequence,
    *,
    occasion: str = "report/made",
    roles: Iterable[str] = READERS,
    now: datetime,
) -> int:
    """Tell `roles` of a report, its spreadsheet attached, every hash named."""
    spreadsheet = next(report for report in reports if report.format == "xlsx")
    return announce(
        f"report:{spreadsheet.name}:{spreadsheet.as_of_date}",
        occasion,
        roles=roles,
        context={"report": spreadsheet, "reports": reports},
        report=spreadsheet,
        now=now,
    )


def announce_refusal(name: str, reason: Exception, *, now: datetime) -> int:
    """Tell operations and finance, once an hour, that a report does not appear and why."""
    return announce(
        f"refused:{name}:{now:%Y-%m-%dT%H}",
        "report/refused",
        roles=READERS,
        context={"name": name, "reason": reason, "now": now},
        now=now,
    )
