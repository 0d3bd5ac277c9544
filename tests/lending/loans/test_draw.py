"""A draw lends to the draw level and not a cent more, and says what binds when it does not."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from collateral.assets import Asset
from lending.ledger.balances import ledger_balanced, trial_balance
from lending.ledger.chart import Subledger
from lending.ledger.journal import Entry
from lending.liquidation.execute import work
from lending.loans.accrue import accrue
from lending.loans.draw import Draw, DrawRefused, KeyReused, Purpose, draw, power_of
from lending.margin.account import MarginAccount, State
from lending.margin.bands import Limit
from lending.margin.readings import read
from lending.margin.relation import MarginRelation
from lending.margin.sweep import sweep
from lending.trading.venues.paper import PaperVenue
from onboarding.clients import Client
from onboarding.entity import Feature, LegalEntity, ProductSwitch
from onboarding.lifecycle import move
from tests.factories import NOON, client_user, give, margin_account, owe, price
from tests.proofs import guards_down, refused, sql, together
from tests.strategies import money, whole_steps

CENT = Decimal("0.01")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def borrower(db):
    """Owes nothing on one bitcoin at 700,000: 238,000 to the draw level of 85% of 280,000."""
    account = margin_account(pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON)
    return account


def lend(account, amount, *, key="k", now=NOON, **how) -> Draw:
    return draw(account, Decimal(amount), key=key, now=now, **how)


def refusal(account, amount="1000", *, now=NOON, **how) -> str:
    """What the client is told; and nothing was changed."""
    before = Entry.objects.count(), Draw.objects.count()
    with pytest.raises(DrawRefused) as told:
        lend(account, amount, key="refused", now=now, **how)
    assert (Entry.objects.count(), Draw.objects.count()) == before
    return str(told.value)


def totals(account) -> tuple:
    subledger = Subledger.objects.get(pk=account.subledger_id)
    return subledger.owed, subledger.cash


def power(account, *, now=NOON):
    account = MarginAccount.objects.select_related("terms").get(pk=account.pk)
    [reading] = read(now=now, account_ids=[account.pk])
    return power_of(account, reading)


# --- The law -------------------------------------------------------------------------------------


@pytest.mark.rule("SMF-41", "SMF-40")
class ToTheDrawLevelAndNotACentMore(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.account = margin_account()

    @settings(max_examples=80)
    @given(
        bitcoins=whole_steps("0.00000001", most=10**9),
        ethers=st.integers(0, 10**9),
        btc=st.decimals(min_value="1000", max_value=10**6, places=2),
        owed=money,
        cash=money,
        credit_limit=money,
        policy_amount=st.none() | money,
    )
    def test_all_the_power_and_a_cent_beyond(
        self, bitcoins, ethers, btc, owed, cash, credit_limit, policy_amount
    ):
        give(self.account, {"BTC": bitcoins, "ETH": ethers * Decimal("0.00000001")})
        price("BTC", btc, at=NOON)
        price("ETH", "20000", at=NOON)
        with guards_down():
            MarginAccount.objects.filter(pk=self.account.pk).update(
                credit_limit=credit_limit, policy_amount=policy_amount
            )
        owe(self.account, owed, now=NOON)
        value = (bitcoins * btc + ethers * Decimal("0.0002")) * Decimal("0.4")
        limits = {Limit.COLLATERAL: Decimal("0.85") * value, Limit.CREDIT_LIMIT: credit_limit}
        if policy_amount is not None:
            limits[Limit.POLICY_AMOUNT] = policy_amount
        room = max(Decimal(0), min(limits.values()) - owed)
        room -= room % CENT

        told = power(self.account)
        with pytest.raises(DrawRefused) as beyond:
            lend(self.account, room + CENT, key="beyond")
        if room:
            lend(self.account, room, key="all")

        assert told.amount == room
        assert limits[told.limit] == min(limits.values())
        assert totals(self.account) == (owed + room, room)
        [reading] = read(now=NOON, account_ids=[self.account.pk])
        assert not room or reading.debt <= min(limits.values())
        # What was drawn is cash in the account, and lends nothing again.
        assert power(self.account).amount == 0
        with pytest.raises(DrawRefused):
            lend(self.account, CENT, key="again")
        if beyond.value.power:
            assert beyond.value.power == told
        assert ledger_balanced()


# --- What a draw is ------------------------------------------------------------------------------


@pytest.mark.rule("CMR-1")
def test_the_proceeds_stay_in_the_account_as_client_money(borrower):
    lend(borrower, "100000")

    assert totals(borrower) == (100_000, 100_000)
    assert {(line.book, line.kind): line.balance for line in trial_balance()} == {
        ("client", "client_bank"): 100_000,
        ("client", "client_cash"): -100_000,
        ("house", "house_bank"): -100_000,
        ("house", "principal"): 100_000,
    }


def test_a_draw_says_who_drew_what_for(borrower):
    user, bitcoin = client_user(borrower), Asset.objects.get(code="BTC")

    made = lend(borrower, "1000", by=user, purpose=Purpose.BUY, asset=bitcoin)

    assert (made.drawn_by, made.asset, made.purpose) == (user, bitcoin, "buy")
    assert (made.amount, made.drawn_at) == (1000, NOON)


def test_a_draw_names_what_it_buys(borrower):
    with refused("draw_names_what_it_buys"):
        lend(borrower, "1000", purpose=Purpose.BUY)
    with refused("draw_names_what_it_buys"):
        lend(borrower, "1000", asset=Asset.objects.get(code="BTC"))


def test_a_draw_is_never_edited(borrower):
    lend(borrower, "1000")
    with refused("lending_draw_append_only"):
        Draw.objects.update(amount=1)
    with refused("lending_draw_append_only"):
        sql("DELETE FROM lending_draw")


def test_cash_in_the_account_covers_what_was_drawn_and_draws_no_more(borrower):
    """Drawn near the level, and the price falls: nobody is called, and nothing more is lent."""
    price("BTC", "610000", at=NOON + MINUTE)
    lend(borrower, "200000", now=NOON + MINUTE)
    price("BTC", "500000", at=NOON + 2 * MINUTE)
    with pytest.raises(DrawRefused):
        lend(borrower, "1", key="2", now=NOON + 2 * MINUTE)

    assert sweep(now=NOON + 2 * MINUTE).did_nothing


# --- Each refusal in its words -------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "10.005"])
def test_no_amount(borrower, amount):
    assert refusal(borrower, amount) == "Enter an amount above zero, in dollars and cents."


@pytest.mark.rule("SMF-41")
def test_the_collateral_binds(borrower):
    assert refusal(borrower, "238000.01") == (
        "You may draw at most HKD 238,000.00: your collateral binds."
    )


@pytest.mark.rule("SMF-41", "VAF-4")
def test_the_credit_limit_binds_however_much_is_pledged(borrower):
    with guards_down():
        MarginAccount.objects.filter(pk=borrower.pk).update(credit_limit=50_000)
    give(borrower, {"BTC": "1000"})

    assert refusal(borrower, "50000.01") == (
        "You may draw at most HKD 50,000.00: your credit limit binds."
    )
    lend(borrower, "50000")
    assert MarginAccount.objects.get(pk=borrower.pk).credit_limit == 50_000


@pytest.mark.rule("SMF-41")
def test_the_policy_amount_binds(borrower):
    MarginAccount.objects.filter(pk=borrower.pk).update(policy_amount=40_000)

    assert refusal(borrower, "40000.01") == (
        "You may draw at most HKD 40,000.00: the amount set for you in our lending policy binds."
    )


@pytest.mark.rule("VAF-3")
def test_no_advance_while_the_securities_relation_is_suspended(borrower):
    move(borrower.relation, MarginRelation.suspend, reason="test", now=NOON)

    assert refusal(borrower) == (
        "Your securities margin account is not active, so nothing can be drawn."
    )
    move(borrower.relation, MarginRelation.resume, reason="test", now=NOON)
    assert lend(borrower, "1000").amount == 1000


@pytest.mark.rule("SMF-46", "VAF-17")
def test_no_advance_while_a_call_is_open(borrower):
    owe(borrower, "200000")
    price("BTC", "490000", at=NOON + MINUTE)
    sweep(now=NOON + MINUTE)
    assert MarginAccount.objects.get().state == State.CALLED

    told = refusal(borrower, now=NOON + MINUTE)
    assert told == "Advances are stopped while a margin call is open."
    price("BTC", "505000", at=NOON + 2 * MINUTE)  # Back above the call, and not cured.
    sweep(now=NOON + 2 * MINUTE)
    assert refusal(borrower, now=NOON + 2 * MINUTE) == told


@pytest.mark.rule("SMF-46")
def test_no_advance_while_collateral_is_being_sold(borrower):
    owe(borrower, "200000")
    for minute in (1, 2):
        price("BTC", "300000", at=NOON + minute * MINUTE)
        sweep(now=NOON + minute * MINUTE)
    assert MarginAccount.objects.get().state == State.LIQUIDATING

    told = refusal(borrower, now=NOON + 2 * MINUTE)
    assert told == "Advances are stopped while a margin call is open."


@pytest.mark.rule("VAF-17")
def test_no_advance_on_a_deficit(borrower):
    owe(borrower, "200000")
    for minute in (1, 2):
        at = NOON + minute * MINUTE
        price("BTC", "100000", at=at, volume=Decimal(10_000))
        sweep(now=at)
        work(now=at, venue=PaperVenue())
    assert MarginAccount.objects.get().state == State.IN_DEFICIT
    give(borrower, {"BTC": "9"})

    assert refusal(borrower, now=NOON + 2 * MINUTE) == "Advances on this account are stopped."


@pytest.mark.rule("VAF-17", "SMF-46")
def test_no_advance_where_more_is_owed_than_the_collateral_is_worth(borrower):
    owe(borrower, "200000")
    price("BTC", "199999", at=NOON + MINUTE)  # Not swept yet.

    assert refusal(borrower, now=NOON + MINUTE) == (
        "You owe more than your collateral is worth; advances are stopped."
    )


def test_no_advance_on_what_has_no_fresh_price(borrower):
    give(borrower, {"ETH": "0.00000001"})

    assert refusal(borrower) == (
        "One of your assets has no fresh price, so we cannot measure what you may draw."
    )
    assert power(borrower) == (power(borrower).__class__)(Decimal(0), Limit.COLLATERAL)


def test_no_advance_on_nothing(borrower):
    empty = margin_account()

    assert refusal(empty, "0.01") == "You may draw at most HKD 0.00: your collateral binds."


@pytest.mark.rule("VAF-14")
def test_accrued_interest_takes_room(borrower):
    owe(borrower, "200000", now=NOON - timedelta(days=1))
    accrue(now=NOON)
    accrued = Subledger.objects.get(pk=borrower.subledger_id).accrued
    assert accrued > 0

    room = power(borrower).amount

    assert 238_000 - 200_000 - accrued - CENT < room <= 238_000 - 200_000 - accrued


@pytest.mark.rule("SMF-40")
def test_a_warned_client_may_not_draw_either_above_the_draw_level(borrower):
    owe(borrower, "200000")
    price("BTC", "550000", at=NOON + MINUTE)
    sweep(now=NOON + MINUTE)
    assert MarginAccount.objects.get().state == State.WARNED

    assert refusal(borrower, "0.01", now=NOON + MINUTE).endswith("your collateral binds.")


# --- Twice is once -------------------------------------------------------------------------------


def test_asking_twice_lends_once(borrower):
    made = lend(borrower, "1000")

    assert lend(borrower, "1000.00", now=NOON + MINUTE) == made
    assert totals(borrower) == (1000, 1000)


def test_asking_again_is_answered_even_where_nothing_more_may_be_drawn(borrower):
    made = lend(borrower, "238000")
    move(borrower.relation, MarginRelation.suspend, reason="test", now=NOON)

    assert lend(borrower, "238000") == made


def test_a_key_does_not_stand_for_another_draw(borrower):
    bitcoin = Asset.objects.get(code="BTC")
    lend(borrower, "1000")
    with pytest.raises(KeyReused):
        lend(borrower, "1000.01")
    with pytest.raises(KeyReused):
        lend(borrower, "1000", purpose=Purpose.BUY, asset=bitcoin)
    with pytest.raises(KeyReused):
        lend(margin_account(pledged={"BTC": "1"}), "1000")

    assert totals(borrower) == (1000, 1000)


# --- Many at once --------------------------------------------------------------------------------


@pytest.fixture
def open_borrower(transactional_db):
    account = margin_account(pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON)
    return account


def test_room_that_is_there_once_is_drawn_once(open_borrower):
    def ask(key):
        return lambda: lend(open_borrower, "200000", key=key)

    outcomes = together(ask("a"), ask("b"), ask("c"))

    refusals = [each for each in outcomes if isinstance(each, DrawRefused)]
    assert len(refusals) == 2
    assert {str(each) for each in refusals} == {
        "You may draw at most HKD 38,000.00: your collateral binds."
    }
    assert totals(open_borrower) == (200_000, 200_000)


def test_one_key_asked_by_many_at_once_lends_once(open_borrower):
    outcomes = together(*[lambda: lend(open_borrower, "50000")] * 3)

    assert len({made.pk for made in outcomes}) == 1
    assert totals(open_borrower) == (50_000, 50_000)


# --- What the house may offer, and to whom --------------------------------------------------------


@pytest.mark.rule("VAF-1")
def test_nothing_is_lent_while_the_house_does_not_offer_it(borrower):
    entity = LegalEntity.objects.get()
    last = ProductSwitch.objects.get(entity=entity, feature=Feature.VA_FINANCING)
    ProductSwitch.objects.create(
        entity=entity,
        feature=Feature.VA_FINANCING,
        on=False,
        effective_at=NOON,
        reason="The licence condition is under review",
        maker=last.maker,
        checker=last.checker,
    )

    assert "do not offer this" in refusal(borrower, "1000")


def test_nothing_is_lent_to_a_suspended_client(borrower):
    move(borrower.client, Client.suspend, reason="test", now=NOON)

    assert "suspended" in refusal(borrower, "1000")
