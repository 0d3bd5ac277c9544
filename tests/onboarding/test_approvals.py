"""One person asks, another answers: no door and no haste makes it one and the same."""

from datetime import timedelta

import pytest

from onboarding import commands
from onboarding.approvals import (
    Command,
    HandsMixed,
    Invalid,
    NotAllowed,
    NotOpen,
    Proposal,
    Stale,
    State,
    approve,
    approve_many,
    expire_due,
    may_decide,
    propose,
    refuse,
    register,
    withdraw,
)
from onboarding.clients import Client, Service
from onboarding.hands import Area
from onboarding.users import Role
from tests.factories import LONG_AGO, NOON, staff
from tests.proofs import guards_down, refused, sql, together

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
OFFICER = Role.RISK_OFFICER

pytestmark = pytest.mark.django_db


class Lamp:
    """Something with a colour, to be changed by two people."""

    colour = "red"
    fails = False


@pytest.fixture(autouse=True)
def lamp(monkeypatch):
    """A command of the tests' own, beside those of the product."""
    monkeypatch.setattr(commands, "_COMMANDS", dict(commands._COMMANDS))
    lamp = Lamp()

    def paint(payload, *, proposal, now):
        lamp.colour = payload["colour"]
        if lamp.fails:
            raise Invalid("The paint ran out.")
        return {"colour": lamp.colour, "by": proposal.checker.username}

    register(
        Command(
            name="paint",
            title="Paint the lamp",
            proposes=frozenset({OFFICER, Role.RM}),
            approves=lambda payload: frozenset(
                {Role.MIC_RM} if payload["colour"] == "gold" else {OFFICER, Role.COMPLIANCE}
            ),
            apply=paint,
            differs=lambda payload: [("Colour", lamp.colour, payload["colour"])],
        )
    )
    return lamp


@pytest.fixture
def maker():
    return staff(OFFICER)


@pytest.fixture
def checker():
    return staff(Role.COMPLIANCE)


def proposed(by, colour="blue", **fields) -> Proposal:
    return propose("paint", {"colour": colour}, by=by, reason="too red", now=NOON, **fields)


def stored(row):
    return Proposal.objects.get(pk=row.pk)


# --- Two people ----------------------------------------------------------------------------------


def test_nothing_changes_until_a_second_person_approves(lamp, maker, checker):
    proposal = proposed(maker)
    assert (lamp.colour, proposal.state) == ("red", State.PROPOSED)
    assert proposal.difference == [["Colour", "red", "blue"]]

    decided = approve(proposal, by=checker, reason="seen", now=NOON + DAY)

    assert lamp.colour == "blue"
    assert (decided.state, decided.checker, decided.decided_at) == (
        State.APPROVED,
        checker,
        NOON + DAY,
    )
    assert decided.decision_reason == "seen"
    assert decided.outcome == {"colour": "blue", "by": checker.username}
    [move] = decided.moves.all()
    assert (move.step, move.mover, move.reason) == ("approve", checker, "seen")


def test_a_refusal_has_a_reason_and_changes_nothing(lamp, maker, checker):
    refusal = refuse(proposed(maker), by=checker, reason="red is fine", now=NOON)

    assert (refusal.state, refusal.decision_reason) == (State.REFUSED, "red is fine")
    assert (lamp.colour, refusal.outcome) == ("red", None)


@pytest.mark.rule("VAF-18")
@pytest.mark.parametrize("decide", [approve, refuse])
def test_nobody_decides_the_own_proposal_though_the_role_may(decide, maker):
    with pytest.raises(NotAllowed, match="your own"):
        decide(proposed(maker), by=maker, reason="me", now=NOON)


def test_a_colleague_of_the_same_role_decides(lamp, maker):
    approve(proposed(maker), by=staff(OFFICER), reason="ok", now=NOON)

    assert lamp.colour == "blue"


def by_update(row, maker):
    Proposal.objects.filter(pk=row.pk).update(
        checker=maker, state="approved", decided_at=NOON, decision_reason="me", outcome={}
    )


def by_bulk_update(row, maker):
    forged = Proposal(
        pk=row.pk,
        checker=maker,
        state="approved",
        decided_at=NOON,
        decision_reason="me",
        outcome={},
    )
    Proposal.objects.bulk_update(
        [forged], ["checker", "state", "decided_at", "decision_reason", "outcome"]
    )


def by_sql(row, maker):
    sql(
        "UPDATE onboarding_proposal SET checker_id = %s, state = 'approved', decided_at = now(),"
        " decision_reason = 'me', outcome = '{}' WHERE id = %s",
        maker.pk,
        row.pk,
    )


