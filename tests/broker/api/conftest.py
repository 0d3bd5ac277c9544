"""A borrower who calls the API, at noon."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from lending.margin.account import MarginAccount
from lending.margin.sweep import sweep
from tests.broker.api.contract import Caller
from tests.factories import NOON, client_user, margin_account, price


@pytest.fixture(autouse=True)
def _noon(time_machine):
    """Each test starts with nothing asked yet."""
    cache.clear()
    time_machine.move_to(NOON, tick=False)
    yield
    cache.clear()


@pytest.fixture
def account(db) -> MarginAccount:
    """Owes 100,000 against one bitcoin, which lends 200,000."""
    account = margin_account(owed="100000", pledged={"BTC": "1"})
    price("BTC", "500000", at=NOON, fresh=timedelta(hours=1))
    return account


@pytest.fixture
def called(db) -> MarginAccount:
    """Owes 200,000 against one bitcoin, which lends 196,000: called."""
    account = margin_account(owed="200000", pledged={"BTC": "1"})
    price("BTC", "490000", at=NOON, fresh=timedelta(hours=1))
    price("ETH", "20000", at=NOON, fresh=timedelta(hours=1))
    sweep(now=NOON)
    return account


@pytest.fixture
def caller_for():
    """Makes a caller of the API who is signed in as a user; of nobody, a stranger."""

    def made(user=None) -> Caller:
        client = Client()
        if user:
            client.force_login(user)
        return Caller(client)

    return made


@pytest.fixture
def caller(account, caller_for) -> Caller:
    """A signatory of the client whose account it is."""
    return caller_for(client_user(account))
