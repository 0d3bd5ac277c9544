"""Repayments over the API: once for a key, in the client's words, by the client alone."""

from decimal import Decimal

import pytest
from django.test import Client

from lending.ledger.balances import ledger_balanced
from lending.loans.repay import Repayment
from lending.margin.call import MarginCall
from onboarding.users import Role
from tests.factories import client_user, manager_for, margin_account, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(account) -> str:
    return f"/accounts/{account.number}/repayments/"


def test_it_meets_the_debt(caller, account, path):
    answer = caller.post(path, {"amount": "40000.00"}, key="first")

    assert answer.status == 201
    assert answer.json == {
        "account": account.number,
        "amount": "40000.00",
        "source": "client",
        "costs": "0.00",
        "overdue_interest": "0.00",
        "interest": "0.00",
        "fees": "0.00",
        "principal": "40000.00",
        "deficit": "0.00",
        "left_over": "0.00",
        "paid_at": "2026-03-04T12:00:00+08:00",
    }
    assert caller.get(f"/accounts/{account.number}/").json["debt"] == "60000.00"
    assert Repayment.objects.get().paid_by.username.startswith("client")
    assert ledger_balanced()


def test_it_cures_a_call(caller_for, called):
    caller = caller_for(client_user(called))
    cash = caller.get(f"/accounts/{called.number}/").json["open_call"]["cure"]["cash"]

    caller.post(f"/accounts/{called.number}/repayments/", {"amount": cash}, key="cure")

    assert caller.get(f"/accounts/{called.number}/").json["open_call"] is None
    assert MarginCall.objects.get().state == "cured"


def test_what_is_more_than_the_debt_stays_the_client_s(caller, account, path):
    answer = caller.post(path, {"amount": "100000.01"}, key="all")

    assert (answer.json["principal"], answer.json["left_over"]) == ("100000.00", "0.01")
    said = caller.get(f"/accounts/{account.number}/").json
    assert (said["debt"], said["cash"]) == ("0.00", "0.01")


class TestOnceForAKey:
    def test_sent_twice_it_pays_once_and_answers_the_same(self, caller, path, time_machine):
        first = caller.post(path, {"amount": "1000.00"}, key="once")
        time_machine.shift(60)
        second = caller.post(path, {"amount": "1000.00"}, key="once")

        assert (first.status, first.json) == (second.status, second.json)
        assert "Idempotent-Replayed" not in first.headers
        assert second.headers["Idempotent-Replayed"] == "true"
        assert Repayment.objects.count() == 1

    def test_the_same_key_for_another_amount_is_refused(self, caller, path):
        caller.post(path, {"amount": "1000.00"}, key="once")
        answer = caller.post(path, {"amount": "1000.01"}, key="once")

        assert answer.status == 422
        assert answer.json["type"] == "urn:harbour:problem:idempotency-key-reused"
        assert Repayment.objects.get().amount == Decimal("1000.00")

    def test_two_clients_may_use_one_key(self, caller, path, caller_for):
        other = margin_account(owed="5000", pledged={"BTC": "1"})
        caller.post(path, {"amount": "1000.00"}, key="1")

        answer = caller_for(client_user(other)).post(
            f"/accounts/{other.number}/repayments/", {"amount": "2000.00"}, key="1"
        )

        assert answer.status == 201
        assert Repayment.objects.count() == 2

    def test_keys_that_begin_alike_are_two(self, caller, path):
        long = "a-rather-long-name-of-a-request-" * 5
        caller.post(path, {"amount": "1000.00"}, key=long + "1")
        caller.post(path, {"amount": "1000.00"}, key=long + "2")

        assert Repayment.objects.count() == 2

    @pytest.mark.parametrize("key", [None, "", "   ", "x" * 201])
    def test_without_a_usable_key_nothing_is_done(self, caller, path, key):
        answer = caller.post(path, {"amount": "1000.00"}, key=key)

        assert answer.status == 400
        assert "Idempotency-Key" in answer.json["detail"]
        assert not Repayment.objects.exists()