@pytest.mark.rule("VAF-18")
@pytest.mark.parametrize("write", [by_update, by_bulk_update, by_sql])
def test_the_database_refuses_a_maker_as_checker(write, maker):
    with refused("proposal_maker_is_not_checker"):
        write(proposed(maker), maker)


@pytest.mark.rule("VAF-18")
def test_it_refuses_even_with_every_trigger_down(maker):
    proposal = proposed(maker)
    with refused("proposal_maker_is_not_checker"), guards_down():
        by_sql(proposal, maker)


def test_the_database_refuses_a_checker_without_the_role(maker):
    with refused("proposal_checker_holds_the_role"):
        by_sql(proposed(maker), staff(Role.OPERATIONS))


def test_the_database_refuses_a_checker_who_has_left(maker):
    with refused("proposal_checker_holds_the_role"):
        by_sql(proposed(maker), staff(Role.COMPLIANCE, is_active=False))


def test_the_database_refuses_an_approval_without_its_move(maker, checker):
    with refused("onboarding_proposal_state_changes_by_move"):
        by_sql(proposed(maker), checker)


# --- Roles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(set(Role) - {OFFICER, Role.RM, Role.CLIENT}))
def test_a_role_that_does_not_propose_it_is_refused(role):
    with pytest.raises(NotAllowed, match="does not propose"):
        proposed(staff(role))


@pytest.mark.parametrize("role", sorted(set(Role) - {OFFICER, Role.COMPLIANCE, Role.CLIENT}))
@pytest.mark.parametrize("decide", [approve, refuse])
def test_a_role_that_does_not_decide_it_is_refused(decide, role, maker):
    with pytest.raises(NotAllowed, match="does not decide"):
        decide(proposed(maker), by=staff(role), reason="x", now=NOON)


def test_what_is_above_a_size_is_decided_by_another_role_alone(lamp, maker, checker):
    proposal = proposed(maker, "gold")
    with pytest.raises(NotAllowed):
        approve(proposal, by=checker, reason="x", now=NOON)

    approve(proposal, by=staff(Role.MIC_RM), reason="x", now=NOON)

    assert lamp.colour == "gold"


def test_a_login_that_was_closed_neither_proposes_nor_decides(maker, checker):
    with pytest.raises(NotAllowed):
        proposed(staff(OFFICER, is_active=False))
    proposal = proposed(maker)
    checker.is_active = False
    with pytest.raises(NotAllowed):
        approve(proposal, by=checker, reason="x", now=NOON)


def test_a_manager_proposes_for_own_clients_alone(maker):
    manager = staff(Role.RM)
    own, other = (
        Client.objects.create(number=number, name=number, kind="person") for number in ("C1", "C2")
    )
    Service.objects.create(client=own, manager=manager, from_date=LONG_AGO.date())

    assert proposed(manager, client=own).client == own
    with pytest.raises(NotAllowed, match="no such client among yours"):
        proposed(manager, client=other)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.CLIENT])
def test_who_only_looks_proposes_nothing_whatever_a_command_says(role):
    with pytest.raises(HandsMixed):
        register(command("peep", proposes={role}))


def command(name, *, proposes, area=Area.CLIENT) -> Command:
    return Command(
        name=name,
        title=name,
        proposes=frozenset(proposes),
        approves=lambda payload: frozenset({Role.AUDITOR, Role.CLIENT, Role.COMPLIANCE}),
        apply=lambda payload, *, proposal, now: {},
        differs=lambda payload: [],
        area=area,
    )


def test_who_only_looks_decides_nothing_whatever_a_command_says(maker):
    register(command("look", proposes={OFFICER}))

    proposal = propose("look", {}, by=maker, reason="x", now=NOON)

    assert proposal.approvers == [Role.COMPLIANCE]


def test_who_operates_sets_no_risk_parameter():
    register(command("send", proposes={Role.OPERATIONS}, area=Area.OPERATIONS))
    with pytest.raises(HandsMixed, match="would operate and set"):
        register(command("level", proposes={Role.OPERATIONS}, area=Area.RISK_PARAMETER))


def test_a_name_is_one_commands():
    with pytest.raises(HandsMixed):
        register(command("paint", proposes={OFFICER}))


# --- What is asked -------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_proposal_and_a_decision_need_a_reason(reason, maker, checker):
    with pytest.raises(Invalid, match="reason"):
        propose("paint", {"colour": "blue"}, by=maker, reason=reason, now=NOON)
    for decide in (approve, refuse):
        with pytest.raises(Invalid, match="reason"):
            decide(proposed(maker), by=checker, reason=reason, now=NOON)


def test_a_command_that_is_not_there_is_not_proposed(maker):
    with pytest.raises(Invalid, match="no command"):
        propose("burn", {}, by=maker, reason="x", now=NOON)


