"""
Each role against each command: who may propose it, who may decide it, by function and by page.

The table below is the house's own, written out again: the product must agree with it.
"""

import pytest
from django.db import transaction

from onboarding.approvals import (
    NotAllowed,
    Proposal,
    Refused,
    State,
    approve,
    commands,
    propose,
    refuse,
)
from onboarding.clients import Client
from onboarding.hands import NEVER_DECIDE, Area
from onboarding.lifecycle import move
from onboarding.rights import PERMISSIONS
from onboarding.users import Role
from tests.factories import (
    NOON,
    a_parameter,
    a_price_file,
    client_user,
    house,
    manager_for,
    margin_account,
    staff,
)
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db

CLIENT_CARE = {"rm", "compliance"}
# Command: who proposes, who decides.
TABLE = {
    "haircut": ({"risk_officer"}, {"compliance"}),
    "frr_haircut": ({"finance"}, {"compliance"}),
    "manual_price": ({"risk_officer"}, {"compliance", "responsible_officer", "mic_rm"}),
    "price_file": ({"operations"}, {"finance"}),
    "margin_terms": ({"risk_officer"}, {"compliance"}),
    "benchmark_rate": ({"finance"}, {"compliance"}),
    "approval_size": ({"risk_officer"}, {"mic_rm"}),
    "parameter": ({"risk_officer", "compliance"}, {"responsible_officer", "mic_rm"}),
    "product_switch": ({"compliance"}, {"responsible_officer"}),
    "credit_limit": ({"rm", "credit_officer"}, {"credit_officer"}),
    "credit_limit above its size": ({"rm", "credit_officer"}, {"mic_rm"}),
    "suspend_client": (
        {"rm", "credit_officer", "risk_officer", "compliance"},
        {"risk_officer", "compliance", "responsible_officer"},
    ),
    "reactivate_client": ({"rm", "credit_officer", "compliance"}, {"compliance"}),
    "close_client": (CLIENT_CARE, {"compliance"}),
    "handover": (CLIENT_CARE, {"responsible_officer"}),
}


class Scene:
    """A client with an account and a manager, and a payload for each line of the table."""

    def __init__(self):
        house()
        self.account = margin_account(credit_limit="1000000")
        self.manager = manager_for(self.account)
        self.successor = staff(Role.RM)
        self.parameter = a_parameter()

    def person(self, role: str):
        """Somebody of that role; the manager is the client's own."""
        if role == Role.CLIENT:
            return client_user(self.account)
        return self.manager if role == Role.RM else staff(role)

    def payload(self, line: str) -> dict:
        number = self.account.client.number
        limit = {
            "account": self.account.number,
            "reasons": ["financial_situation"],
            "assessment": "Audited accounts.",
            "review_date": "2027-03-01",
        }
        return {
            "haircut": {"asset": "BTC", "lending": "0.65", "liquidation": "0.4"},
            "frr_haircut": {"asset": "0700", "frr": "0.2"},
            "manual_price": {
                "asset": "BTC",
                "value": "525000",
                "expires_at": "2026-03-04T14:00",
            },
            "price_file": {"file": a_price_file().sha256},
            "margin_terms": {"name": "House terms", "warn": "0.89"},
            "benchmark_rate": {
                "currency": "HKD",
                "rate": "0.05",
                "from_date": "2026-03-10",
                "source": "HKMA",
            },
            "approval_size": {"command": "credit_limit", "amount": "1"},
            "parameter": {
                "parameter": self.parameter.name,
                "value": "7",
                "source": "the house's decision",
                "verified": "no",
            },
            "product_switch": {"entity": "ZZZ999", "feature": "va_financing", "on": "off"},
            "credit_limit": limit | {"limit": "20000000"},
            "credit_limit above its size": limit | {"limit": "20000000.01"},
            "handover": {
                "client": number,
                "manager": self.successor.username,
                "from_date": "2026-03-05",
            },
        }.get(line, {"client": number})

    def prepared(self, line: str) -> str:
        """The command of the line, with what it needs to be possible."""
        if line == "reactivate_client":
            move(self.account.client, Client.suspend, reason="x", now=NOON)
        return line.partition(" ")[0]


@pytest.fixture
def scene(time_machine):
    time_machine.move_to(NOON, tick=False)
    return Scene()


@pytest.mark.rule("VAF-18")
@pytest.mark.parametrize("line", TABLE)
def test_each_role_proposes_what_the_table_says_and_nothing_else(scene, line):
    command, payload = scene.prepared(line), scene.payload(line)
    may = set()
    for role in Role:
        by = scene.person(role)
        try:
            proposal = propose(command, payload, by=by, reason="x", now=NOON)
        except NotAllowed:
            continue
        assert (proposal.maker, proposal.state) == (by, State.PROPOSED)
        may.add(role.value)

    assert may == TABLE[line][0]


