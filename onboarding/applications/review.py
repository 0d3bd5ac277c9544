"""Review: an officer takes it, asks, passes it to credit; the applicant answers item by item."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from onboarding.applications.application import Application, State
from onboarding.applications.checks import LATE, not_passed
from onboarding.applications.periods import STALE, period
from onboarding.applications.refusals import NotPossible
from onboarding.applications.request import Request, Wanted
from onboarding.applications.screened import screen_parties
from onboarding.applications.send import go_on_with_review, signing_party
from onboarding.applications.steps import missing, steps_for
from onboarding.hands import APPLICATION_CREDIT
from onboarding.lifecycle import move
from onboarding.users import Role, User

REVIEWS = "onboarding.review_applications"
MOST_REQUESTS = 50


@dataclass(frozen=True, slots=True)
class Item:
    """What is asked for: one thing, in the applicant's words."""

    wanted: str
    question: str
    step: str = ""


def _row(application: Application, *, by, states: Iterable[str]) -> Application:
    if not by.is_active or not by.has_perm(REVIEWS):
        raise NotPossible("Your role does not review applications.")
    row = Application.objects.locked().get(pk=application.pk)
    if row.state not in states:
        raise NotPossible(f"It is {row.get_state_display().lower()}, so this cannot be done.")
    return row


@transaction.atomic
def take(application: Application, *, by, now: datetime) -> Application:
    """
    The officer looks after it from here.

    :raises NotPossible: not the role, or somebody took it first
    """
    row = _row(application, by=by, states=[State.SUBMITTED])
    screen_parties(row, now=now)
    return move(row, Application.take, reason="taken into review", mover=by, officer=by, now=now)


@transaction.atomic
def assign(application: Application, manager: User, *, by, now: datetime) -> Application:
    """
    Name the relationship manager who will serve the client.

    :raises NotPossible: not the role, decided already, or no relationship manager
    """
    row = _row(
        application,
        by=by,
        states=[
            State.DRAFT,
            State.SUBMITTED,
            State.IN_REVIEW,
            State.INFORMATION_ASKED,
            State.CREDIT,
        ],
    )
    if manager is None or manager.role != Role.RM or not manager.is_active:
        raise NotPossible("Choose a relationship manager.")
    Application.objects.filter(pk=row.pk).update(manager=manager)
    row.refresh_from_db()
    return row


@transaction.atomic
def ask(application: Application, items: Iterable[Item], *, by, now: datetime) -> Application:
    """
    Ask the applicant for one thing or several; it waits for the answers.

    :raises NotPossible: not the role or the state, nothing asked, or no such step
    """
    row = _row(application, by=by, states=[State.IN_REVIEW, State.CREDIT])
    items = list(items)
    if not items:
        raise NotPossible("Say what you ask for.")
    if row.requests.count() + len(items) > MOST_REQUESTS:
        raise NotPossible(f"More than {MOST_REQUESTS} requests cannot be made here.")
    for item in items:
        if item.wanted not in Wanted.values or not item.question.strip():
            raise NotPossible("Say what you ask for, in the applicant's words.")
        open_to_correct = [step for step in steps_for(row.kind) if step != "confirm"]
        if item.wanted == Wanted.CORRECTION and item.step not in open_to_correct:
            raise NotPossible("Say which step is to be corrected.")
    Request.objects.bulk_create(
        Request(
            application=row,
            wanted=item.wanted,
            question=item.question.strip(),
            step=item.step if item.wanted == Wanted.CORRECTION else "",
            asked_by=by,
            asked_at=now,
        )
        for item in items
    )
    return move(row, Application.ask, reason=f"{len(items)} asked", mover=by, now=now)


