"""Accounts over the API: the reading, said exactly, to whoever may see it."""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collateral.amounts import CENT, round_down, round_up
from lending.loans.accrue import accrue
from lending.loans.draw import draw, power_of
from lending.margin.account import MarginAccount
from lending.margin.cure import TopUp, cure_of
from lending.margin.ratios import margin_usage
from lending.margin.readings import read
from lending.margin.sweep import sweep
from onboarding.clients import Service, Signatory
from onboarding.users import Role
from tests.factories import NOON, client_user, give, manager_for, margin_account, price, staff

pytestmark = pytest.mark.django_db


def reading_of(account):
    [reading] = read(now=NOON, account_ids=[account.pk])
    return reading


class TestWhoSeesWhat:
    @pytest.fixture
    def others(self):
        return margin_account(owed="1000", pledged={"ETH": "1"})

    def numbers(self, caller) -> list[str]:
        return [row["number"] for row in caller.get("/accounts/").json["results"]]

    def test_a_client_sees_the_own(self, caller, account, others):
        assert self.numbers(caller) == [account.number]
        assert caller.get(f"/accounts/{account.number}/").status == 200

    def test_somebody_else_s_account_is_not_found(self, caller, others):
        answer = caller.get(f"/accounts/{others.number}/")

        assert answer.status == 404
        assert answer.json == caller.get("/accounts/MA999999/").json | {
            "instance": f"/api/v1/accounts/{others.number}/"
        }

    def test_an_rm_sees_the_own_clients(self, caller_for, account, others):
        rm = caller_for(manager_for(account))

        assert self.numbers(rm) == [account.number]
        assert rm.get(f"/accounts/{others.number}/").status == 404
        assert rm.get(f"/accounts/{others.number}/calls/").status == 404

        Service.objects.update(until_date=NOON.date())
        assert self.numbers(rm) == []

    @pytest.mark.parametrize("role", [Role.RISK_OFFICER, Role.AUDITOR, Role.FINANCE])
    def test_other_staff_see_all(self, caller_for, account, others, role):
        assert self.numbers(caller_for(staff(role))) == [account.number, others.number]

    def test_a_client_who_signs_for_nobody_sees_nothing(self, caller_for, account):
        assert self.numbers(caller_for(client_user())) == []

    def test_a_stranger_is_told_to_sign_in(self, caller_for, account):
        for path in ("/accounts/", f"/accounts/{account.number}/"):
            answer = caller_for().get(path)
            assert answer.status == 401
            assert answer.json["type"] == "urn:harbour:problem:not-signed-in"

    def test_a_password_in_the_request_is_no_way_in(self, client, account):
        user = client_user(account)

        response = client.get("/api/v1/accounts/", headers={"Authorization": "Basic eDp5"})

        assert user.check_password("secret")
        assert response.status_code == 401
        assert "Basic" not in response.headers["WWW-Authenticate"]


class TestTheReading:
    def test_every_figure_is_that_of_the_reading_rounded_against_the_borrower(
        self, caller, account
    ):
        MarginAccount.objects.filter(pk=account.pk).update(policy_amount=Decimal("150000"))
        accrue(now=NOON)
        give(account, {"ETH": "0.12345678"})
        price("ETH", "20123.4567", at=NOON, fresh=timedelta(hours=1))
        reading = reading_of(account)

        said = caller.get(f"/accounts/{account.number}/").json

        assert said["debt"] == str(round_up(reading.debt, CENT)) == "100039.73"
        assert said["cash"] == str(reading.cash)
        for name in ("market_value", "margin_value", "liquidation_value", "limit_amount"):
            assert said[name] == str(round_down(getattr(reading, name), CENT))
        assert said["shortfall"] == str(round_up(reading.shortfall, CENT))
        assert said["margin_usage"] == str(margin_usage(reading.debt, reading.margin_value))
        assert said["credit_limit"] == "1000000000.00"
        assert said["policy_amount"] == "150000.00"
        assert said["binding"] == reading.binding == "policy_amount"
        assert said["band"] == reading.band == "covered"
        assert said["standing"] == said["state"] == "healthy"
        assert said["unpriced"] is False
        assert said["open_call"] is None
        assert said["read_at"] == "2026-03-04T12:00:00+08:00"

    def test_drawing_power_names_the_limit_that_binds(self, caller, account):
        power = power_of(account, reading_of(account))
        said = caller.get(f"/accounts/{account.number}/").json

        assert said["drawing_power"] == {
            "amount": str(power.amount),
            "limit": "collateral",
            "advances_stopped": False,
        }
        assert power.amount == Decimal("70000.00")  # 85% of 200,000 less 100,000.

    def test_cash_in_the_account_counts_and_is_not_lent_against(self, caller, account):
        draw(account, Decimal(50_000), key="d", now=NOON)

        said = caller.get(f"/accounts/{account.number}/").json

        assert (said["debt"], said["cash"]) == ("150000.00", "50000.00")
        assert said["margin_value"] == "250000.00"
        assert said["drawing_power"]["amount"] == "20000.00"

    def test_unpriced_says_so_and_measures_nothing(self, caller_for):
        account = margin_account(owed="1000", pledged={"ETH": "1"})

        said = caller_for(client_user(account)).get(f"/accounts/{account.number}/").json

        assert said["unpriced"] is True
        assert said["debt"] == "1000.00"
        figures = ("market_value", "margin_value", "liquidation_value", "limit_amount", "band")
        assert {said[name] for name in (*figures, "shortfall", "margin_usage")} == {None}
        assert said["drawing_power"]["advances_stopped"] is True
        assert said["drawing_power"]["amount"] == "0.00"

    def test_the_frr_haircut_is_nowhere(self, caller, account):
        assert "frr" not in str(caller.get(f"/accounts/{account.number}/").json).lower()

    def test_nobody_on_the_way_keeps_it(self, caller, account):
        answer = caller.get(f"/accounts/{account.number}/")
        assert answer.headers["Cache-Control"] == "no-store"