@pytest.mark.rule("VAF-18")
@pytest.mark.parametrize("line", TABLE)
@pytest.mark.parametrize("door", ["function", "page"])
def test_each_role_decides_what_the_table_says_and_nothing_else(scene, client, line, door):
    proposes, decides = TABLE[line]
    command, payload = scene.prepared(line), scene.payload(line)
    maker = scene.person(sorted(proposes)[0])
    proposal = propose(command, payload, by=maker, reason="x", now=NOON)

    def by_function(by, decide):
        try:
            decide(proposal, by=by, reason="x", now=NOON)
        except NotAllowed:
            return

    def by_page(by, decide):
        client.force_login(by)
        answer = {"decision": decide.__name__, "reason": "x"}
        client.post(f"/staff/approvals/{proposal.pk}/", answer)

    may = {approve: set(), refuse: set()}
    for decide, state in ((approve, State.APPROVED), (refuse, State.REFUSED)):
        for role in Role:
            with transaction.atomic():
                (by_function if door == "function" else by_page)(scene.person(role), decide)
                if Proposal.objects.get(pk=proposal.pk).state == state:
                    may[decide].add(role.value)
                transaction.set_rollback(True)

    # A relationship manager who proposed is the same person, and decides nothing here anyway.
    assert may == {approve: decides, refuse: decides}


@pytest.mark.rule("VAF-18")
@pytest.mark.parametrize("line", TABLE)
def test_nobody_of_any_role_decides_the_own_proposal_by_any_door(scene, client, line):
    command, payload = scene.prepared(line), scene.payload(line)
    for role in sorted(TABLE[line][0]):
        maker = scene.person(role)
        proposal = propose(command, payload, by=maker, reason="x", now=NOON)
        for decide in (approve, refuse):
            with pytest.raises(NotAllowed):
                decide(proposal, by=maker, reason="x", now=NOON)
        client.force_login(maker)
        answer = {"decision": "approve", "reason": "x"}
        client.post(f"/staff/approvals/{proposal.pk}/", answer)
        chosen = {"chosen": [proposal.pk], "confirmed": "yes", "reason": "x"}
        client.post("/staff/approvals/together/", chosen)
        # And where the role is one that decides, the database still sees the same person.
        sql("UPDATE onboarding_user SET role = %s WHERE id = %s", proposal.approvers[0], maker.pk)
        with refused("proposal_maker_is_not_checker"):
            Proposal.objects.filter(pk=proposal.pk).update(
                checker=maker, state="approved", decided_at=NOON, decision_reason="x", outcome={}
            )
        sql("UPDATE onboarding_user SET role = %s WHERE id = %s", role, maker.pk)
        assert Proposal.objects.get(pk=proposal.pk).state == State.PROPOSED


# --- Every command there is, those of the table and any other ------------------------------------


EVERY = [command.name for command in commands()]


def named(name):
    return next(command for command in commands() if command.name == name)


def test_the_table_knows_only_commands_that_exist():
    assert {line.partition(" ")[0] for line in TABLE} <= set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_a_role_that_does_not_propose_a_command_is_refused_before_its_payload_is_read(name):
    command = named(name)
    for role in set(Role) - command.proposes:
        by = client_user() if role == Role.CLIENT else staff(role)
        with pytest.raises(NotAllowed, match="does not propose"):
            propose(name, {}, by=by, reason="x", now=NOON)


@pytest.mark.parametrize("name", EVERY)
def test_who_only_looks_never_proposes(name):
    assert not named(name).proposes & NEVER_DECIDE


@pytest.mark.parametrize("name", EVERY)
def test_an_empty_payload_is_refused_in_words_and_breaks_nothing(name):
    """Whatever is wrong with a payload is said: no door answers with an error of the program."""
    house()
    command = named(name)
    for role in sorted(command.proposes):
        with pytest.raises(Refused):
            propose(name, {}, by=staff(role), reason="x", now=NOON)


def test_who_sets_risk_does_not_operate():
    def proposers(area):
        return {role for command in commands() if command.area == area for role in command.proposes}

    operate = proposers(Area.OPERATIONS) | {Role.OPERATIONS, Role.DEALING}
    assert not operate & proposers(Area.RISK_PARAMETER)


@pytest.mark.rule("VAF-18")
def test_the_people_who_answer_for_financing_are_roles_with_rights():
    for role in (Role.RESPONSIBLE_OFFICER, Role.MIC_OMO, Role.MIC_RM):
        assert PERMISSIONS[role]
    assert TABLE["product_switch"][1] == {Role.RESPONSIBLE_OFFICER}
    assert TABLE["credit_limit above its size"][1] == {Role.MIC_RM}
