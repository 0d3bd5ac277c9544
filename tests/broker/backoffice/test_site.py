"""The staff site: who comes in, what is shown, and what a page costs."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import reverse

from broker.backoffice.site import StaffSite
from collateral.prices.price import HeldBack
from lending.ledger.chart import Kind, LedgerAccount
from lending.margin.account import MarginAccount
from onboarding.users import Role
from tests.broker.backoffice import world as world_of
from tests.broker.backoffice.desk import (
    ACCOUNTS,
    CALLS,
    borrower,
    fall_to,
    shown,
    statements,
)
from tests.factories import (
    NOON,
    client_user,
    margin_account,
    price,
    staff,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


class TestComingIn:
    def test_the_site_is_ours(self):
        assert isinstance(
            admin.site._wrapped if hasattr(admin.site, "_wrapped") else admin.site, StaffSite
        )

    def test_a_stranger_signs_in_on_the_one_page_and_comes_back(self, client):
        response = client.get(ACCOUNTS, follow=True)

        assert response.redirect_chain[-1][0] == f"/login/?next={ACCOUNTS}"
        assert response.status_code == 200

    def test_a_client_ends_at_the_own_first_page(self, client):
        account = borrower()
        client.force_login(client_user(account))

        response = client.get(ACCOUNTS, follow=True)

        assert response.redirect_chain[-1][0] == f"/accounts/{account.number}/"

    def test_who_left_the_house_is_led_out(self, client, manager):
        manager.is_active = False
        manager.save()

        assert client.get(ACCOUNTS).status_code == 302

    def test_signing_out_leads_to_the_sign_in_page(self, client, manager):
        response = client.post(reverse("admin:logout"))

        assert response.headers["Location"] == "/login/"
        assert client.get(ACCOUNTS).status_code == 302


class TestAccountList:
    def test_who_needs_a_person_stands_first(self, client, risk_officer):
        calm, called = borrower(owed="100000"), borrower(owed="200000")
        warned = borrower(owed="185000")
        fall_to("490000")

        changelist = client.get(ACCOUNTS).context["cl"]

        assert [account.pk for account in changelist.result_list] == [called.pk, warned.pk, calm.pk]

    def test_it_says_usage_debt_band_and_deadline(self, client, risk_officer):
        borrower()
        fall_to("490000")

        text = shown(client, ACCOUNTS)

        assert "102.05%" in text  # 200,000 of 196,000, rounded up.
        assert "200,000.00" in text
        assert "196,000.00" in text
        assert "Short" in text
        assert "Thu 5 Mar, 12:00" in text

    def test_an_unpriced_account_is_shown_and_says_so(self, client, risk_officer):
        account = borrower()

        text = shown(client, ACCOUNTS)

        assert account.number in text
        assert "Unpriced" in text

    def test_one_reading_for_all_rows_of_a_page(self, client, risk_officer):
        borrower(manager=staff(Role.RM))
        fall_to("490000")
        with_one = statements(client, ACCOUNTS)
        for _ in range(8):
            borrower(manager=staff(Role.RM))
        fall_to("489000", at=NOON + timedelta(seconds=1))

        assert statements(client, ACCOUNTS) == with_one
        assert with_one <= 12


class TestAccountPage:
    def test_it_shows_the_reading_with_what_went_into_it(self, client, risk_officer):
        account = borrower()
        fall_to("490000")

        text = shown(client, f"{ACCOUNTS}{account.pk}/change/")

        for figure in ("490,000.00", "196,000.00", "1.00000000", "60%", "35%", "4,000.00"):
            assert figure in text

    def test_it_shows_the_open_call_with_every_way_out(self, client, risk_officer):
        account = borrower()
        price("ETH", "20000", at=NOON, fresh=timedelta(hours=1))
        fall_to("490000")

        standing = client.get(f"{ACCOUNTS}{account.pk}/change/").context["standing"]

        # 95% of 196,000 is 186,200; 14,526.32 more margin value at 95% is missing.
        assert [way.value for way in standing.call.ways] == [
            "HKD 13,800.00",
            "0.07411386 BTC",
            "1.81578948 ETH",
        ]
        assert standing.call.left == "24 h 00 min"

    def test_a_credit_limit_that_binds_says_that_only_repayment_cures(self, client, risk_officer):
        account = margin_account(owed="200000", pledged={"BTC": "1"}, credit_limit="150000")
        fall_to("900000")

        text = shown(client, f"{ACCOUNTS}{account.pk}/change/")

        assert "Only repayment cures" in text

    def test_unpriced_is_said_and_nothing_is_measured(self, client, risk_officer):
        account = borrower()

        text = shown(client, f"{ACCOUNTS}{account.pk}/change/")

        assert "nothing is measured and nobody is moved" in text

    def test_what_happened_is_told_newest_first(self, client, time_machine):
        time_machine.move_to(world_of.NOW, tick=False)
        world = world_of.build()
        client.force_login(world.manager)
        account = world.own[MarginAccount]

        happened = client.get(f"{ACCOUNTS}{account.pk}/change/").context["standing"].happened

        assert [event.at for event in happened] == sorted(
            (event.at for event in happened), reverse=True
        )
        told = [event.what for event in happened]
        assert "In deficit" in told
        assert "Drew HKD 90,000.00" in told
        assert "Repaid HKD 1,000.00" in told
        assert "Sold 1.00000000 BTC" in told

    def test_its_cost_does_not_grow_with_its_history(self, client, time_machine):
        time_machine.move_to(world_of.NOW, tick=False)
        world = world_of.build()
        client.force_login(staff(Role.RISK_OFFICER))
        fallen, fresh = world.own[MarginAccount], borrower()

        cost = statements(client, f"{ACCOUNTS}{fallen.pk}/change/")

        assert cost <= 42
        assert statements(client, f"{ACCOUNTS}{fresh.pk}/change/") <= cost


class TestCallQueue:
    def test_the_nearest_deadline_stands_first_and_ended_calls_are_asked_for(
        self, client, risk_officer
    ):
        later, sooner = borrower(owed="200000"), borrower(owed="290000")
        fall_to("490000")
        [first, second] = client.get(CALLS).context["cl"].result_list
        assert (first.account_id, second.account_id) == (sooner.pk, later.pk)
        assert first.accelerated

        recovered = NOON + timedelta(minutes=1)
        fall_to("900000", at=recovered)
        assert list(client.get(CALLS).context["cl"].result_list) == []
        assert len(client.get(CALLS, {"standing": "ended"}).context["cl"].result_list) == 2
        assert len(client.get(CALLS, {"standing": "all"}).context["cl"].result_list) == 2
        assert (
            len(
                client.get(CALLS, {"standing": "all", "state__exact": "cured"})
                .context["cl"]
                .result_list
            )
            == 2
        )

    def test_a_call_is_found_by_its_number(self, client, risk_officer):
        calls = [borrower(), borrower()]
        fall_to("490000")
        call = calls[0].calls.get()

        found = client.get(CALLS, {"q": call.number.lower()}).context["cl"].result_list
        assert [row.pk for row in found] == [call.pk]
        assert call.number in shown(client, reverse("admin:search"), s=call.number, extended=1)
        assert list(client.get(CALLS, {"q": "MC" + "9" * 40}).context["cl"].result_list) == []

    def test_its_cost_does_not_grow_with_its_rows(self, client, risk_officer):
        borrower(manager=staff(Role.RM))
        fall_to("490000")
        with_one = statements(client, CALLS)
        for _ in range(8):
            borrower(manager=staff(Role.RM))
        fall_to("489000", at=NOON + timedelta(seconds=1))

        assert statements(client, CALLS) == with_one


def test_no_list_costs_more_for_more_rows(client, time_machine):
    """Every list of the site, with one story in it and with two more."""
    time_machine.move_to(world_of.NOW, tick=False)
    world_of.build()
    client.force_login(staff(Role.RISK_OFFICER))
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    ]
    before = {path: statements(client, path) for path in lists}
    for _ in range(3):
        margin_account(owed="1000", pledged={"BTC": "0.1", "ETH": "2"})
    asset = HeldBack.objects.first().asset
    HeldBack.objects.create(asset=asset, observed_at=NOON, reason="again")

    assert {path: statements(client, path) for path in lists} == before
    assert max(before.values()) <= 14


def test_the_house_s_own_account_is_summed_from_its_journal(client, risk_officer):
    borrower(owed="200000")
    bank = LedgerAccount.objects.get(kind=Kind.HOUSE_BANK)

    text = shown(client, f"/staff/lending/ledgeraccount/{bank.pk}/change/")

    assert bank.credits == 0
    assert "\N{MINUS SIGN}200,000.00" in text


def test_frr_haircuts_are_for_staff_who_may_see_haircuts(client):
    account = borrower()
    haircut = account.pool.holdings.get().asset.haircuts.get()
    path = f"/staff/collateral/haircut/{haircut.pk}/change/"

    client.force_login(staff(Role.RISK_OFFICER))
    assert "FRR" in shown(client, path)

    client.force_login(client_user(account))
    assert client.get(path).status_code == 302


def test_the_first_page_is_for_every_role(client):
    borrower()
    for role in Role:
        if role != Role.CLIENT:
            client.force_login(staff(role))
            assert client.get("/staff/").status_code == 200