@transaction.atomic
def answer(request: Request, words: str, *, by, now: datetime) -> Request:
    """
    Answer one request; with the last of them the review goes on.

    A correction is answered when its step was saved, and then those who sign confirm anew; that all
    is still true is said by one who signs. Answering the same twice changes nothing.

    :raises NotPossible: not yours, answered already, or nothing is in the answer
    """
    row = Application.objects.locked().get(pk=request.application_id)
    if not row.applicants.filter(user=by).exists():
        raise NotPossible("This application is not yours.")
    item = Request.objects.select_for_update().get(pk=request.pk)
    words = words.strip()
    if item.answered_at:
        if item.answer == words and item.answered_by_id == by.pk:
            return item
        raise NotPossible("It is answered already.")
    if row.state != State.INFORMATION_ASKED:
        raise NotPossible("Nothing is asked for at present.")
    if item.wanted == Wanted.ANSWER and not words:
        raise NotPossible("Write your answer.")
    if len(words) > 4_000:
        raise NotPossible("Your answer is longer than 4,000 characters.")
    if item.wanted == Wanted.DOCUMENT:
        _refuse_without_document(item)
    if item.wanted == Wanted.CORRECTION:
        _refuse_uncorrected(row, item, now=now)
    if item.wanted == Wanted.CONFIRMATION and signing_party(row, by) is None:
        raise NotPossible("Somebody who signs confirms this.")
    item.answer, item.answered_by, item.answered_at = words, by, now
    item.save(update_fields=["answer", "answered_by", "answered_at"])
    Application.objects.filter(pk=row.pk).update(touched_at=now)
    go_on_with_review(row, by=by, now=now)
    return item


def _refuse_without_document(item: Request) -> None:
    if not item.papers.exists():
        raise NotPossible("Choose the file.")


def _refuse_uncorrected(row: Application, item: Request, *, now: datetime) -> None:
    steps = row.told.filter(at__gt=item.asked_at)
    step = item.step
    changed = (
        steps.filter(step__startswith="party ").exists()
        if step == "parties"
        else steps.filter(step=step).exists()
    )
    if step not in ("people", "documents") and not changed:
        raise NotPossible("Nothing on that page was changed yet.")
    lacking = missing(row, now=now)
    if lacking:
        raise NotPossible(" ".join(lacking))


@transaction.atomic
def pass_to_credit(application: Application, *, by, reason: str, now: datetime) -> Application:
    """
    The review is done as far as it can be before a limit is set.

    :raises NotPossible: not the role or state, a check is not passed, or nobody is to serve it
    """
    row = _row(application, by=by, states=[State.IN_REVIEW])
    open_checks = not_passed(row, now=now, but=LATE)
    if open_checks:
        raise NotPossible("Not passed: " + "; ".join(each.title for each in open_checks) + ".")
    if row.manager_id is None:
        raise NotPossible("Name the relationship manager first.")
    return move(
        row,
        Application.pass_to_credit,
        reason=reason.strip() or "reviewed",
        mover=by,
        now=now,
    )


@transaction.atomic
def hand_back(application: Application, *, by, reason: str, now: datetime) -> Application:
    """
    Credit, or the officer, wants something looked at again.

    :raises NotPossible: not the role or state, or no reason
    """
    if by.role not in APPLICATION_CREDIT.proposes and not by.has_perm(REVIEWS):
        raise NotPossible("Your role does not hand applications back.")
    row = Application.objects.locked().get(pk=application.pk)
    if row.state != State.CREDIT:
        raise NotPossible(f"It is {row.get_state_display().lower()}, so this cannot be done.")
    if not reason.strip():
        raise NotPossible("Say what is to be looked at again.")
    return move(row, Application.hand_back, reason=reason.strip(), mover=by, now=now)


def stale_since(application: Application, *, now: datetime) -> datetime | None:
    """When what was confirmed ran out; None where it still holds."""
    if application.submitted_at is None:
        return None
    again = (
        application.requests.filter(wanted=Wanted.CONFIRMATION, answered_at__isnull=False)
        .order_by("-answered_at")
        .values_list("answered_at", flat=True)
        .first()
    )
    runs_out = max(filter(None, (application.submitted_at, again))) + period(STALE, now=now)
    return runs_out if runs_out <= now else None
