"""Who gets which of the client's pages: each by role, and nobody somebody else's."""

import pytest
from django.urls import reverse

from onboarding.clients import Signatory
from onboarding.users import Role
from tests.broker.portal.conftest import home_of
from tests.factories import client_user, manager_for, margin_account, staff

pytestmark = pytest.mark.django_db

PAGES = ("", "repay/", "draw/")


def addresses(account) -> list[str]:
    return [home_of(account) + page for page in PAGES]


def acknowledge(account) -> str:
    call = account.calls.get()
    return reverse("portal:acknowledge", args=[account.number, call.pk])


def test_a_signatory_sees_every_page_of_the_own_account(client, account, borrower):
    borrower(account)

    assert [client.get(at).status_code for at in addresses(account)] == [200, 200, 200]


def test_who_is_not_signed_in_is_asked_to_and_comes_back(client, account):
    for at in addresses(account):
        response = client.get(at)
        assert response.status_code == 302
        assert response.url == f"/login/?next={at}"


def test_another_client_finds_nothing(client, account):
    client.force_login(client_user(margin_account()))

    for at in addresses(account):
        assert client.get(at).status_code == 404
        assert client.post(at).status_code in (404, 405)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CLIENT])
def test_staff_find_no_page_of_a_client(client, account, role):
    client.force_login(staff(role))

    assert {client.get(at).status_code for at in addresses(account)} == {404}


def test_not_even_the_own_relationship_manager_uses_the_clients_pages(client, account):
    client.force_login(manager_for(account))

    assert {client.get(at).status_code for at in addresses(account)} == {404}


def test_a_signatory_who_no_longer_signs_sees_nothing(client, account, borrower):
    user = borrower(account)
    Signatory.objects.filter(user=user).delete()

    assert {client.get(at).status_code for at in addresses(account)} == {404}


def test_a_call_is_acknowledged_by_its_own_client_alone(client, called):
    stranger = margin_account()
    for user, status in ((client_user(stranger), 404), (staff(Role.RISK_OFFICER), 404)):
        client.force_login(user)
        assert client.post(acknowledge(called)).status_code == status
    client.force_login(client_user(called))
    assert client.get(acknowledge(called)).status_code == 405

    assert called.calls.get().state == "issued"


def test_a_call_of_another_account_is_not_found_under_the_own_one(client, called, borrower):
    own = margin_account()
    borrower(own)
    address = reverse("portal:acknowledge", args=[own.number, called.calls.get().pk])

    assert client.post(address).status_code == 404
    assert called.calls.get().state == "issued"


def test_a_part_whose_session_has_ended_takes_the_browser_to_sign_in(client, account):
    response = client.get(home_of(account), headers={"HX-Request": "true"})

    assert response.status_code == 200
    assert response.headers["HX-Redirect"] == "/login/"
    assert response.content == b""


def test_nothing_of_an_account_is_kept_by_a_browser_or_a_proxy(client, account, borrower):
    borrower(account)

    response = client.get(home_of(account))

    assert "no-store" in response.headers["Cache-Control"]
    assert "private" in response.headers["Cache-Control"]
    assert "HX-Request" in response.headers["Vary"]
