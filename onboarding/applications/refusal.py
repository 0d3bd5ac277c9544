"""
Refuse an application, by two people. The reason stays in the house.

What the applicant is told is the same whatever the reason, so that it gives nothing away (AML-12).
"""

from datetime import datetime

from onboarding.applications.application import Application, State
from onboarding.applications.named import in_state
from onboarding.approvals import Command, Difference, Proposal, register
from onboarding.hands import REFUSE_APPLICATION
from onboarding.lifecycle import move

_OPEN = (State.SUBMITTED, State.IN_REVIEW, State.INFORMATION_ASKED, State.CREDIT)


def _differs(payload: dict) -> Difference:
    application = in_state(payload, _OPEN)
    return [(str(application), application.get_state_display(), State.REFUSED.label)]


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    application = move(
        in_state(payload, _OPEN),
        Application.refuse,
        reason=proposal.reason,
        mover=proposal.checker,
        now=now,
    )
    return {"application": application.number, "state": application.state}


register(
    Command(
        name="refuse_application",
        title="Refuse an application",
        proposes=REFUSE_APPLICATION.proposes,
        approves=lambda payload: REFUSE_APPLICATION.approves,
        apply=_apply,
        differs=_differs,
    )
)
