"""The margin account: one client's, under its relation, and seen only by who may see it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django_fsm import TransitionNotAllowed

from collateral.custody.pool import Pool
from lending.ledger.chart import open_subledgers
from lending.margin.account import MarginAccount, State
from lending.margin.relation import MarginRelation
from onboarding.clients import Service, Signatory
from onboarding.lifecycle import move
from onboarding.users import Role
from tests.factories import NOON, client_user, manager_for, margin_account, staff
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db

STEPS = {
    "warn": {State.HEALTHY: State.WARNED},
    "recover": {State.WARNED: State.HEALTHY},
    "call": {State.HEALTHY: State.CALLED, State.WARNED: State.CALLED},
    "cure": {State.CALLED: State.HEALTHY},
    "ease": {State.CALLED: State.WARNED, State.LIQUIDATING: State.WARNED},
    "liquidate": dict.fromkeys((State.HEALTHY, State.WARNED, State.CALLED), State.LIQUIDATING),
    "restore": {State.LIQUIDATING: State.HEALTHY},
    "fall_into_deficit": {State.LIQUIDATING: State.IN_DEFICIT},
}
WAYS = {
    State.HEALTHY: [],
    State.WARNED: ["warn"],
    State.CALLED: ["call"],
    State.LIQUIDATING: ["liquidate"],
    State.IN_DEFICIT: ["liquidate", "fall_into_deficit"],
}


@pytest.fixture
def account():
    return margin_account()


def take(account, name):
    return move(account, getattr(MarginAccount, name), reason="test", now=NOON)


# --- The machine ---------------------------------------------------------------------------------


@pytest.mark.rule("SMF-40")
@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("step", STEPS)
def test_the_machine_goes_only_its_ways(account, state, step):
    for name in WAYS[state]:
        account = take(account, name)

    if state in STEPS[step]:
        assert take(account, step).state == STEPS[step][state]
    else:
        with pytest.raises(TransitionNotAllowed):
            take(account, step)


@pytest.mark.parametrize(
    ("way", "is_kept"),
    [
        (["call"], True),
        (["call", "cure"], False),
        (["call", "ease"], False),
        (["liquidate"], True),
        (["liquidate", "restore"], False),
        (["liquidate", "ease"], False),
        (["liquidate", "fall_into_deficit"], True),
    ],
)
def test_the_mark_at_the_hard_line_ends_with_the_trouble(account, way, is_kept):
    MarginAccount.objects.update(hard_line_since=NOON)
    for name in way:
        account = take(account, name)

    assert (MarginAccount.objects.get().hard_line_since == NOON) is is_kept


# --- One client's --------------------------------------------------------------------------------


def opened(account, **others) -> MarginAccount:
    """A second account beside `account`, with the parts that `others` name."""
    parts = {
        "client": account.client,
        "relation": account.relation,
        "pool": None,
        "terms": account.terms,
        "credit_limit": Decimal(1),
        "spread": Decimal("0.03"),
    } | others
    parts["pool"] = parts["pool"] or Pool.objects.create(client=parts["client"])
    [subledger] = open_subledgers(1)
    return MarginAccount.objects.create(number="MA-2", subledger=subledger, opened_at=NOON, **parts)


@pytest.fixture
def stranger():
    """A client of the house with an account of its own."""
    return margin_account().client


@pytest.mark.rule("VAF-3")
def test_an_account_hangs_under_a_relation_of_its_own_client(account, stranger):
    with refused("margin_account_of_one_client"):
        opened(account, client=stranger)
    with refused("margin_account_of_one_client"):
        opened(account, relation=MarginRelation.objects.get(client=stranger))

    assert opened(account).relation == account.relation


@pytest.mark.rule("VAF-3")
def test_an_account_is_secured_by_a_pool_of_its_own_client(account, stranger):
    with refused("margin_account_of_one_client"):
        opened(account, pool=Pool.objects.create(client=stranger))


@pytest.mark.rule("VAF-3")
@pytest.mark.parametrize("part", ["client", "relation", "pool"])
def test_an_account_never_becomes_another_clients(account, stranger, part):
    other = {
        "client": stranger,
        "relation": MarginRelation.objects.get(client=stranger),
        "pool": Pool.objects.create(client=stranger),
    }[part]
    with refused("margin_account_of_one_client"):
        MarginAccount.objects.filter(pk=account.pk).update(**{part: other})


@pytest.mark.rule("VAF-3")
def test_no_account_without_a_relation(account):
    with refused("margin_account_of_one_client"):
        sql("UPDATE lending_marginaccount SET relation_id = NULL WHERE id = %s", account.pk)


@pytest.mark.parametrize(
    ("limits", "law"),
    [
        ({"credit_limit": -1}, "margin_account_limits_not_negative"),
        ({"policy_amount": -1}, "margin_account_limits_not_negative"),
        ({"spread": Decimal("-0.000001")}, "margin_account_spread_within_ceiling"),
        ({"spread": Decimal("0.31")}, "margin_account_spread_within_ceiling"),
    ],
)
@pytest.mark.rule("INT-3")
def test_limits_and_rates_have_bounds(account, limits, law):
    with refused(law):
        MarginAccount.objects.filter(pk=account.pk).update(**limits)


# --- Who sees it ---------------------------------------------------------------------------------


def seen(user, *, now=NOON) -> set[str]:
    accounts = MarginAccount.objects.visible_to(user, now=now)
    return set(accounts.values_list("number", flat=True))


@pytest.fixture
def book():
    """Two clients with an account each."""
    return margin_account(), margin_account()


def test_a_client_sees_the_own_account_and_no_other(book):
    mine, other = book

    assert seen(client_user(mine)) == {mine.number}
    assert seen(client_user(other)) == {other.number}
    assert seen(client_user()) == set()


def test_who_signs_for_two_clients_sees_both(book):
    first, second = book
    user = client_user(first)
    Signatory.objects.create(client=second.client, user=user)

    assert seen(user) == {first.number, second.number}


def test_a_manager_sees_the_own_clients_and_nobody_elses(book):
    mine, _ = book

    assert seen(manager_for(mine)) == {mine.number}
    assert seen(staff(Role.RM)) == set()


def test_a_manager_sees_a_client_from_the_first_day_in_hong_kong_to_the_last(book):
    mine, _ = book
    manager = staff(Role.RM)
    Service.objects.create(
        client=mine.client,
        manager=manager,
        from_date=date(2026, 3, 4),
        until_date=date(2026, 3, 5),
    )
    midnight = datetime(2026, 3, 3, 16, tzinfo=UTC)  # In Hong Kong the fourth begins.

    assert seen(manager, now=midnight - timedelta(seconds=1)) == set()
    assert seen(manager, now=midnight) == {mine.number}
    assert seen(manager, now=midnight + timedelta(hours=24, seconds=-1)) == {mine.number}
    assert seen(manager, now=midnight + timedelta(hours=24)) == set()


@pytest.mark.parametrize("role", [r for r in Role if r not in (Role.CLIENT, Role.RM)])
def test_other_staff_see_every_account_but_who_only_admits_clients(book, role):
    sees = role != Role.ONBOARDING_OFFICER

    assert seen(staff(role)) == ({account.number for account in book} if sees else set())


def test_staff_who_have_left_see_nothing(book):
    assert seen(staff(Role.RISK_OFFICER, is_active=False)) == set()


def test_an_account_is_shown_once_however_many_sign_for_it(book):
    mine, _ = book
    user = client_user(mine)
    Signatory.objects.create(client=mine.client, user=client_user())

    assert MarginAccount.objects.visible_to(user, now=NOON).count() == 1


def test_an_account_is_called_by_its_number(account):
    assert str(account) == account.number


def test_a_number_names_one_account(account):
    other = margin_account()
    with refused("lending_marginaccount_number_key"):
        MarginAccount.objects.filter(pk=other.pk).update(number=account.number)
