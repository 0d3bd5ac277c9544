"""Draws over the API: to what may be drawn, with the binding limit named, once for a key."""

from datetime import timedelta
from decimal import Decimal

import pytest

from collateral.custody.movements import units_reconciled
from lending.ledger.balances import ledger_balanced
from lending.loans.draw import Draw
from lending.margin.account import MarginAccount
from lending.trading.order import Order
from lending.trading.venue import VenueError
from lending.trading.venues.paper import PaperVenue
from onboarding.users import Role
from tests.factories import NOON, client_user, price, staff
from tests.proofs import guards_down

pytestmark = pytest.mark.django_db

CASH = {"amount": "50000.00", "purpose": "purchasing_cash"}
BUY = {"amount": "50000.00", "purpose": "buy", "asset": "BTC"}


@pytest.fixture
def path(account) -> str:
    return f"/accounts/{account.number}/draws/"


def test_it_lies_in_the_account_as_cash(caller, account, path):
    answer = caller.post(path, CASH, key="first")

    assert answer.status == 201
    assert answer.json == {
        "account": account.number,
        "amount": "50000.00",
        "purpose": "purchasing_cash",
        "asset": None,
        "drawn_at": "2026-03-04T12:00:00+08:00",
        "purchase": None,
    }
    said = caller.get(f"/accounts/{account.number}/").json
    assert (said["debt"], said["cash"]) == ("150000.00", "50000.00")
    assert ledger_balanced()


def test_it_buys(caller, account, path):
    answer = caller.post(path, BUY, key="first")

    bought = answer.json["purchase"]
    assert answer.status == 201
    assert answer.json["asset"] == "BTC"
    assert bought["state"] == "filled"
    assert bought["units"] == bought["filled_units"] == "0.09871"
    held = account.pool.holdings.get().units
    assert held == 1 + Decimal(bought["filled_units"])
    spent = Decimal(bought["gross"]) + Decimal(bought["costs"])
    said = caller.get(f"/accounts/{account.number}/").json
    assert Decimal(said["cash"]) == Decimal(50_000) - spent
    assert ledger_balanced()
    assert units_reconciled()


@pytest.mark.rule("VAF-17")
class TestRefused:
    """409 in the client's words, and nothing is changed."""

    def refused(self, caller, path, body) -> dict:
        answer = caller.post(path, body, key="k")
        assert answer.status == 409
        assert answer.json["type"] == "urn:harbour:problem:advance-refused"
        assert not Draw.objects.exists()
        assert not Order.objects.exists()
        return answer.json

    @pytest.mark.parametrize("body", [CASH, BUY])
    def test_above_the_power_with_the_binding_limit(self, caller, path, body):
        said = self.refused(caller, path, body | {"amount": "70000.01"})

        assert said["drawing_power"] == {"amount": "70000.00", "limit": "collateral"}
        assert said["detail"] == "You may draw at most HKD 70,000.00: your collateral binds."

    def test_above_the_credit_limit(self, caller, account, path):
        with guards_down():  # A limit changes by approval; that is not what is asked here.
            MarginAccount.objects.filter(pk=account.pk).update(credit_limit=Decimal("120000"))

        said = self.refused(caller, path, CASH)

        assert said["drawing_power"] == {"amount": "20000.00", "limit": "credit_limit"}
        assert "your credit limit binds" in said["detail"]

    def test_while_a_call_is_open(self, caller_for, called):
        caller = caller_for(client_user(called))

        said = self.refused(caller, f"/accounts/{called.number}/draws/", CASH)

        assert said["detail"] == "Advances are stopped while a margin call is open."
        assert "drawing_power" not in said

    def test_on_an_asset_without_a_fresh_price(self, caller, path, time_machine):
        time_machine.shift(7200)

        assert "no fresh price" in self.refused(caller, path, CASH)["detail"]

    def test_to_buy_less_than_a_lot(self, caller, path):
        said = self.refused(caller, path, BUY | {"amount": "1.00"})

        assert "less than the smallest lot" in said["detail"]

    def test_to_buy_what_has_no_fresh_price(self, caller, path):
        said = self.refused(caller, path, BUY | {"asset": "ETH"})

        assert said["detail"] == "ETH has no fresh price, so it cannot be bought now."


