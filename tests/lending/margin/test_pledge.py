"""A pledge brings units into the pool once, and what it cures is cured at once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis.extra.django import TestCase

from collateral.assets import Asset
from collateral.custody.movements import KeyReused, Movement, NotAWholeStep, units_reconciled
from lending.margin.account import MarginAccount, State
from lending.margin.call import CallState, MarginCall
from lending.margin.cure import units_to_cure
from lending.margin.pledge import NotPledgeable, pledge
from lending.margin.readings import read
from lending.margin.sweep import sweep
from tests.factories import NOON, client_user, margin_account, price
from tests.proofs import guards_down, refused, sql, together
from tests.strategies import whole_steps

LATER = NOON + timedelta(minutes=1)


def bring(account, units, *, code="BTC", key="k", now=NOON, **how) -> bool:
    return pledge(account, Asset.objects.get(code=code), Decimal(units), key=key, now=now, **how)


def held(account, code="BTC") -> Decimal | None:
    lines = account.pool.holdings.filter(asset__code=code)
    return lines.values_list("units", flat=True).first()


@pytest.fixture
def borrower(db):
    """Owes 200,000 on one bitcoin."""
    return margin_account(owed="200000", pledged={"BTC": "1"})


@pytest.fixture
def called(borrower):
    """At 490,000 a bitcoin it is short by 4,000."""
    price("BTC", "490000", at=NOON)
    price("ETH", "20000", at=NOON)
    sweep(now=NOON)
    assert MarginAccount.objects.get().state == State.CALLED
    return borrower


class UnitsComeIn(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.account = margin_account()

    @settings(max_examples=30)
    @given(whole_steps("0.00000001", most=10**12), whole_steps("0.00000001", most=10**12))
    def test_each_pledge_adds_what_it_says(self, first, second):
        assert bring(self.account, first, key="a")
        assert bring(self.account, second, key="b")

        assert held(self.account) == first + second
        assert units_reconciled()


@pytest.mark.rule("SMF-41")
def test_the_units_that_cure_do_cure_and_a_step_less_does_not(called):
    [reading] = read(now=NOON, account_ids=[called.pk])
    step = Decimal("0.00000001")
    units = units_to_cure(
        debt=reading.debt,
        margin_value=reading.margin_value,
        credit_limit=reading.credit_limit,
        policy_amount=None,
        level=Decimal("0.95"),
        price=Decimal(20_000),
        lending_haircut=Decimal("0.6"),
        step=step,
    )

    bring(called, units - step, code="ETH")
    assert MarginCall.objects.get().state == CallState.PART_CURED
    assert MarginAccount.objects.get().state == State.CALLED

    bring(called, step, code="ETH", key="the step")
    assert MarginCall.objects.get().state == CallState.CURED
    assert MarginAccount.objects.get().state == State.WARNED


def test_a_pledge_that_does_not_suffice_says_what_came_and_from_whom(called):
    user = client_user(called)

    bring(called, "0.001", by=user)

    last = MarginCall.objects.get().moves.latest("pk")
    assert (last.step, last.reason, last.mover) == ("part_cure", "pledged 0.001 BTC", user)


def test_a_pledge_without_a_price_is_taken(called):
    later = NOON + timedelta(hours=1)

    assert bring(called, "10", now=later)

    assert held(called) == 11
    assert MarginAccount.objects.get().state == State.CALLED


@pytest.mark.rule("VAF-16")
def test_a_pledge_is_entered_as_come_from_the_client(borrower):
    bring(borrower, "0.5")

    movement = Movement.objects.get(key="k")
    assert (movement.from_place, movement.to_place) == ("client", "pool")
    assert (movement.units, movement.to_pool) == (Decimal("0.5"), borrower.pool)


@pytest.mark.rule("VAF-7", "SMF-26")
def test_what_is_not_on_the_list_is_not_taken(borrower):
    Asset.objects.filter(code="BTC").update(marginable=False)

    with pytest.raises(NotPledgeable, match="BTC is not on the list of accepted collateral"):
        bring(borrower, "1")

    assert held(borrower) == 1


def test_the_currency_of_the_account_is_paid_in_and_not_pledged(borrower):
    with pytest.raises(NotPledgeable, match="HKD is paid into the account"):
        bring(borrower, "1000", code="HKD")
    assert bring(borrower, "1000", code="USD")


def test_a_closed_account_takes_none(borrower):
    with guards_down():
        sql("UPDATE lending_marginaccount SET state = 'closed'")
    with pytest.raises(NotPledgeable, match="is closed"):
        bring(borrower, "1")


@pytest.mark.parametrize(("code", "units"), [("BTC", "0.000000001"), ("0700", "0.5")])
def test_units_are_whole_steps(borrower, code, units):
    with pytest.raises(NotAWholeStep):
        bring(borrower, units, code=code)


def test_nothing_is_no_pledge(borrower):
    with refused("movement_units_positive"):
        bring(borrower, "0")


def test_pledging_twice_is_pledging_once(borrower):
    assert bring(borrower, "0.5") is True
    assert bring(borrower, "0.50", now=LATER) is False

    assert held(borrower) == Decimal("1.5")


def test_a_key_does_not_stand_for_another_pledge(borrower):
    bring(borrower, "0.5")
    with pytest.raises(KeyReused):
        bring(borrower, "0.6")
    with pytest.raises(KeyReused):
        bring(margin_account(), "0.5")

    assert held(borrower) == Decimal("1.5")


@pytest.mark.django_db(transaction=True)
def test_one_key_pledged_by_many_at_once_counts_once():
    borrower = margin_account(owed="200000", pledged={"BTC": "1"})

    outcomes = together(*[lambda: bring(borrower, "0.5")] * 3)

    assert sorted(outcomes) == [False, False, True]
    assert held(borrower) == Decimal("1.5")
    assert units_reconciled()
