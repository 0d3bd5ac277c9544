"""Signing in, the second factor, and what asks for it once more."""

import base64
import hashlib
import hmac
import struct
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import InvalidToken
from django.urls import reverse

from broker.signin.adapter import SecondFactorAdapter
from collateral.haircuts import Haircut
from lending.loans.draw import Draw
from onboarding.approvals import Proposal, State, propose
from onboarding.users import Role
from tests.factories import NOON, client_user, house, margin_account, price, staff
from tests.factories.terms import terms_in_force

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
AGAIN = "/settings/second-factor/reauthenticate/"


def with_app(user):
    """`user` with an authenticator app of the known secret."""
    TOTP.activate(user, SECRET)
    return user


def code() -> str:
    """The code that the app shows now (RFC 6238: SHA-1, six digits, half a minute each)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(SECRET), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def sign_in(client, user, **given):
    fields = {"login": user.username, "password": "secret"}
    return client.post("/login/", fields | given)


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def account(clock):
    account = margin_account(owed="100000", pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON, fresh=timedelta(hours=1))
    return account


class TestSigningIn:
    def test_the_password_alone_does_not_let_in_who_has_a_second_factor(self, client, account):
        user = with_app(client_user(account))

        assert sign_in(client, user).url == reverse("mfa_authenticate")
        assert client.get("/accounts/").status_code == 404
        assert client.get("/").url == "/login/?next=/"

    def test_the_code_does_once(self, client, account):
        user = with_app(client_user(account))
        sign_in(client, user)
        wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
        assert "That code is not the right one." in wrong.content.decode()

        shown = code()
        assert client.post(reverse("mfa_authenticate"), {"code": shown}).url == "/"
        assert client.get("/").url == f"/accounts/{account.number}/"

        client.logout()
        sign_in(client, user)
        replayed = client.post(reverse("mfa_authenticate"), {"code": shown})
        assert replayed.status_code == 200

    def test_after_five_failures_even_the_right_password_waits(self, client, account, clock):
        user = client_user(account)
        for _ in range(5):
            sign_in(client, user, password="wrong")

        page = sign_in(client, user)
        assert "Too many attempts have failed." in page.content.decode()
        assert client.get("/").url == "/login/?next=/"
        clock.shift(timedelta(minutes=6))
        assert sign_in(client, user).url == "/"

    def test_nobody_is_told_whether_the_name_or_the_password_was_wrong(self, client, account):
        user = client_user(account)

        known = sign_in(client, user, password="wrong").content.decode()
        unknown = sign_in(client, user, login="nobody").content.decode()

        words = "That name and password do not go together."
        assert (words in known, words in unknown) == (True, True)

    def test_nobody_is_congratulated_on_signing_in(self, client, account):
        page = client.post(
            "/login/",
            {"login": client_user(account).username, "password": "secret"},
            follow=True,
        ).content.decode()

        assert "Where you stand" in page
        assert "signed in as" not in page


class TestSecrets:
    def test_the_database_does_not_hold_the_secret_in_the_clear(self, account):
        user = with_app(client_user(account))

        assert SECRET not in str(Authenticator.objects.get(user=user).data)
        assert TOTP(Authenticator.objects.get(user=user)).validate_code(code())

    def test_a_key_can_be_replaced_while_the_old_one_still_opens(self, settings):
        adapter = SecondFactorAdapter()
        settings.SECOND_FACTOR_SECRETS = ["old"]
        hidden = adapter.encrypt(SECRET)
        settings.SECOND_FACTOR_SECRETS = ["new", "old"]
        assert adapter.decrypt(hidden) == SECRET

        settings.SECOND_FACTOR_SECRETS = ["new"]
        with pytest.raises(InvalidToken):
            adapter.decrypt(hidden)


class TestActs:
    def ask(self, client, account, **more):
        form = {
            "amount": "1000",
            "purpose": "keep",
            "key": "5c9ad2b0-6b4f-4a0e-8a8d-6d7a25f7b001",
        }
        return client.post(f"/accounts/{account.number}/draw/", form | more)

    def test_a_draw_waits_for_the_second_factor_and_goes_on_with_what_was_typed(
        self, client, account
    ):
        client.force_login(with_app(client_user(account)))
        asked = self.ask(client, account, confirmed="yes")
        assert asked.url.startswith("/login/again/")
        assert not Draw.objects.exists()

        again = client.get(asked.url)
        assert again.url.startswith(AGAIN)
        fields = {"code": code(), "next": f"/accounts/{account.number}/draw/"}
        client.post(AGAIN, fields)

        assert Draw.objects.get().amount == Decimal(1000)

    def test_it_is_asked_for_again_after_five_minutes(self, client, account, clock):
        client.force_login(with_app(client_user(account)))
        self.ask(client, account)
        client.post(AGAIN, {"code": code(), "next": "/"})
        assert self.ask(client, account).status_code == 200

        clock.shift(timedelta(seconds=301))
        assert self.ask(client, account).url.startswith("/login/again/")

    def test_who_has_none_draws_as_before(self, client, account):
        client.force_login(client_user(account))

        assert self.ask(client, account).status_code == 200

    def test_the_password_never_stands_in_for_it(self, client, account):
        client.force_login(with_app(client_user(account)))

        answer = client.post("/login/again/", {"password": "secret", "next": "/"})

        assert answer.url.startswith(AGAIN)
        assert self.ask(client, account).url.startswith("/login/again/")

    def test_a_text_is_accepted_with_it(self, client, account):
        text = terms_in_force()[0]
        client.force_login(with_app(client_user(account)))
        address = f"/terms/{text.pk}/"
        answer = {"read": "yes", "language": "en", "sha256": text.sha256_en}

        assert client.post(address, answer).url.startswith("/login/again/")
        client.post(AGAIN, {"code": code(), "next": address})

        assert text.acceptances.get(user__is_active=True).second_factor == "authenticator app"

    def test_an_approval_waits_for_it(self, client, clock):
        house()
        haircut = {"asset": "BTC", "lending": "0.7", "liquidation": "0.4"}
        proposal = propose("haircut", haircut, by=staff(Role.RISK_OFFICER), reason="x", now=NOON)
        client.force_login(with_app(staff(Role.COMPLIANCE)))
        address = f"/staff/approvals/{proposal.pk}/"
        answer = {"decision": "approve", "reason": "agreed"}
        together = {"chosen": [proposal.pk], "confirmed": "yes", "reason": "agreed"}

        assert client.post(address, answer).url.startswith("/login/again/")
        assert client.post("/staff/approvals/together/", together).url.startswith("/login/again/")
        assert Proposal.objects.get().state == State.PROPOSED

        client.post(address, answer)
        client.post(AGAIN, {"code": code(), "next": address})
        assert Proposal.objects.get().state == State.APPROVED
        assert Haircut.objects.latest("pk").lending == Decimal("0.7")

    def test_the_api_says_that_it_is_needed(self, client, account):
        client.force_login(with_app(client_user(account)))
        asked = {"amount": "1000", "purpose": "purchasing_cash"}
        send = {"content_type": "application/json", "HTTP_IDEMPOTENCY_KEY": "a-key-of-the-test"}
        address = f"/api/v1/accounts/{account.number}/draws/"

        refused = client.post(address, asked, **send)
        assert refused.status_code == 403
        assert refused.json()["type"].endswith("second-factor-needed")
        client.post(AGAIN, {"code": code(), "next": "/"})
        assert client.post(address, asked, **send).status_code == 201


class TestStaff:
    def test_where_the_house_asks_for_it_nothing_else_opens_before(self, client, settings):
        settings.STAFF_SECOND_FACTOR = True
        user = staff(Role.RISK_OFFICER)
        client.force_login(user)

        assert client.get("/staff/").url == "/settings/second-factor/"
        assert client.post("/staff/approvals/together/").url == "/settings/second-factor/"
        assert "set up a second factor" in client.get("/settings/second-factor/").content.decode()
        with_app(user)
        assert client.get("/staff/").status_code == 200

    def test_clients_are_not_made_to(self, client, settings, account):
        settings.STAFF_SECOND_FACTOR = True
        client.force_login(client_user(account))

        assert client.get(f"/accounts/{account.number}/").status_code == 200


def test_every_page_of_the_settings_opens_in_our_look(client, account):
    user = with_app(client_user(account))
    client.force_login(user)
    client.post(AGAIN, {"code": code(), "next": "/"})
    for name in (
        "mfa_index",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_deactivate_totp",
        "mfa_generate_recovery_codes",
        "usersessions_list",
        "account_change_password",
    ):
        page = client.get(reverse(name))
        assert page.status_code == 200, name
        assert "harbour/theme.css" in page.content.decode(), name
    client.post(reverse("mfa_generate_recovery_codes"))
    codes = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert codes.count("<code>") == 10


def test_one_ends_the_other_sessions(client, account):
    user = client_user(account)
    elsewhere = type(client)()
    sign_in(client, user)
    sign_in(elsewhere, user)
    assert elsewhere.get(f"/accounts/{account.number}/").status_code == 200

    client.post(reverse("usersessions_list"))

    assert elsewhere.get(f"/accounts/{account.number}/").status_code == 302
    assert client.get(f"/accounts/{account.number}/").status_code == 200
