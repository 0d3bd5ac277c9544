"""It is noon in Hong Kong, BTC and ETH are priced, and a borrower has signed in."""

import re
import uuid

import pytest

from lending.margin.account import MarginAccount
from lending.margin.sweep import sweep
from tests.factories import NOON, client_user, margin_account, price


@pytest.fixture(autouse=True)
def clock(time_machine):
    """A clock that stands at noon until the test moves it."""
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def account(db) -> MarginAccount:
    """Owes 200,000 against one bitcoin at 700,000, which lends 280,000."""
    account = margin_account(owed="200000", pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON)
    price("ETH", "24000", at=NOON)
    return account


@pytest.fixture
def called(db) -> MarginAccount:
    """Owes 200,000 against one bitcoin at 490,000, which lends 196,000; called at noon."""
    account = margin_account(owed="200000", pledged={"BTC": "1"})
    price("BTC", "490000", at=NOON)
    price("ETH", "24000", at=NOON)
    sweep(now=NOON)
    return MarginAccount.objects.get(pk=account.pk)


@pytest.fixture
def borrower(client):
    """Signs the browser in as a signatory of the account it is given, and returns its login."""

    def signs_for(account: MarginAccount):
        user = client_user(account)
        client.force_login(user)
        return user

    return signs_for


def home_of(account: MarginAccount) -> str:
    return f"/accounts/{account.number}/"


def text_of(response) -> str:
    """What a reader sees of a page, in one line."""
    body = re.sub(r"<(head|title)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def key_in(response) -> uuid.UUID:
    """The key that a form was shown with."""
    [key] = re.findall(r'name="key" value="([^"]+)"', response.content.decode())
    return uuid.UUID(key)
