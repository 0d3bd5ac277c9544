"""A client whose business the MLRO has stopped: nothing is lent or sold, and two hear of it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from broker.notices.alarm import alarm_held_sales
from broker.notices.notice import Notice
from broker.tasks import alarm_held_sales as alarm_task
from lending.liquidation.execute import work
from lending.liquidation.held import held_sales
from lending.loans.draw import DrawRefused, draw
from lending.margin.account import MarginAccount, State
from lending.margin.sweep import sweep
from lending.trading.order import Order, OrderState
from lending.trading.venues import venue_named
from onboarding.screening.cases import lift
from onboarding.screening.gate import NEUTRAL
from onboarding.users import Role
from tests.factories import NOON, client_user, manager_for, margin_account, price, staff
from tests.factories.screening import stop_of
from tests.lending.liquidation.venues import ScriptedVenue

pytestmark = pytest.mark.django_db


def at(seconds: int):
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def mlro():
    return staff(Role.MLRO)


@pytest.fixture
def account():
    return margin_account(owed="200000", pledged={"BTC": "1"})


def fall(to: str = "300000", *, start: int = 0) -> None:
    """Past the hard line, on two readings."""
    for seconds in (start, start + 30):
        price("BTC", to, at=at(seconds), volume=Decimal(1000))
        sweep(now=at(seconds))


def state(account) -> str:
    return MarginAccount.objects.get(pk=account.pk).state


@pytest.mark.rule("AML-12")
def test_nothing_is_lent_to_a_stopped_client_and_the_words_are_neutral(account, mlro):
    price("BTC", "700000", at=NOON)
    case = stop_of(account.client)

    with pytest.raises(DrawRefused, match=NEUTRAL):
        draw(account, Decimal(1000), key="one", now=NOON)

    lift(case.stops.get(), reason="cleared", by=mlro, now=NOON)
    assert draw(account, Decimal(1000), key="one", now=NOON)


@pytest.mark.rule("AML-11")
def test_a_stopped_account_is_called_and_watched_but_not_sold(account, mlro):
    other = margin_account(owed="200000", pledged={"BTC": "1"})
    case = stop_of(account.client)
    fall()
    assert state(account) == state(other) == State.LIQUIDATING

    worked = work(now=at(31), venue=venue_named("paper"))

    assert worked.filled
    assert not Order.objects.filter(account=account).exists()
    assert Order.objects.filter(account=other).exists()

    lift(case.stops.get(), reason="cleared", by=mlro, now=at(40))
    work(now=at(41), venue=venue_named("paper"))
    assert Order.objects.filter(account=account).exists()


@pytest.mark.rule("AML-11")
@pytest.mark.parametrize("is_stopped", [False, True])
def test_an_order_at_the_venue_is_settled_and_no_next_one_is_made(account, is_stopped):
    fall()
    venue = ScriptedVenue(["trade_and_lose"])
    price("BTC", "300000", at=at(31), volume=Decimal(20))
    work(now=at(31), venue=venue)
    assert Order.objects.get(account=account).state == OrderState.UNKNOWN
    if is_stopped:
        stop_of(account.client, now=at(32))

    for seconds in (60, 120):
        price("BTC", "300000", at=at(31 + seconds), volume=Decimal(20))
        work(now=at(31 + seconds), venue=venue)

    states = list(Order.objects.filter(account=account).values_list("state", flat=True))
    assert states[0] == OrderState.FILLED
    assert (len(states) == 1) == is_stopped
    assert (state(account) == State.LIQUIDATING) == is_stopped


@pytest.mark.rule("AML-12")
def test_the_mlro_and_risk_are_alarmed_until_it_is_settled_and_nobody_else(account, mlro):
    risk, signatory, manager = staff(Role.RISK_OFFICER), client_user(account), manager_for(account)
    others = [staff(role) for role in (Role.COMPLIANCE, Role.AUDITOR, Role.CREDIT_OFFICER)]
    assert alarm_held_sales(now=NOON) == 0
    case = stop_of(account.client)
    fall()
    assert [held.why for held in held_sales(now=at(31))] == ["it is past its hard line"]

    for _ in range(2):
        assert alarm_held_sales(now=at(31)) == 1
    heard = Notice.objects.filter(occasion="alarm/held")
    told = set(heard.values_list("recipient", flat=True))
    assert {mlro.pk, risk.pk} <= told
    assert not told & {signatory.pk, manager.pk, *(user.pk for user in others)}
    first = heard.filter(recipient=mlro).count()
    assert first == 1

    price("BTC", "300000", at=at(31 + 1800))
    assert alarm_held_sales(now=at(31 + 1800)) == 1
    assert heard.filter(recipient=mlro).count() == 2

    lift(case.stops.get(), reason="cleared", by=mlro, now=at(1900))
    assert alarm_held_sales(now=at(4000)) == 0


def test_an_alarm_comes_without_a_price_too(account, mlro):
    stop_of(account.client)
    fall()

    [held] = held_sales(now=at(4000))

    assert held.why == "it would be sold down"
    assert alarm_held_sales(now=at(4000)) == 1
    assert "no fresh price" in Notice.objects.filter(recipient=mlro).get().body


def test_an_account_that_is_not_short_raises_no_alarm(account):
    price("BTC", "700000", at=NOON)
    stop_of(account.client)

    assert held_sales(now=NOON) == []


def test_the_timetable_raises_it(account, mlro, time_machine):
    stop_of(account.client)
    fall()
    time_machine.move_to(at(31), tick=False)

    alarm_task()

    assert Notice.objects.filter(occasion="alarm/held", recipient=mlro).count() == 1