class TestTheOpenCall:
    def test_it_says_the_demand_and_what_cures_it_now(self, caller_for, called):
        [call] = called.calls.all()

        said = caller_for(client_user(called)).get(f"/accounts/{called.number}/").json

        assert said["state"] == said["standing"] == "called"
        assert said["band"] == "call"
        assert said["drawing_power"]["advances_stopped"] is True
        assert said["open_call"] == {
            "number": call.number,
            "state": "issued",
            "issued_at": "2026-03-04T12:00:00+08:00",
            "cure_due_at": "2026-03-05T12:00:00+08:00",
            "accelerated": False,
            "binding": "collateral",
            "shortfall": "4000.00",
            "call_amount": "14000.00",
            "cure": {
                "cash": "13800.00",
                "BTC": "0.07411386",
                "ETH": "1.81578948",
                "to_90": "23600.00",
                "only_repayment_cures": False,
            },
        }

    def test_the_cures_are_those_of_cure_of(self, caller_for, called):
        reading = reading_of(called)
        step, haircut = Decimal("0.00000001"), Decimal("0.60")
        cure = cure_of(
            debt=reading.debt,
            margin_value=reading.margin_value,
            credit_limit=reading.credit_limit,
            policy_amount=reading.policy_amount,
            levels=called.terms.levels,
            top_ups=[
                TopUp("BTC", Decimal(490_000), haircut, step),
                TopUp("ETH", Decimal(20_000), haircut, step),
            ],
        )

        said = caller_for(client_user(called)).get(f"/accounts/{called.number}/").json

        assert said["open_call"]["cure"] == {
            "cash": str(cure.cash),
            "BTC": str(cure.units["BTC"]),
            "ETH": str(cure.units["ETH"]),
            "to_90": str(cure.cash_out_of_warning),
            "only_repayment_cures": False,
        }

    def test_where_the_credit_limit_binds_only_repayment_cures(self, caller_for):
        account = margin_account(owed="200000", pledged={"BTC": "1"}, credit_limit="150000")
        price("BTC", "900000", at=NOON, fresh=timedelta(hours=1))
        sweep(now=NOON)

        said = caller_for(client_user(account)).get(f"/accounts/{account.number}/").json

        assert said["open_call"]["binding"] == said["binding"] == "credit_limit"
        assert said["open_call"]["cure"] == {
            "cash": "50000.00",
            "BTC": None,
            "ETH": None,
            "to_90": "50000.00",
            "only_repayment_cures": True,
        }

    def test_an_asset_without_a_fresh_price_is_no_way_out(self, caller_for, called, time_machine):
        price("BTC", "490000", at=NOON + timedelta(minutes=59), fresh=timedelta(hours=1))
        time_machine.move_to(NOON + timedelta(minutes=61), tick=False)

        said = caller_for(client_user(called)).get(f"/accounts/{called.number}/").json

        assert said["open_call"]["cure"]["ETH"] is None
        assert said["open_call"]["cure"]["BTC"] == "0.07411386"

    def test_an_unpriced_account_in_call_keeps_its_call_without_figures_of_now(
        self, caller_for, called, time_machine
    ):
        time_machine.move_to(NOON + timedelta(hours=2), tick=False)

        said = caller_for(client_user(called)).get(f"/accounts/{called.number}/").json

        assert said["unpriced"] is True
        assert said["open_call"]["cure"] is None
        assert said["open_call"]["shortfall"] == "4000.00"


class TestTheList:
    @pytest.fixture
    def many(self, caller_for, called):
        user = client_user(called)
        accounts = [called]
        for _ in range(4):
            accounts.append(margin_account(owed="200000", pledged={"BTC": "1"}))
            Signatory.objects.create(client=accounts[-1].client, user=user)
        sweep(now=NOON)
        return caller_for(user), accounts

    def test_each_row_is_what_its_own_address_says(self, many):
        caller, accounts = many
        rows = caller.get("/accounts/").json["results"]

        assert rows == [caller.get(f"/accounts/{account.number}/").json for account in accounts]

    def test_it_goes_on_page_by_page_in_the_order_of_numbers(self, many):
        caller, accounts = many
        numbers, path = [], {"page_size": 2}
        for _ in range(3):
            page = caller.get("/accounts/", **path).json
            numbers += [row["number"] for row in page["results"]]
            path = dict(parse_qsl(urlsplit(page["next"] or "").query))
        assert numbers == [account.number for account in accounts]
        assert page["next"] is None

    def test_one_reading_for_the_page(self, many, caller_for, called):
        caller, _ = many
        alone = caller_for(client_user(called))

        def cost(of) -> int:
            with CaptureQueriesContext(connection) as captured:
                of.get("/accounts/")
            readings = [
                q for q in captured if "lending_subledger" in q["sql"] and "WITH" in q["sql"]
            ]
            assert len(readings) == 1
            return len(captured)

        assert cost(caller) == cost(alone)
        assert cost(caller) <= 24