ABOVE_ZERO = "Enter an amount above zero, in dollars and cents."
AS_TEXT = 'Enter an amount in dollars and cents, as text: "1500.00".'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "Enter an amount."),
        ({"amount": None}, "Enter an amount."),
        ({"amount": ""}, AS_TEXT),
        ({"amount": "ten"}, AS_TEXT),
        ({"amount": "NaN"}, AS_TEXT),
        ({"amount": "Infinity"}, AS_TEXT),
        ({"amount": 1500.5}, AS_TEXT),
        ({"amount": True}, AS_TEXT),
        ({"amount": ["1"]}, AS_TEXT),
        ({"amount": "0"}, ABOVE_ZERO),
        ({"amount": "-5.00"}, ABOVE_ZERO),
        ({"amount": "0.001"}, ABOVE_ZERO),
        ({"amount": "10.005"}, ABOVE_ZERO),
        ({"amount": "1e400"}, "No account here is that large."),
        ({"amount": "12345678901234567.00"}, "No account here is that large."),
        ({"amount": "1" * 2000}, "No account here is that large."),
    ],
)
def test_what_is_no_amount_is_refused_in_the_client_s_words(caller, path, body, words):
    answer = caller.post(path, body, key="k")

    assert answer.status == 400
    assert answer.json["type"] == "urn:harbour:problem:invalid"
    assert answer.json["errors"] == [{"field": "amount", "detail": words}]
    assert answer.json["detail"] == words
    assert not Repayment.objects.exists()


def test_a_whole_number_is_an_amount(caller, path):
    assert caller.post(path, {"amount": 1500}, key="k").json["amount"] == "1500.00"


@pytest.mark.parametrize("body", ["", "{", "[]", '"10.00"', "null"])
def test_what_is_no_object_is_refused(caller, path, body):
    assert caller.post(path, body, key="k").status == 400


class TestWhoMayPay:
    def test_nobody_of_the_house_pays_for_a_client(self, caller_for, account, path):
        for user in (manager_for(account), staff(Role.RISK_OFFICER), staff(Role.OPERATIONS)):
            answer = caller_for(user).post(path, {"amount": "1000.00"}, key="k")
            assert answer.status == 403
            assert answer.json["detail"] == "Only a signatory of the client may repay and draw."
        assert not Repayment.objects.exists()

    def test_somebody_else_s_account_is_not_found(self, caller_for, path):
        for user in (client_user(), staff(Role.RM)):
            assert caller_for(user).post(path, {"amount": "1000.00"}, key="k").status == 404

    def test_a_stranger_is_told_to_sign_in(self, caller_for, path):
        assert caller_for().post(path, {"amount": "1000.00"}, key="k").status == 401

    def test_a_page_of_another_site_cannot_pay(self, account, path):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(client_user(account))

        response = browser.post(
            f"/api/v1{path}",
            {"amount": "1000.00"},
            content_type="application/json",
            headers={"Idempotency-Key": "k"},
        )

        assert response.status_code == 403
        assert not Repayment.objects.exists()


def test_where_money_comes_by_transfer_a_client_s_word_is_no_payment(caller, path, settings):
    settings.PAPER_BANK = False

    answer = caller.post(path, {"amount": "1000.00"}, key="k")

    assert answer.status == 409
    assert answer.json["type"] == "urn:harbour:problem:pay-by-transfer"
    assert not Repayment.objects.exists()


def test_money_is_moved_so_many_times_a_minute(caller, path):
    statuses = {caller.post(path, {"amount": "1.00"}, key=str(n)).status for n in range(20)}
    answer = caller.post(path, {"amount": "1.00"}, key="more")

    assert statuses == {201}
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) <= 60


def test_where_no_bank_of_paper_stands_a_word_is_no_money(caller, path, settings):
    settings.PAPER_BANK = False

    answer = caller.post(path, {"amount": "40000.00"}, key="first")

    assert answer.status == 409
    assert "when it arrives" in answer.json["detail"]
    assert not Repayment.objects.exists()