@pytest.mark.parametrize("payload", [{"colour": 0.1}, {"colour": "blue", "deep": [{"x": 1.5}]}])
def test_a_float_never_enters_a_payload(payload, maker):
    with pytest.raises(Invalid, match="numbers travel as text"):
        propose("paint", payload, by=maker, reason="x", now=NOON)


@pytest.mark.parametrize(
    "edit",
    [
        {"payload": {"colour": "black"}},
        {"difference": []},
        {"approvers": [Role.RM]},
        {"reason": "another"},
        {"expires_at": NOON + 90 * DAY},
        {"command": "haircut"},
    ],
)
def test_what_was_proposed_is_never_edited(edit, maker):
    proposal = proposed(maker)
    with refused("onboarding_proposal_append_only"):
        Proposal.objects.filter(pk=proposal.pk).update(**edit)
    with refused("onboarding_proposal_append_only"):
        proposal.delete()


# --- Once ----------------------------------------------------------------------------------------


def ended(maker, checker):
    """A proposal of each end, by its name."""
    approved = approve(proposed(maker), by=checker, reason="x", now=NOON)
    gone = proposed(maker)
    expire_due(now=NOON + WEEK)
    return {
        "approved": approved,
        "refused": refuse(proposed(maker), by=checker, reason="x", now=NOON),
        "withdrawn": withdraw(proposed(maker), by=maker, reason="", now=NOON),
        "expired": stored(gone),
    }


@pytest.mark.parametrize("end", ["approved", "refused", "withdrawn", "expired"])
def test_what_has_ended_is_decided_no_more(end, lamp, maker, checker):
    row = ended(maker, checker)[end]
    assert row.state == end
    lamp.colour = "red"
    for decide, by in ((approve, checker), (refuse, checker), (withdraw, maker)):
        with pytest.raises(NotOpen, match="already"):
            decide(row, by=by, reason="again", now=NOON)
    with refused("proposal_ends_once"):
        sql("UPDATE onboarding_proposal SET decision_reason = 'other' WHERE id = %s", row.pk)
    assert lamp.colour == "red"


def test_only_the_maker_withdraws(maker):
    proposal = proposed(maker)
    with pytest.raises(NotAllowed):
        withdraw(proposal, by=staff(OFFICER), reason="x", now=NOON)

    assert withdraw(proposal, by=maker, reason="on reflection", now=NOON).state == State.WITHDRAWN


def test_a_proposal_expires_on_the_moment(lamp, maker, checker):
    proposal = proposed(maker)
    last = NOON + WEEK - timedelta(microseconds=1)
    assert may_decide(proposal, checker, now=last)
    assert not may_decide(proposal, checker, now=NOON + WEEK)

    assert expire_due(now=last) == 0
    with pytest.raises(NotOpen, match="expired"):
        approve(proposal, by=checker, reason="x", now=NOON + WEEK)
    assert expire_due(now=NOON + WEEK) == 1
    assert expire_due(now=NOON + WEEK) == 0
    assert (lamp.colour, stored(proposal).state) == ("red", State.EXPIRED)


# --- What has changed since ----------------------------------------------------------------------


def test_a_stale_proposal_is_not_approved_and_can_be_refused(lamp, maker, checker):
    first, second = proposed(maker, "blue"), proposed(maker, "green")
    approve(first, by=checker, reason="x", now=NOON)

    with pytest.raises(Stale, match="was red when proposed and is blue now"):
        approve(second, by=checker, reason="x", now=NOON)

    assert (lamp.colour, stored(second).state) == ("blue", State.PROPOSED)
    assert refuse(second, by=checker, reason="late", now=NOON).state == State.REFUSED


def test_what_fails_when_applied_leaves_the_proposal_open(lamp, maker, checker):
    lamp.fails = True
    proposal = proposed(maker)
    with pytest.raises(Invalid, match="paint ran out"):
        approve(proposal, by=checker, reason="x", now=NOON)

    assert stored(proposal).state == State.PROPOSED
    assert stored(proposal).checker is None
    assert not proposal.moves.exists()


# --- Many ----------------------------------------------------------------------------------------


def test_many_are_approved_together_with_one_reason(maker, checker):
    register(command("note", proposes={OFFICER}))
    notes = [propose("note", {"n": str(n)}, by=maker, reason="x", now=NOON) for n in range(3)]

    decided = approve_many(reversed(notes), by=checker, reason="all seen", now=NOON)

    assert [row.pk for row in decided] == [note.pk for note in notes]
    assert {row.decision_reason for row in decided} == {"all seen"}


