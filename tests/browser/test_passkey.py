"""A passkey in a real browser: added in the settings, then one signs in with it alone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.factories import client_user, margin_account

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def with_keys(page: Page) -> None:
    """The browser has a key inside that always says yes, as a telephone after a fingerprint."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_a_client_adds_a_passkey_and_needs_no_password_any_more(visit):
    account = margin_account(now=timezone.now() - timedelta(days=9))
    user = client_user(account)
    page = visit(user)
    with_keys(page)

    page.goto("/settings/second-factor/")
    page.get_by_role("link", name="Add one").click()
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Where you stand")).to_be_visible()
