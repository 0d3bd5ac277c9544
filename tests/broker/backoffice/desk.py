"""What a member of staff at the desk does on the site, and borrowers for it to show."""

import re
from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from lending.margin.account import MarginAccount
from lending.margin.sweep import sweep
from tests.factories import NOON, manager_for, margin_account, price

ACCOUNTS = "/staff/lending/marginaccount/"
CALLS = "/staff/lending/margincall/"
CLIENTS = "/staff/onboarding/client/"


def borrower(*, owed="200000", manager=None) -> MarginAccount:
    account = margin_account(owed=owed, pledged={"BTC": "1"})
    if manager:
        manager_for(account, manager)
    return account


def fall_to(btc: str, *, at=NOON) -> None:
    price("BTC", btc, at=at, fresh=timedelta(hours=1))
    sweep(now=at)


def shown(client, path: str, **query) -> str:
    response = client.get(path, query)
    assert response.status_code == 200, path
    return response.content.decode()


def statements(client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def links_of(html: str) -> set[str]:
    links = re.findall(r'href="(/[^"#]*)"', html)
    return {link for link in links if not link.startswith("/static/")}
