"""Draw: the amount and its purpose, what it changes, the advance itself, once; every refusal."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages

from collateral.custody.movements import units_reconciled
from lending.ledger.balances import ledger_balanced
from lending.loans.draw import Draw
from lending.margin.account import MarginAccount
from lending.margin.ratios import margin_usage
from lending.margin.readings import read
from lending.margin.relation import MarginRelation
from lending.margin.sweep import sweep
from lending.trading.order import Order, OrderState
from lending.trading.venue import VenueError
from lending.trading.venues import VENUES
from lending.trading.venues.paper import PaperVenue
from onboarding.lifecycle import move
from tests.broker.portal.conftest import home_of, key_in, text_of
from tests.factories import NOON, margin_account, price

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(client, borrower):
    """Opens the form of an account and sends it with what it is given besides its key."""

    class Form:
        def open(self, account, query=""):
            if "_auth_user_id" not in client.session:
                borrower(account)
            self.at = f"{home_of(account)}draw/"
            self.page = client.get(self.at + query)
            self.key = key_in(self.page)
            return self

        def send(self, **said):
            return client.post(self.at, {"key": self.key, "purpose": "keep", **said})

        def confirm(self, amount, **said):
            return self.send(amount=amount, confirmed="yes", **said)

    return Form()


@pytest.fixture
def roomy(db):
    """Owes 100,000 against one bitcoin at 700,000: 138,000 may be drawn, 96,000 is recommended."""
    account = margin_account(owed="100000", pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON)
    price("ETH", "24000", at=NOON)
    return account


def ledger_of(account):
    return MarginAccount.objects.get(pk=account.pk).subledger


def said_by(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_the_form_offers_the_recommended_amount_and_the_most(form, roomy):
    shown = text_of(form.open(roomy).page)

    assert "Recommended, 70% usage 96,000.00" in shown
    assert "The most, 85% usage 138,000.00" in shown
    assert "Keep it as purchasing cash in the account" in shown
    assert "Buy BTC now at about 700,000.00" in shown
    assert "Buy ETH now at about 24,000.00" in shown


def test_nothing_happens_before_it_is_confirmed(form, roomy):
    response = form.open(roomy).send(amount="96000")

    shown = text_of(response)
    assert "Confirm your advance" in shown
    # 196,000 over 280,000 and the 96,000 that stays in the account.
    assert "Margin usage 35.72% 52.13%" in shown
    assert key_in(response) == form.key
    assert Draw.objects.count() == 0


def test_cash_is_drawn_and_stays_in_the_account(form, roomy):
    response = form.open(roomy).confirm("96,000.00")

    assert response.url == home_of(roomy)
    assert said_by(response) == [
        "HKD 96,000.00 is drawn and lies in your account as purchasing cash."
    ]
    subledger = ledger_of(roomy)
    assert (subledger.owed, subledger.cash) == (Decimal(196000), Decimal(96000))
    assert Draw.objects.get().drawn_by.role == "client"
    assert ledger_balanced()


def test_the_most_can_be_drawn_and_not_a_cent_more(form, roomy):
    refused = form.open(roomy).confirm("138000.01")
    assert "You may draw at most HKD 138,000.00: your collateral binds." in text_of(refused)
    assert 'value="138000.01"' in refused.content.decode()
    assert key_in(refused) == form.key

    assert form.confirm("138000").status_code == 302
    assert ledger_of(roomy).owed == Decimal(238000)


def test_too_much_is_refused_before_it_is_confirmed(form, roomy):
    response = form.open(roomy).send(amount="138000.01")

    assert "You may draw at most HKD 138,000.00: your collateral binds." in text_of(response)
    assert "Confirm your advance" not in text_of(response)


def test_the_credit_limit_is_named_where_it_binds(form):
    account = margin_account(owed="100000", pledged={"BTC": "1"}, credit_limit="150000")
    price("BTC", "700000", at=NOON)

    shown = text_of(form.open(account).page)
    assert "The most, to your credit limit 50,000.00" in shown

    refused = form.confirm("60000")
    assert "You may draw at most HKD 50,000.00: your credit limit binds." in text_of(refused)


@pytest.mark.parametrize(("code", "fresh"), [("BTC", "700000"), ("ETH", "24000")])
@pytest.mark.rule("VAF-27")
def test_a_purchase_is_paid_before_it_trades_and_enters_the_pool(form, roomy, code, fresh):
    asked = form.open(roomy).send(amount="90000", purpose=code)
    assert "at most" in text_of(asked)
    assert f"You draw, to buy {code} now 90,000 .00" in text_of(asked)

    response = form.confirm("90000", purpose=code)

    assert response.url == home_of(roomy)
    order = Order.objects.get()
    assert (order.state, order.asset.code) == (OrderState.FILLED, code)
    [said] = said_by(response)
    assert said.startswith("Bought ")
    assert f" {code} at " in said
    assert "stays in your account as cash." in said
    subledger = ledger_of(roomy)
    assert subledger.owed == Decimal(190000)
    assert subledger.cash == Decimal(90000) - order.gross - order.costs
    assert ledger_balanced()
    assert units_reconciled()


def test_the_usage_after_a_purchase_is_no_worse_than_was_shown(form, roomy):
    shown = text_of(form.open(roomy).send(amount="138000", purpose="BTC"))
    promised = Decimal(shown.partition("at most ")[2].partition("%")[0]) / 100
    form.confirm("138000", purpose="BTC")

    [reading] = read(now=NOON, account_ids=[roomy.pk])
    assert margin_usage(reading.debt, reading.margin_value) <= promised


@pytest.mark.parametrize("purpose", ["keep", "BTC"])
@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=2)])
def test_a_double_post_acts_once(form, roomy, clock, purpose, later):
    form.open(roomy).confirm("50000", purpose=purpose)
    clock.shift(later)

    again = form.confirm("50000", purpose=purpose)

    assert again.status_code == 302
    assert Draw.objects.count() == 1
    assert Order.objects.count() == (purpose == "BTC")
    assert ledger_of(roomy).owed == Decimal(150000)
    if later:
        assert said_by(again)[-1] == "That advance was made before; nothing was drawn twice."


@pytest.mark.parametrize(
    "other",
    [{"amount": "60000"}, {"amount": "50000", "purpose": "BTC"}],
)
def test_a_form_used_for_something_else_is_asked_again_under_a_new_key(form, roomy, other):
    form.open(roomy).confirm("50000")

    again = form.send(confirmed="yes", **other)

    assert again.status_code == 200
    assert "This form was used for another advance before." in text_of(again)
    assert key_in(again) != form.key
    assert ledger_of(roomy).owed == Decimal(150000)


def test_while_a_call_is_open_there_is_no_form_and_the_reason_stands_there(
    client, called, borrower
):
    borrower(called)

    shown = text_of(client.get(f"{home_of(called)}draw/"))

    assert "Nothing can be drawn now Advances are stopped while a margin call is open." in shown


def test_a_call_that_comes_between_form_and_confirmation_refuses_at_the_field(form, roomy, clock):
    form.open(roomy)
    clock.shift(timedelta(minutes=1))
    price("BTC", "200000", at=NOON + timedelta(minutes=1))
    sweep(now=NOON + timedelta(minutes=1))

    response = form.confirm("50000")

    assert response.status_code == 200
    assert "Advances are stopped while a margin call is open." in text_of(response)
    assert 'value="50000"' in response.content.decode()
    assert Draw.objects.count() == 0


def test_an_unpriced_account_draws_nothing(client, roomy, borrower, clock):
    clock.shift(timedelta(hours=1))
    borrower(roomy)

    shown = text_of(client.get(f"{home_of(roomy)}draw/"))

    assert "One of your assets has no fresh price" in shown


@pytest.mark.rule("VAF-3")
def test_under_a_suspended_relation_nothing_is_drawn(client, roomy, borrower):
    move(roomy.relation, MarginRelation.suspend, reason="test", now=NOON)
    borrower(roomy)

    assert "Your securities margin account is not active" in text_of(
        client.get(f"{home_of(roomy)}draw/")
    )


def test_an_asset_without_a_fresh_price_is_not_bought(form, roomy, clock):
    clock.shift(timedelta(minutes=2))
    price("BTC", "700000", at=NOON + timedelta(minutes=2))
    assert "Buy ETH now no fresh price" in text_of(form.open(roomy).page)

    response = form.confirm("50000", purpose="ETH")

    assert "ETH has no fresh price, so it cannot be bought now." in text_of(response)
    assert Draw.objects.count() == 0


def test_less_than_a_lot_is_refused_and_nothing_is_drawn(form, roomy):
    response = form.open(roomy).confirm("5", purpose="BTC")

    assert "HKD 5.00 buys less than the smallest lot of BTC." in text_of(response)
    assert Draw.objects.count() == 0


@pytest.mark.parametrize("purpose", ["", "DOGE", "0700"])
def test_nothing_else_can_be_bought(form, roomy, purpose):
    response = form.open(roomy).confirm("50000", purpose=purpose)

    assert response.status_code == 200
    assert "Say what it is for." in text_of(response)
    assert Draw.objects.count() == 0


@pytest.mark.parametrize("amount", ["", "0", "-1", "0.001", "NaN", "1e5", "ten"])
def test_what_is_no_amount_is_refused_at_its_field(form, roomy, amount):
    response = form.open(roomy).confirm(amount)

    assert "Enter an amount above zero, in dollars and cents." in text_of(response)
    assert Draw.objects.count() == 0


class Silent(PaperVenue):
    """A venue whose answer is lost: it may have traded, and it may not."""

    def place(self, ticket, *, now):
        raise VenueError("no answer", retry=False, unknown=True)


class Refusing(PaperVenue):
    def place(self, ticket, *, now):
        raise VenueError("shut", retry=True)


@pytest.mark.parametrize(
    ("venue", "said"),
    [
        (Silent(), "HKD 50,000.00 is drawn; the order is at the venue."),
        (
            Refusing(),
            "HKD 50,000.00 is drawn and lies in your account as cash: the order did not trade.",
        ),
    ],
)
def test_what_became_of_the_order_is_said(form, roomy, monkeypatch, venue, said):
    monkeypatch.setitem(VENUES, "paper", venue)

    assert said_by(form.open(roomy).confirm("50000", purpose="BTC")) == [said]
    assert ledger_of(roomy).cash == Decimal(50000)


def test_a_venue_that_cannot_be_asked_is_said_and_nothing_is_sent_twice(form, roomy, monkeypatch):
    class Dumb(Silent):
        def find(self, client_order_id):
            raise VenueError("no answer", retry=True)

    monkeypatch.setitem(VENUES, "paper", Dumb())
    form.open(roomy).confirm("50000", purpose="BTC")

    again = form.confirm("50000", purpose="BTC")

    assert "The venue has not said yet what became of your order" in said_by(again)[-1]
    assert Order.objects.count() == 1