@pytest.mark.parametrize("obstacle", ["own", "ended", "stale", "another role's"])
def test_of_many_none_is_approved_where_one_cannot_be(obstacle, lamp, maker, checker):
    register(command("note", proposes={OFFICER, Role.COMPLIANCE}))
    note = propose("note", {}, by=maker, reason="x", now=NOON)
    hindered = {
        "own": lambda: propose("note", {}, by=checker, reason="x", now=NOON),
        "ended": lambda: withdraw(proposed(maker), by=maker, reason="", now=NOON),
        "stale": lambda: proposed(maker),
        "another role's": lambda: proposed(maker, "gold"),
    }[obstacle]()
    if obstacle == "stale":
        lamp.colour = "green"

    with pytest.raises((NotAllowed, NotOpen, Stale), match=f"#{hindered.pk} "):
        approve_many([note, hindered], by=checker, reason="x", now=NOON)

    assert stored(note).state == State.PROPOSED


def test_two_of_many_that_change_one_thing_are_none(lamp, maker, checker):
    first, second = proposed(maker, "blue"), proposed(maker, "green")
    with pytest.raises(Stale):
        approve_many([first, second], by=checker, reason="x", now=NOON)

    assert {stored(first).state, stored(second).state} == {State.PROPOSED}


def test_approving_nothing_is_an_error(checker):
    with pytest.raises(NotOpen):
        approve_many([], by=checker, reason="x", now=NOON)


@pytest.mark.django_db(transaction=True)
def test_of_two_checkers_at_one_moment_one_applies_it(lamp):
    maker, first, second = staff(OFFICER), staff(Role.COMPLIANCE), staff(Role.COMPLIANCE)
    proposal = proposed(maker)

    def decide(by):
        return lambda: approve(proposal, by=by, reason="x", now=NOON)

    ends = together(decide(first), decide(second))

    assert sorted(type(end) for end in ends if isinstance(end, Exception)) == [NotOpen]
    assert stored(proposal).moves.count() == 1


# --- Who sees it ---------------------------------------------------------------------------------


def seen(user) -> list[str]:
    return [row.command for row in Proposal.objects.visible_to(user, now=NOON).order_by("pk")]


def test_a_role_sees_what_it_proposes_or_decides_and_overseers_all(maker):
    proposed(maker)

    for role in (OFFICER, Role.COMPLIANCE, Role.AUDITOR, Role.RESPONSIBLE_OFFICER, Role.MIC_OMO):
        assert seen(staff(role)) == ["paint"], role
    for role in (Role.OPERATIONS, Role.FINANCE, Role.DEALING, Role.MLRO, Role.CREDIT_OFFICER):
        assert seen(staff(role)) == [], role


def test_a_manager_sees_the_own_clients_proposals_and_those_made(maker):
    manager = staff(Role.RM)
    own, other = (
        Client.objects.create(number=number, name=number, kind="person") for number in ("C1", "C2")
    )
    Service.objects.create(client=own, manager=manager, from_date=LONG_AGO.date())
    proposed(maker, client=own)
    proposed(maker, client=other)

    visible = Proposal.objects.visible_to(manager, now=NOON)

    assert [row.client for row in visible] == [own]


@pytest.mark.rule("AML-12")
def test_a_restricted_proposal_is_seen_by_who_proposes_or_decides_it_alone():
    secret = command("secret", proposes={Role.MLRO})
    register(
        Command(
            **{field: getattr(secret, field) for field in secret.__dataclass_fields__}
            | {"approves": lambda payload: frozenset({Role.MIC_OMO}), "restricted": True}
        )
    )
    client = Client.objects.create(number="C1", name="C1", kind="person")
    manager = staff(Role.RM)
    Service.objects.create(client=client, manager=manager, from_date=LONG_AGO.date())
    propose("secret", {}, by=staff(Role.MLRO), reason="x", now=NOON, client=client)

    who = {role for role in set(Role) - {Role.CLIENT} if seen(staff(role))}

    assert who == {Role.MLRO, Role.MIC_OMO}
    assert seen(manager) == []


def test_what_waits_for_a_person_is_open_in_time_and_not_the_own(maker, checker):
    waiting = proposed(maker)
    proposed(maker, "gold")
    withdraw(proposed(maker), by=maker, reason="", now=NOON)

    def waits(user, now=NOON):
        return list(Proposal.objects.waiting_for(user, now=now))

    assert waits(checker) == waits(staff(OFFICER)) == [waiting]
    assert waits(maker) == []
    assert waits(checker, NOON + WEEK) == []


def test_the_inbox_is_one_statement(maker, checker, django_assert_num_queries):
    for _ in range(5):
        proposed(maker)
    with django_assert_num_queries(1):
        assert len(Proposal.objects.waiting_for(checker, now=NOON).select_related("maker")) == 5
