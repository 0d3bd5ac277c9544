"""The timetable ends what nobody decided in time."""

from datetime import timedelta

import pytest

from onboarding.approvals import Proposal, State, propose
from onboarding.tasks import expire_proposals
from onboarding.users import Role
from tests.factories import NOON, house, staff

pytestmark = pytest.mark.django_db


def test_a_proposal_that_nobody_decided_expires_once(time_machine):
    house()
    payload = {"asset": "BTC", "lending": "0.65", "liquidation": "0.4"}
    propose("haircut", payload, by=staff(Role.RISK_OFFICER), reason="thin", now=NOON)

    time_machine.move_to(NOON + timedelta(days=7) - timedelta(seconds=1), tick=False)
    expire_proposals()
    assert Proposal.objects.get().state == State.PROPOSED

    time_machine.move_to(NOON + timedelta(days=7), tick=False)
    for _ in range(2):
        expire_proposals()
    proposal = Proposal.objects.get()
    assert (proposal.state, proposal.checker) == (State.EXPIRED, None)
    assert [move.step for move in proposal.moves.all()] == ["expire"]
