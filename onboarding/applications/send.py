"""Send: those who sign confirm that it is complete and true, and with the last it is with us."""

from datetime import datetime

from django.db import transaction

from onboarding.applications.application import Application, State
from onboarding.applications.party import ApplicationParty
from onboarding.applications.people import Confirmation, confirmed_by
from onboarding.applications.refusals import ChangedMeanwhile, NotPossible
from onboarding.applications.screened import screen_parties
from onboarding.applications.steps import missing, signatures_needed
from onboarding.lifecycle import move


def signing_party(application: Application, user) -> ApplicationParty | None:
    """Whom of those who sign `user` is; None for a login that only fills in."""
    for party in application.parties.filter(user=user):
        party.application = application
        if party.signs:
            return party
    return None


@transaction.atomic
def confirm(application: Application, *, edition: int, by, now: datetime) -> Application:
    """
    Confirm what the page showed; with enough of those who sign, it is submitted, or goes back into
    review where something was corrected.

    Confirming twice is confirming once. A retail applicant gets no further than here, whatever the
    door (PI-2 to PI-5; `application_is_professional` in the database).

    :raises NotPossible: something is missing, or `by` does not sign
    :raises ChangedMeanwhile: it was changed after the page was shown
    """
    row = Application.objects.locked().get(pk=application.pk)
    if signing_party(row, by) is None:
        raise NotPossible("You are not entered as somebody who signs.")
    if row.state not in (State.DRAFT, State.INFORMATION_ASKED):
        if row.confirmations.filter(user=by, edition=edition).exists():
            return row
        raise NotPossible("It was sent already.")
    if edition != row.edition:
        raise ChangedMeanwhile
    lacking = missing(row, now=now)
    if lacking:
        raise NotPossible(" ".join(lacking))
    Confirmation.objects.get_or_create(
        application=row, user=by, edition=row.edition, defaults={"at": now}
    )
    Application.objects.filter(pk=row.pk).update(touched_at=now)
    if row.state == State.INFORMATION_ASKED:
        return go_on_with_review(row, by=by, now=now)
    if not is_confirmed(row):
        row.refresh_from_db()
        return row
    names = ", ".join(str(each.user) for each in confirmed_by(row))
    return move(row, Application.submit, reason=f"confirmed by {names}", mover=by, now=now)


def is_confirmed(application: Application) -> bool:
    """Whether as many of those who sign as must have confirmed it as it is."""
    needed = signatures_needed(application, list(application.parties.all()))
    signing = {party.user_id for party in application.parties.all() if party.signs}
    given = {each.user_id for each in confirmed_by(application)} & signing
    return needed is not None and len(given) >= needed


def go_on_with_review(application: Application, *, by, now: datetime) -> Application:
    """Back into review where all is answered, and what was corrected is confirmed."""
    if application.requests.filter(answered_at=None).exists() or not is_confirmed(application):
        application.refresh_from_db()
        return application
    screen_parties(application, now=now)
    reason = "all that was asked for is there"
    return move(application, Application.answer, reason=reason, mover=by, now=now)


@transaction.atomic
def withdraw(application: Application, *, by, reason: str, now: datetime) -> Application:
    """
    The applicant takes it back; it cannot be taken up again.

    :raises NotPossible: it has been decided, or it is not the asker's
    """
    row = Application.objects.locked().get(pk=application.pk)
    if not row.applicants.filter(user=by).exists():
        raise NotPossible("This application is not yours.")
    if row.state == State.WITHDRAWN:
        return row
    if row.is_ended or row.state == State.APPROVED:
        raise NotPossible("It has been decided, and cannot be withdrawn any more.")
    if row.state != State.DRAFT and signing_party(row, by) is None:
        raise NotPossible("Somebody who signs may withdraw it.")
    return move(row, Application.withdraw, reason=reason.strip() or "withdrawn", mover=by, now=now)
