"""A client is closed with nothing left behind, and what hangs under it is closed with it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from collateral.assets import Asset
from lending.ledger import entries
from lending.ledger.post import Event, post
from lending.loans.draw import DrawRefused, draw
from lending.margin.account import MarginAccount, State
from lending.margin.pledge import NotPledgeable, pledge
from lending.margin.readings import read
from lending.margin.relation import MarginRelation, RelationState
from onboarding.approvals import Invalid, approve, propose
from onboarding.clients import Client, ClientState
from onboarding.lifecycle import move
from onboarding.users import Role
from tests.factories import NOON, give, manager_for, margin_account, owe, price, staff
from tests.proofs import refused

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return margin_account()


@pytest.fixture
def manager(account):
    return manager_for(account)


@pytest.fixture
def compliance():
    return staff(Role.COMPLIANCE)


def ask(account, by, *, now=NOON):
    return propose(
        "close_client", {"client": account.client.number}, by=by, reason="left us", now=now
    )


def close(account, by, checker, *, now=NOON):
    return approve(ask(account, by, now=now), by=checker, reason="seen", now=now)


def cash(account, amount):
    legs = entries.advanced(Decimal(amount))
    post(Event("cash", "draw", "test", account.subledger_id, legs), now=NOON)


@pytest.mark.rule("VAF-3")
def test_a_parent_closes_with_everything_under_it(account, manager, compliance):
    proposal = close(account, manager, compliance)

    account.refresh_from_db()
    assert account.state == State.CLOSED
    assert account.relation.state == RelationState.CLOSED
    assert account.client.state == ClientState.CLOSED
    assert [line[0] for line in proposal.difference] == [
        "State",
        "Securities margin relation",
        f"Account {account}",
    ]
    assert read(now=NOON, account_ids=[account.pk]) == []


@pytest.mark.rule("VAF-3")
def test_nothing_is_lent_and_nothing_pledged_under_a_closed_parent(account, manager, compliance):
    close(account, manager, compliance)
    price("BTC", "1000000", at=NOON)
    account = MarginAccount.objects.get(pk=account.pk)

    with pytest.raises(DrawRefused, match="closed"):
        draw(account, Decimal(1), key="k", now=NOON)
    with pytest.raises(NotPledgeable):
        pledge(account, Asset.objects.get(code="BTC"), Decimal(1), key="p", now=NOON)


@pytest.mark.rule("VAF-3")
def test_no_account_is_opened_under_a_closed_parent(account, manager, compliance):
    close(account, manager, compliance)
    other = margin_account()
    fresh = {
        field.attname: getattr(other, field.attname)
        for field in MarginAccount._meta.fields
        if field.name not in ("id", "state")
    }
    fresh |= {
        "number": "MA-NEW",
        "client_id": account.client_id,
        "relation_id": account.relation_id,
        "pool_id": account.client.pools.create().pk,
    }
    with refused("margin_account_under_an_open_parent"):
        MarginAccount.objects.create(**fresh)
    with refused("margin_relation_of_an_open_client"):
        MarginRelation.objects.create(client=account.client)


TIES = {
    "owes": (lambda account: owe(account, "0.01"), "HKD 0.01 is owed"),
    "has pledged": (lambda account: give(account, {"BTC": "0.00000001"}), "BTC is pledged"),
    "has cash": (lambda account: cash(account, "5"), "cash is in"),
}


@pytest.mark.parametrize("tie", TIES)
def test_who_owes_or_holds_anything_is_not_closed(account, manager, tie):
    tied, why = TIES[tie]
    tied(account)
    with pytest.raises(Invalid, match=why):
        ask(account, manager)


@pytest.mark.parametrize("tie", TIES)
def test_what_ties_the_client_is_looked_for_again_when_approving(account, manager, compliance, tie):
    proposal = ask(account, manager)
    tied, why = TIES[tie]
    tied(account)
    with pytest.raises(Invalid, match=why):
        approve(proposal, by=compliance, reason="x", now=NOON)

    assert Client.objects.get(pk=account.client_id).state == ClientState.ACTIVE


@pytest.mark.parametrize("tie", TIES)
def test_the_database_closes_no_account_with_something_in_it(account, tie):
    TIES[tie][0](account)
    with refused("margin_account_closes_empty"):
        move(account, MarginAccount.close, reason="x", now=NOON)


@pytest.mark.rule("VAF-3")
def test_the_database_closes_parent_and_client_last(account):
    with refused("margin_relation_closes_last"):
        move(account.relation, MarginRelation.close, reason="x", now=NOON)
    with refused("client_closes_last"):
        move(account.client, Client.close, reason="x", now=NOON)
    move(account, MarginAccount.close, reason="x", now=NOON)
    with refused("client_closes_last"):
        move(account.client, Client.close, reason="x", now=NOON)


def test_a_suspended_client_may_be_closed(account, manager, compliance):
    move(account.client, Client.suspend, reason="x", now=NOON)
    close(account, manager, compliance)

    assert Client.objects.get(pk=account.client_id).state == ClientState.CLOSED


def test_a_closed_client_is_not_closed_again(account, manager, compliance):
    close(account, manager, compliance)
    with pytest.raises(Invalid, match="is closed"):
        ask(account, manager)


@pytest.mark.rule("VAF-3")
def test_a_suspended_parent_stops_advances_and_not_the_watch(account):
    price("BTC", "1000000", at=NOON)
    give(account, {"BTC": "1"})
    move(account.relation, MarginRelation.suspend, reason="x", now=NOON)
    with pytest.raises(DrawRefused):
        draw(account, Decimal(1), key="k", now=NOON)

    assert len(read(now=NOON, account_ids=[account.pk])) == 1
