"""What staff are told of custody: licences that end, and what does not agree."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from broker.notices.announce import announce
from broker.notices.notice import Notice, notice_to
from broker.notices.words import rendered
from collateral.custody.authority import mark_reminded, renew_silent, to_remind
from collateral.custody.difference import ReconciliationRun
from collateral.custody.places import licences_ending
from onboarding.clients import Client, Signatory
from onboarding.users import Role

WATCHERS = (Role.OPERATIONS, Role.COMPLIANCE)
SAID = 20  # Of many differences the notice names the first.


def announce_licences(*, now: datetime) -> int:
    """Tell of each licence 60, 30 and 7 days before it ends, and when it has; once each."""
    return sum(
        announce(
            f"licence:{ending.licence.pk}:{ending.told_at}",
            "custody/licence",
            roles=WATCHERS,
            context={"ending": ending},
            now=now,
        )
        for ending in licences_ending(now=now)
    )


def announce_differences(runs: Iterable[ReconciliationRun], *, now: datetime) -> int:
    """Tell of each run that opened differences; one that found what is known says nothing."""
    told = 0
    for run in runs:
        opened = list(run.opened.select_related("place").order_by("pk"))
        if opened:
            told += announce(
                f"reconciled:{run.pk}",
                "custody/differences",
                roles=WATCHERS,
                context={"run": run, "opened": opened[:SAID], "more": len(opened[SAID:])},
                now=now,
            )
    return told


def announce_exceptions(reports: Sequence, *, now: datetime) -> int:
    """Tell operations and compliance of the morning's open exceptions, the spreadsheet attached."""
    spreadsheet = next(report for report in reports if report.format == "xlsx")
    return announce(
        f"report:{spreadsheet.name}:{spreadsheet.as_of_date}",
        "custody/exceptions",
        roles=WATCHERS,
        context={"report": spreadsheet},
        report=spreadsheet,
        now=now,
    )


def keep_authorities(*, now: datetime) -> tuple[int, int]:
    """
    Remind the clients whose standing authority ends, and confirm what silence renewed (CSR-4).

    How many were reminded and renewed. A client whom nobody can be told for is not reminded: its
    authority lapses, rather than be renewed by a silence that nobody was asked to break.
    """
    reminded = sum(_remind(authority, now=now) for authority in to_remind(now=now))
    with transaction.atomic():
        renewed = renew_silent(now=now)
        for authority in renewed:
            _tell_client(
                f"authority-renewed:{authority.pk}",
                "custody/authority_renewed",
                authority.client,
                {"authority": authority},
                now=now,
            )
    return reminded, len(renewed)


@transaction.atomic
def _remind(authority, *, now: datetime) -> bool:
    told = _tell_client(
        f"authority-ends:{authority.pk}",
        "custody/authority_ends",
        authority.client,
        {"authority": authority},
        now=now,
    )
    if told:
        mark_reminded(authority, now=now)
    return bool(told)


def _tell_client(key: str, occasion: str, client: Client, context: dict, *, now: datetime) -> int:
    """Write the notice to every signatory of the client; how many people that is."""
    context = context | {"client": client}
    subject, body = rendered(occasion, "subject", context), rendered(occasion, "body", context)
    signing = Signatory.objects.filter(client=client, user__is_active=True)
    people = [each.user for each in signing.select_related("user").order_by("pk")]
    Notice.objects.bulk_create(
        (
            notice_to(
                user,
                key=f"{key}:{user.pk}",
                occasion=occasion,
                client=client,
                subject=subject,
                body=body,
                now=now,
            )
            for user in people
        ),
        ignore_conflicts=True,
    )
    return len(people)
