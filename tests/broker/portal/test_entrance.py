"""The front door: sign-in, sign-out, and each person's first page."""

import pytest

from onboarding.clients import Signatory
from onboarding.users import Role
from tests.broker.portal.conftest import home_of, text_of
from tests.factories import client_user, margin_account, staff

pytestmark = pytest.mark.django_db


def test_a_stranger_is_asked_to_sign_in(client):
    assert client.get("/").url == "/login/?next=/"


def test_a_client_signs_in_and_lands_on_the_own_account(client, account):
    user = client_user(account)
    given = {"login": user.username, "password": "secret"}

    response = client.post("/login/", given, follow=True)

    assert [at for at, _ in response.redirect_chain] == ["/", home_of(account)]


def test_sign_in_leads_back_to_the_page_that_was_asked_for(client, account):
    user = client_user(account)
    asked = f"{home_of(account)}repay/"
    page = client.get(f"/login/?next={asked}")
    assert f'name="next" value="{asked}"' in page.content.decode()

    given = {"login": user.username, "password": "secret", "next": asked}
    assert client.post("/login/", given).url == asked


def test_a_wrong_password_says_so_in_our_words(client, account):
    user = client_user(account)

    response = client.post("/login/", {"login": user.username, "password": "wrong"})

    assert response.status_code == 200
    assert "That name and password do not go together." in text_of(response)
    assert f'value="{user.username}"' in response.content.decode()


def test_sign_out_is_a_post_and_ends_the_session(client, account, borrower):
    borrower(account)

    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").url == "/login/"
    assert client.get(home_of(account)).status_code == 302


@pytest.mark.parametrize(
    ("role", "first_page"),
    [
        (Role.RISK_OFFICER, "/staff/book/"),
        (Role.OPERATIONS, "/staff/book/"),
        (Role.AUDITOR, "/staff/book/"),
        (Role.RM, "/staff/"),
        (Role.FINANCE, "/staff/"),
    ],
)
def test_staff_go_to_the_live_book_if_they_may_see_it_else_to_the_staff_site(
    client, role, first_page
):
    client.force_login(staff(role))

    assert client.get("/").url == first_page


def test_who_is_signed_in_is_not_asked_again(client, account, borrower):
    borrower(account)

    assert client.get("/login/").url == "/"


def test_a_client_of_several_accounts_chooses(client, account, borrower):
    other = margin_account(owed="100", pledged={"2800": "1000"})
    Signatory.objects.create(client=other.client, user=borrower(account))

    response = client.get("/")

    assert response.status_code == 200
    shown = text_of(response)
    assert f"{account.number} {account.client.name} Safe 71.43% 200,000.00 700,000" in shown
    assert f"{other.number} {other.client.name} Not measured — 100.00 —" in shown
    assert "All accounts" in text_of(client.get(home_of(account)))


def test_a_client_without_an_account_is_told(client):
    client.force_login(client_user())

    assert "You have no margin account with us" in text_of(client.get("/"))


@pytest.mark.parametrize("at", ["/nowhere/", "/accounts/MA9/"])
def test_what_is_not_there_is_said_in_the_look_of_the_house(client, account, borrower, at):
    borrower(account)

    response = client.get(at)

    assert response.status_code == 404
    assert "There is no such page, or it is not yours to see." in text_of(response)


def test_a_fault_of_ours_is_said_without_a_detail(client, account, borrower, monkeypatch):
    def broken(*_, **__):
        raise ValueError("a secret of the house")

    monkeypatch.setattr("broker.portal.home.happened", broken)
    borrower(account)
    client.raise_request_exception = False

    response = client.get(home_of(account))

    assert response.status_code == 500
    assert "Something broke on our side" in text_of(response)
    assert "a secret of the house" not in response.content.decode()
