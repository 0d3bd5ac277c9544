"""A client is suspended, taken back and handed over by two people, and its history stays."""

from datetime import date, timedelta

import pytest
from django_fsm import TransitionNotAllowed

from onboarding.approvals import Invalid, NotAllowed, approve, propose
from onboarding.clients import Client, ClientState, Service, client_gate, manager_of
from onboarding.lifecycle import move
from onboarding.users import Role
from tests.factories import LONG_AGO, NOON, staff
from tests.proofs import refused, sql

DAY = timedelta(days=1)
TODAY = date(2026, 3, 4)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return Client.objects.create(number="C1", name="Chan Siu Ming", kind="person")


@pytest.fixture
def manager(client):
    manager = staff(Role.RM)
    Service.objects.create(client=client, manager=manager, from_date=LONG_AGO.date())
    return manager


@pytest.fixture
def compliance():
    return staff(Role.COMPLIANCE)


def agreed(name, by, checker, *, now=NOON, **payload):
    proposal = propose(name, {"client": "C1"} | payload, by=by, reason="as agreed", now=now)
    return approve(proposal, by=checker, reason="seen", now=now)


def state_of(client):
    return Client.objects.get(pk=client.pk).state


# --- Suspended and taken back --------------------------------------------------------------------


def test_a_client_is_suspended_and_reactivated_by_two_people(client, manager, compliance):
    assert client_gate(client) is None
    proposal = agreed("suspend_client", manager, compliance)
    assert proposal.client == client
    suspended = Client.objects.get()
    assert suspended.state == ClientState.SUSPENDED
    assert "suspended" in client_gate(suspended)

    agreed("reactivate_client", manager, compliance, now=NOON + DAY)

    assert client_gate(Client.objects.get()) is None
    steps = client.moves.order_by("pk").values_list("step", "mover", "reason")
    assert list(steps) == [
        ("suspend", compliance.pk, "as agreed"),
        ("reactivate", compliance.pk, "as agreed"),
    ]


@pytest.mark.parametrize("name", ["reactivate_client", "handover"])
def test_what_the_state_forbids_is_refused_when_proposed(client, manager, name):
    with pytest.raises(Invalid):
        propose(name, {"client": "C1"}, by=manager, reason="x", now=NOON)


def test_a_second_suspension_is_refused_when_approved(client, manager, compliance):
    first, second = (
        propose("suspend_client", {"client": "C1"}, by=manager, reason="x", now=NOON)
        for _ in range(2)
    )
    approve(first, by=compliance, reason="x", now=NOON)
    with pytest.raises(Invalid, match="is suspended"):
        approve(second, by=compliance, reason="x", now=NOON)


def test_a_closed_client_stays_closed(client):
    closed = move(client, Client.close, reason="left", now=NOON)

    assert client_gate(closed) == "Your account is closed."
    for step in (Client.reactivate, Client.suspend, Client.close):
        with pytest.raises(TransitionNotAllowed):
            move(client, step, reason="x", now=NOON)


def test_a_state_of_a_client_has_its_move(client):
    with refused("onboarding_client_state_changes_by_move"):
        sql("UPDATE onboarding_client SET state = 'suspended'")
    with refused("onboarding_client_born_active"):
        Client.objects.create(number="C2", name="C2", kind="person", state="closed")


def test_a_manager_suspends_nobody_elses_client(client, manager):
    with pytest.raises(NotAllowed, match="no such client among yours"):
        propose("suspend_client", {"client": "C1"}, by=staff(Role.RM), reason="x", now=NOON)


def test_the_client_named_beside_the_payload_does_not_count(client, manager):
    """An RM cannot pass an own client off for another in the payload."""
    stranger = Client.objects.create(number="C2", name="C2", kind="person")
    with pytest.raises(NotAllowed):
        propose("suspend_client", {"client": "C2"}, by=manager, reason="x", now=NOON, client=client)
    assert stranger.proposals.count() == 0


def test_a_client_that_is_not_there_is_not_suspended(compliance):
    with pytest.raises(Invalid, match="no client C9"):
        propose("suspend_client", {"client": "C9"}, by=compliance, reason="x", now=NOON)


# --- Handed over ---------------------------------------------------------------------------------


@pytest.fixture
def successor():
    return staff(Role.RM)


@pytest.fixture
def officer():
    return staff(Role.RESPONSIBLE_OFFICER)


def test_a_client_is_handed_over_with_its_history(client, manager, successor, officer):
    proposal = agreed(
        "handover", manager, officer, manager=successor.username, from_date="2026-03-05"
    )

    assert manager_of(client, on=TODAY) == manager
    assert manager_of(client, on=TODAY + DAY) == successor
    old, new = client.services.order_by("from_date")
    assert (old.until_date, new.from_date, new.until_date) == (TODAY + DAY, TODAY + DAY, None)
    assert (new.proposal, old.proposal) == (proposal, None)
    assert proposal.difference[0] == ["Relationship manager", str(manager), str(successor)]


def test_a_client_that_nobody_serves_is_given_a_manager(client, compliance, successor, officer):
    agreed("handover", compliance, officer, manager=successor.username, from_date="2026-03-04")

    assert manager_of(client, on=TODAY) == successor


def test_the_old_manager_proposes_no_more_and_the_new_one_does(client, manager, successor, officer):
    agreed("handover", manager, officer, manager=successor.username, from_date="2026-03-05")

    with pytest.raises(NotAllowed):
        propose("suspend_client", {"client": "C1"}, by=manager, reason="x", now=NOON + DAY)
    propose("suspend_client", {"client": "C1"}, by=successor, reason="x", now=NOON + DAY)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"manager": "nobody"}, "no relationship manager"),
        ({"manager": ""}, "is missing"),
        ({"from_date": "2026-03-03"}, "dated back"),
        ({"from_date": "tomorrow"}, "not a date"),
    ],
)
def test_a_handover_that_cannot_be_is_refused_when_proposed(
    client, manager, successor, fields, why
):
    asked = {"client": "C1", "manager": successor.username, "from_date": "2026-03-05"} | fields
    with pytest.raises(Invalid, match=why):
        propose("handover", asked, by=manager, reason="x", now=NOON)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.RM, Role.CLIENT}))
def test_a_client_is_handed_to_a_relationship_manager_alone(client, manager, role):
    asked = {"client": "C1", "manager": staff(role).username, "from_date": "2026-03-05"}
    with pytest.raises(Invalid, match="no relationship manager"):
        propose("handover", asked, by=manager, reason="x", now=NOON)


def test_a_client_is_not_handed_to_who_serves_it(client, manager):
    asked = {"client": "C1", "manager": manager.username, "from_date": "2026-03-05"}
    with pytest.raises(Invalid, match="already"):
        propose("handover", asked, by=manager, reason="x", now=NOON)


def test_who_served_whom_is_not_rewritten(client, manager):
    with refused("onboarding_service_append_only"):
        Service.objects.update(manager=staff(Role.RM))
    with refused("onboarding_service_append_only"):
        Service.objects.all().delete()