def test_exactly_the_power_can_be_drawn(caller, account, path):
    power = caller.get(f"/accounts/{account.number}/").json["drawing_power"]["amount"]

    assert caller.post(path, CASH | {"amount": power}, key="all").status == 201
    assert caller.get(f"/accounts/{account.number}/").json["drawing_power"]["amount"] == "0.00"


class TestOnceForAKey:
    @pytest.mark.parametrize("body", [CASH, BUY])
    def test_sent_twice_it_draws_once_and_answers_the_same(self, caller, path, body, time_machine):
        first = caller.post(path, body, key="once")
        time_machine.shift(30)
        second = caller.post(path, body, key="once")

        assert (first.status, first.json) == (second.status, second.json)
        assert second.headers["Idempotent-Replayed"] == "true"
        assert Draw.objects.count() == 1
        assert Order.objects.count() == (1 if body is BUY else 0)

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (CASH, CASH | {"amount": "50000.01"}),
            (CASH, BUY),
            (BUY, CASH),
            (BUY, BUY | {"amount": "1000.00"}),
            (BUY, BUY | {"asset": "ETH"}),
        ],
    )
    def test_the_same_key_for_something_else_is_refused(self, caller, path, first, second):
        price("ETH", "20000", at=NOON, fresh=timedelta(hours=1))
        caller.post(path, first, key="once")

        answer = caller.post(path, second, key="once")

        assert answer.status == 422
        assert answer.json["type"] == "urn:harbour:problem:idempotency-key-reused"
        assert Draw.objects.count() == 1

    def test_keys_that_begin_alike_buy_twice(self, caller, path):
        long = "a-rather-long-name-of-a-request-" * 5
        for end in "12":
            assert caller.post(path, BUY | {"amount": "10000.00"}, key=long + end).status == 201
        assert Order.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"purpose": "buy", "asset": "BTC"}, "amount", "Enter an amount."),
        ({"amount": "1.00"}, "purpose", "Say what it is for: purchasing_cash or buy."),
        (CASH | {"purpose": "a boat"}, "purpose", "Say what it is for: purchasing_cash or buy."),
        ({"amount": "1.00", "purpose": "buy"}, "asset", "Say what to buy: BTC or ETH."),
        (BUY | {"asset": "DOGE"}, "asset", "Say what to buy: BTC or ETH."),
        (BUY | {"asset": "0700"}, "asset", "Say what to buy: BTC or ETH."),
        (
            CASH | {"asset": "BTC"},
            "asset",
            "Leave the asset out, or say that the purpose is to buy.",
        ),
    ],
)
def test_what_cannot_be_understood_is_refused_in_words(caller, path, body, field, words):
    answer = caller.post(path, body, key="k")

    assert answer.status == 400
    assert answer.json["errors"] == [{"field": field, "detail": words}]
    assert not Draw.objects.exists()


def test_a_silent_venue_before_the_order_leaves_nothing_behind(caller, path, monkeypatch):
    def silent(self, asset_id, units, *, now):
        raise VenueError("no answer", retry=True)

    monkeypatch.setattr(PaperVenue, "cost", silent)
    answer = caller.post(path, BUY, key="k")

    assert answer.status == 503
    assert answer.json["type"] == "urn:harbour:problem:venue-silent"
    assert not Draw.objects.exists()


def test_only_the_client_draws(caller_for, account, path):
    assert caller_for(staff(Role.RISK_OFFICER)).post(path, CASH, key="k").status == 403
    assert caller_for(client_user()).post(path, CASH, key="k").status == 404
    assert caller_for().post(path, CASH, key="k").status == 401
    assert not Draw.objects.exists()
