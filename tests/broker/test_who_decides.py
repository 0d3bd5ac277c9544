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
    files,
    give,
    house,
    manager_for,
    margin_account,
    price,
    staff,
)
from tests.factories.applications import CREDIT, decided, submitted, with_credit
from tests.factories.credit import application
from tests.factories.custody import a_difference, an_action_applied, an_authority
from tests.factories.investors import InvestorScene
from tests.factories.screening import ASKED, asked
from tests.lending.limits.groups import connect
from tests.lending.limits.groups import payload as payload_of_group
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db

CLIENT_CARE = {"rm", "compliance"}
INTAKE = {"rm", "onboarding_officer"}
CONNECTING = INTAKE | {"credit_officer", "compliance"}
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
    "group_limit": ({"credit_officer"}, {"mic_rm"}),
    "credit_assessment": ({"rm", "credit_officer"}, {"credit_officer"}),
    "suspend_client": (
        {"rm", "credit_officer", "risk_officer", "compliance"},
        {"risk_officer", "compliance", "responsible_officer"},
    ),
    "reactivate_client": ({"rm", "credit_officer", "compliance"}, {"compliance"}),
    "close_client": (CLIENT_CARE, {"compliance"}),
    "handover": (CLIENT_CARE, {"responsible_officer"}),
    "refuse_application": ({"onboarding_officer", "credit_officer"}, {"compliance"}),
    "application_credit": ({"credit_officer"}, {"credit_officer"}),
    "application_credit above its size": ({"credit_officer"}, {"mic_rm"}),
    "open_account": ({"onboarding_officer"}, {"compliance"}),
    "legal_hold": ({"compliance", "mlro"}, {"mlro", "responsible_officer"}),
    "disclosure_version": ({"compliance"}, {"responsible_officer"}),
    "erase_documents": ({"compliance"}, {"responsible_officer"}),
    "confirm_investor": (INTAKE, {"compliance"}),
    "withdraw_investor": (INTAKE | {"compliance"}, {"compliance"}),
    "qualify_investor": (INTAKE, {"compliance"}),
    "confirm_qualification": (INTAKE, {"compliance"}),
    "record_training": (INTAKE, {"compliance"}),
    "knowledge_bank": ({"compliance"}, {"responsible_officer"}),
    "connect_clients": (CONNECTING, {"credit_officer", "compliance"}),
    "disconnect_clients": (CONNECTING, {"credit_officer", "compliance"}),
    "pep_approval": ({"compliance", "mlro"}, {"responsible_officer", "mic_omo"}),
    "hk_designation": ({"compliance"}, {"compliance", "mlro"}),
    "release_payment": ({"operations"}, {"mlro"}),
    "return_payment": ({"operations"}, {"compliance", "mlro"}),
    "custody_place": ({"operations", "compliance"}, {"compliance", "responsible_officer"}),
    "corporate_action": ({"operations"}, {"operations", "compliance", "risk_officer"}),
    "pay_corporate_action": ({"operations"}, {"finance", "responsible_officer"}),
    "close_difference": ({"operations"}, {"compliance", "finance"}),
    "pledge_securities": ({"operations", "rm"}, {"operations", "responsible_officer"}),
    "release_securities": ({"operations", "rm"}, {"credit_officer", "responsible_officer"}),
    "standing_authority": (
        {"operations", "rm", "compliance"},
        {"compliance", "responsible_officer"},
    ),
    "end_standing_authority": (
        {"operations", "rm", "compliance"},
        {"compliance", "responsible_officer"},
    ),
}


SPLIT = {
    "asset": "0700",
    "kind": "split",
    "ex_date": "2026-03-05",
    "new": "5",
    "old": "1",
    "fractions": "cash",
    "source": "Circular",
}


class Scene:
    """A client with an account and a manager, and a payload for each line of the table."""

    def __init__(self):
        house()
        self.account = margin_account(credit_limit="1000000")
        self.manager = manager_for(self.account)
        self.successor = staff(Role.RM)
        self.parameter = a_parameter()
        self.investors = InvestorScene(self.account.client, self.manager)
        self.action = 0
        self.difference = 0

    def person(self, role: str):
        """Somebody of that role; the manager is the client's own."""
        if role == Role.CLIENT:
            return client_user(self.account)
        return self.manager if role == Role.RM else staff(role)

    def payload(self, line: str) -> dict:
        if line in ASKED:
            return asked(line, self.account.client)
        number = self.account.client.number
        limit = {
            "account": self.account.number,
            "reasons": ["financial_situation"],
            "assessment": "Audited accounts.",
            "review_date": "2027-03-01",
        }
        transfer = {
            "account": self.account.number,
            "asset": "0700",
            "units": "100",
            "participant": "B01234",
            "reference": "T-1",
            "evidence": "CCASS report",
        }
        known = {
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
            "group_limit": payload_of_group(self.account),
            "credit_assessment": application(self.account.client, by=self.manager),
            "handover": {
                "client": number,
                "manager": self.successor.username,
                "from_date": "2026-03-05",
            },
            "disclosure_version": {
                "code": "va_rules",
                "title_en": "Rules",
                "title_zh": "規則",
                "body_en": "As they are.",
                "body_zh": "如其所是。",
            },
            "legal_hold": {"client": number, "on": "on", "reference": "HKP 12/2026"},
            "corporate_action": SPLIT,
            "pay_corporate_action": {"action": f"{self.action}", "evidence": "Bank statement"},
            "close_difference": {"difference": f"{self.difference}", "explanation": "Booked late"},
            "pledge_securities": transfer,
            "release_securities": transfer,
            "standing_authority": {
                "client": number,
                "starts_on": "2026-03-05",
                "expires_on": "2027-03-04",
                "evidence": "Signed form",
            },
            "end_standing_authority": {"client": number, "how": "revocation", "evidence": "Letter"},
            "custody_place": {"code": "NEW", "kind": "broker", "name": "A broker"},
            **self.investors.payloads(),
        }
        return known.get(line) or self._of_application(line) or {"client": number}

    def _of_application(self, line: str) -> dict | None:
        """An application as far on as the command of the line needs it."""
        command = line.partition(" ")[0]
        if command == "application_credit":
            credit = CREDIT | {"application": with_credit().number}
            return credit if command == line else credit | {"limit": "20000000.01"}
        made = {"refuse_application": submitted, "open_account": decided}.get(command)
        return made and {"application": made().number}

    def prepared(self, line: str) -> str:
        """The command of the line, with what it needs to be possible."""
        if line == "reactivate_client":
            move(self.account.client, Client.suspend, reason="x", now=NOON)
        if line == "erase_documents":
            files.document(client_user(), now=NOON.replace(year=2018))
        self.investors.prepare(line)
        if line == "group_limit":
            connect(self.account, margin_account())
        if line.startswith("credit_limit"):
            give(self.account, {"BTC": "1"})
            price("BTC", "700000", at=NOON)
        if line == "release_securities":
            give(self.account, {"0700": "100"})
        if line == "pay_corporate_action":
            give(self.account, {"0005": "100"})
            self.action = an_action_applied().pk
        if line == "close_difference":
            self.difference = a_difference(self.account).pk
        if line == "end_standing_authority":
            an_authority(self.account)
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
