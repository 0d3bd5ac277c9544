"""One page with everything about a client: what it shows, to whom, and what it costs."""

import pytest

from broker.backoffice.client_panels import PANELS
from onboarding.approvals import propose
from onboarding.users import Role
from tests.broker.backoffice import world as world_of
from tests.broker.backoffice.desk import borrower, statements
from tests.factories import NOON, client_user, staff

pytestmark = pytest.mark.django_db


def page_of(client, account):
    return client.get(f"/staff/clients/{account.client.number}/")


@pytest.fixture
def world(time_machine):
    time_machine.move_to(world_of.NOW, tick=False)
    return world_of.build()


@pytest.fixture
def account(world):
    return next(row for model, row in world.own.items() if model.__name__ == "MarginAccount")


def test_it_shows_who_it_is_what_it_has_and_what_happened(client, world, account):
    client.force_login(staff(Role.RISK_OFFICER))

    page = page_of(client, account).content.decode()

    for words in (
        account.client.name,
        account.number,
        account.calls.get().number,
        str(world.manager),
        "In deficit",
        "Looked at again by",
        "Your account",
        "the house, by rule",
    ):
        assert words in page, words


def test_what_was_proposed_is_on_it_for_who_may_see_it(client, account, time_machine):
    proposal = propose(
        "suspend_client",
        {"client": account.client.number},
        by=staff(Role.COMPLIANCE),
        reason="x",
        now=world_of.NOW,
    )
    for role, sees in ((Role.COMPLIANCE, True), (Role.DEALING, False)):
        client.force_login(staff(role))
        page = page_of(client, account).content.decode()
        assert (f"/staff/approvals/{proposal.pk}/" in page) == sees


def test_the_doors_to_change_something_are_those_of_the_role(client, account):
    client.force_login(staff(Role.COMPLIANCE))
    door = f"/staff/approvals/new/suspend_client/?client={account.client.number}"
    assert door in page_of(client, account).content.decode()

    client.force_login(staff(Role.AUDITOR))
    assert "/staff/approvals/new/" not in page_of(client, account).content.decode()


@pytest.mark.parametrize("role", sorted(Role))
def test_each_panel_is_for_the_roles_that_may_look_at_its_rows(client, world, account, role):
    if role == Role.CLIENT:
        client.force_login(client_user(account))
        assert page_of(client, account).status_code == 404
        return
    user = world.manager if role == Role.RM else staff(role)
    client.force_login(user)

    response = page_of(client, account)

    expected = sum(user.has_perm(kind.permission) for kind in PANELS)
    assert response.status_code == 200
    assert len(response.context["panels"]) == expected
    assert ("What it was told" in response.content.decode()) == user.has_perm("broker.view_notice")


def test_a_relationship_manager_finds_the_own_clients_alone(client, world, account):
    [others] = [row for model, row in world.others.items() if model.__name__ == "MarginAccount"]
    client.force_login(world.manager)

    assert page_of(client, account).status_code == 200
    assert page_of(client, others).status_code == 404


def test_a_client_that_is_not_there(client):
    client.force_login(staff(Role.RISK_OFFICER))

    assert client.get("/staff/clients/C999999/").status_code == 404


def test_a_stranger_signs_in_first(client, account):
    response = page_of(client, account)

    assert (response.status_code, response.url.split("?")[0]) == (302, "/login/")


def test_a_longer_history_costs_no_more_statements(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    quiet, busy = borrower(), borrower()
    for _ in range(3):
        propose(
            "suspend_client",
            {"client": busy.client.number},
            by=staff(Role.COMPLIANCE),
            reason="x",
            now=NOON,
        )
    client.force_login(staff(Role.COMPLIANCE))
    page_of(client, quiet)

    few = statements(client, f"/staff/clients/{quiet.client.number}/")
    many = statements(client, f"/staff/clients/{busy.client.number}/")
    assert many == few
    assert few < 45
