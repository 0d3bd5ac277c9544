"""Repay: the amount, what it changes, the payment itself, once; and every refusal at its field."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages

from lending.ledger import entries
from lending.ledger.balances import ledger_balanced
from lending.ledger.post import Event, post
from lending.liquidation.execute import work
from lending.loans.repay import Repayment
from lending.margin.account import MarginAccount, State
from lending.margin.call import CallState
from lending.margin.sweep import sweep
from lending.trading.venues.paper import PaperVenue
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
            self.at = f"{home_of(account)}repay/"
            self.page = client.get(self.at + query)
            self.key = key_in(self.page)
            return self

        def send(self, **said):
            return client.post(self.at, {"key": self.key, **said})

        def confirm(self, amount, **said):
            return self.send(amount=amount, confirmed="yes", **said)

    return Form()


def give_cash(account, amount: str) -> None:
    legs = entries.received(Decimal(amount))
    post(Event("cash", "receipt", "test", account.subledger_id, legs), now=NOON)


def owed(account) -> Decimal:
    return MarginAccount.objects.get(pk=account.pk).subledger.owed


def said_by(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_the_form_offers_the_amounts_that_mean_something(form, called):
    shown = text_of(form.open(called).page)

    assert "To cure the call 13,800.00" in shown
    assert "Down to 90% usage 23,600.00" in shown
    assert "All that is owed 200,000.00" in shown
    assert "Demonstration: no bank is connected. What you confirm counts as paid at once." in shown


def test_without_a_bank_of_paper_the_page_does_not_call_itself_a_demonstration(
    form, called, settings
):
    settings.PAPER_BANK = False

    shown = text_of(form.open(called).page)

    assert "Demonstration" not in shown
    assert "Pay by bank transfer with your account number" in shown


def test_an_amount_in_the_address_stands_in_the_form(form, called):
    page = form.open(called, "?amount=13,800.00").page

    assert 'value="13,800.00"' in page.content.decode()
    assert "Margin usage 102.05% 95.00%" in text_of(page)
    assert "This cures your margin call." in text_of(page)


def test_the_preview_is_asked_for_alone(client, form, called):
    form.open(called)

    part = client.get(f"{form.at}?amount=10000", headers={"HX-Request": "true"})

    assert "<html" not in part.content.decode()
    assert "Margin usage 102.05% 96.94% Zone Margin call Margin call" in text_of(part)
    assert "HKD 3,800.00 more would then cure your margin call." in text_of(part)


def test_nothing_happens_before_it_is_confirmed(form, called):
    response = form.open(called).send(amount="13,800")

    assert response.status_code == 200
    shown = text_of(response)
    assert "Confirm your repayment" in shown
    assert "You owe, HKD 200,000.00 186,200.00" in shown
    assert "Repay HKD 13,800.00" in shown
    assert key_in(response) == form.key
    assert Repayment.objects.count() == 0


def test_who_changes_the_mind_keeps_the_amount(form, called):
    response = form.open(called).send(amount="13,800", change="yes")

    assert 'value="13,800"' in response.content.decode()
    assert key_in(response) == form.key
    assert Repayment.objects.count() == 0


@pytest.mark.rule("SMF-41")
def test_a_confirmed_payment_meets_the_debt_and_cures_the_call(form, called):
    response = form.open(called).confirm("13800")

    assert response.status_code == 302
    assert response.url == home_of(called)
    assert said_by(response) == ["HKD 13,800.00 is recorded as paid. Your margin call is cured."]
    repayment = Repayment.objects.get()
    assert (repayment.amount, repayment.source) == (Decimal(13800), "client")
    assert repayment.paid_by.role == "client"
    assert owed(called) == Decimal("186200")
    assert called.calls.get().state == CallState.CURED
    assert ledger_balanced()


def test_a_payment_that_is_not_enough_part_cures(form, called):
    response = form.open(called).confirm("1000")

    assert said_by(response) == ["HKD 1,000.00 is recorded as paid."]
    assert called.calls.get().state == CallState.PART_CURED


@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=2)])
def test_a_double_post_acts_once(form, called, clock, later):
    form.open(called).confirm("1000")
    clock.shift(later)

    again = form.confirm("1000")

    assert again.status_code == 302
    assert Repayment.objects.count() == 1
    assert owed(called) == Decimal("199000")
    if later:
        assert said_by(again)[-1] == "That payment was recorded before; nothing was taken twice."


def test_a_form_used_for_another_amount_is_asked_again_under_a_new_key(form, called):
    form.open(called).confirm("1000")

    again = form.confirm("2000")

    assert again.status_code == 200
    assert "This form was used for another payment before." in text_of(again)
    assert key_in(again) != form.key
    assert 'value="2000"' in again.content.decode()
    assert owed(called) == Decimal("199000")


@pytest.mark.parametrize(
    "amount",
    ["", "0", "-5", "0.001", "NaN", "Infinity", "1e5", "1_000", "1,50", "1,0000", "٣", "five"],
)
@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "yes"}])
def test_what_is_no_amount_is_refused_at_its_field(form, called, amount, confirmed):
    response = form.open(called).send(amount=amount, **confirmed)

    assert response.status_code == 200
    assert "Enter an amount above zero, in dollars and cents." in text_of(response)
    assert key_in(response) == form.key
    assert Repayment.objects.count() == 0


def test_more_than_a_page_takes_is_refused(form, called):
    response = form.open(called).confirm("9" * 16)

    assert "That is more than can be entered here." in text_of(response)


@pytest.mark.parametrize("key", ["", "7", "x" * 200])
def test_a_form_without_its_key_does_nothing(client, form, called, key):
    form.open(called)

    response = client.post(form.at, {"amount": "10", "confirmed": "yes", "key": key})

    assert "This form came back damaged." in text_of(response)
    assert Repayment.objects.count() == 0


def test_cash_in_the_account_may_meet_the_debt(form, called):
    give_cash(called, "5000")
    assert "Your cash in this account, 5,000.00" in text_of(form.open(called).page)

    response = form.confirm("5000", source="cash")

    assert response.status_code == 302
    assert Repayment.objects.get().source == "cash"
    assert owed(called) == Decimal("195000")
    assert ledger_balanced()


@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "yes"}])
def test_more_than_the_cash_is_refused_in_its_own_words(form, called, confirmed):
    give_cash(called, "5000")

    response = form.open(called).send(amount="5000.01", source="cash", **confirmed)

    assert response.status_code == 200
    assert "There is HKD 5,000.00 of cash in the account." in text_of(response)
    assert 'value="5000.01"' in response.content.decode()
    assert 'value="cash" checked' in response.content.decode()
    assert Repayment.objects.count() == 0


def test_a_source_that_there_is_not_does_nothing(form, called):
    response = form.open(called).confirm("10", source="heaven")

    assert response.status_code == 200
    assert Repayment.objects.count() == 0


def test_what_goes_beyond_the_debt_stays_the_clients_cash(form, account):
    response = form.open(account).send(amount="200,500")
    assert "Your cash in the account, HKD 0.00 500.00" in text_of(response)

    form.confirm("200,500")

    subledger = MarginAccount.objects.get(pk=account.pk).subledger
    assert (subledger.owed, subledger.cash) == (0, 500)


def test_an_unpriced_account_can_be_repaid(form, account, clock):
    clock.shift(timedelta(hours=1))
    assert "usage cannot be measured now" in text_of(form.open(account, "?amount=5").page)

    assert form.confirm("5").status_code == 302
    assert owed(account) == Decimal("199995")


def test_who_pays_while_collateral_is_being_sold_ends_the_sale(form, called, clock):
    due = called.calls.get().cure_due_at
    clock.move_to(due, tick=False)
    price("BTC", "490000", at=due)
    sweep(now=due)
    assert MarginAccount.objects.get(pk=called.pk).state == State.LIQUIDATING

    form.open(called).confirm("50000")
    work(now=due, venue=PaperVenue())

    assert MarginAccount.objects.get(pk=called.pk).state == State.HEALTHY
    assert called.orders.count() == 0


def test_where_no_bank_of_paper_stands_a_clients_word_is_no_money(form, settings):
    settings.PAPER_BANK = False
    account = margin_account(owed="200000", pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON)
    page = form.open(account).send(amount="1000", source="client", confirmed="1")
    assert page.status_code == 200
    assert "counts when it arrives" in text_of(page)
    assert not account.repayments.exists()
