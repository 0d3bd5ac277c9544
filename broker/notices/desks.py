"""Desks: what of an application is told to the staff who have to do something now."""

from collections.abc import Iterable
from datetime import datetime

from broker.notices.notice import Notice, notice_to
from broker.notices.words import rendered
from onboarding.applications.application import Application, ApplicationMove
from onboarding.applications.review import REVIEWS
from onboarding.hands import APPLICATION_CREDIT
from onboarding.rights import PERMISSIONS
from onboarding.users import User

_OFFICERS = [role for role, rights in PERMISSIONS.items() if REVIEWS in rights]
# Step: the occasion, and the roles of the desk; none where it is the officer's who has it.
DESKS = {
    "submit": ("application/desk_submit", _OFFICERS),
    "answer": ("application/desk_answer", []),
    "pass_to_credit": ("application/desk_credit", sorted(APPLICATION_CREDIT.proposes)),
    "hand_back": ("application/desk_hand_back", []),
    "withdraw": ("application/desk_withdraw", []),
}


def to_desks(moves: Iterable[ApplicationMove], *, now: datetime) -> list[Notice]:
    """The notices, unsaved, of the moves that ask somebody in the house for the next step."""
    moves = [move for move in moves if move.step in DESKS]
    if not moves:
        return []
    subjects = Application.objects.select_related("officer").prefetch_related("parties")
    applications = subjects.in_bulk({move.subject_id for move in moves})
    notices = []
    for move in moves:
        application = applications[move.subject_id]
        occasion, roles = DESKS[move.step]
        context = {"application": application, "move": move, "now": now}
        subject, body = rendered(occasion, "subject", context), rendered(occasion, "body", context)
        notices += [
            notice_to(
                user,
                key=f"applicationmove:{move.pk}:desk:{user.pk}",
                occasion=occasion,
                subject=subject,
                body=body,
                now=now,
            )
            for user in _desk(application, roles)
        ]
    return notices


def _desk(application: Application, roles: list) -> list[User]:
    if not roles:
        officer = application.officer
        return [officer] if officer and officer.is_active else []
    return list(User.objects.filter(role__in=roles, is_active=True).order_by("pk"))
