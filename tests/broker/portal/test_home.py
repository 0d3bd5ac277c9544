"""Where you stand: the figures of the reading, said plainly, and what a call asks."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collateral.assets import Asset
from collateral.custody.movements import Place, Transfer, record
from lending.ledger import entries
from lending.ledger.post import Event, post
from lending.liquidation.execute import work
from lending.loans.accrue import accrue
from lending.margin.account import MarginAccount
from lending.margin.call import MarginCall
from lending.margin.cure import cure_of
from lending.margin.readings import read
from lending.margin.sweep import sweep
from lending.margin.ways_out import top_ups
from lending.trading.venues.paper import PaperVenue
from onboarding.lifecycle import move
from tests.broker.portal.conftest import home_of, text_of
from tests.factories import LONG_AGO, NOON, manager_for, margin_account, price, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, borrower):
    """What the signatory of an account reads on its page."""
    signed = set()

    def read_page(account) -> str:
        if account.pk not in signed:
            borrower(account)
            signed.add(account.pk)
        return text_of(client.get(home_of(account)))

    return read_page


def test_a_healthy_account_says_debt_collateral_usage_and_room(page, account):
    shown = page(account)

    assert "Margin usage Safe" in shown
    assert "71.43% of what your collateral lends" in shown
    assert "watch 90 call 100 sale 162" in shown
    assert "You owe 200,000 .00 7.25% a year" in shown
    assert "Your collateral 700,000 lends 280,000" in shown
    assert "HKD 80,000.00 of room, or a 28.5% fall of the whole market, before a call." in shown
    # 0.85 x 280,000 - 200,000; the recommended 0.70 x 280,000 is used up.
    assert "You may draw 38,000 to 85% usage; your collateral binds." in shown
    assert "We recommend to stay at 70%." in shown


def test_a_recommended_amount_stands_beside_the_most_that_may_be_drawn(page):
    account = margin_account(owed="100000", pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON)

    assert (
        "You may draw 138,000 to 85% usage; your collateral binds. We recommend at most 96,000"
    ) in page(account)


def test_the_table_has_price_source_age_haircut_share_and_the_price_of_a_call(page, account, clock):
    clock.shift(timedelta(seconds=4))

    shown = page(account)

    # 200,000 / (1 x 0.4) is 500,000.
    assert (
        "BTC Bitcoin 1.00000000 700,000.00 test, 4 s ago 700,000 60% 280,000 100.0%"
        " 500,000.00 −28.6%"
    ) in shown


def test_the_clients_cash_is_a_line_of_its_own_and_counts_in_full(page, account):
    legs = entries.received(Decimal("100000"))
    post(Event("gift", "receipt", "test", account.subledger_id, legs), now=NOON)

    shown = page(account)

    assert "Your collateral 800,000 lends 380,000 · of it 100,000.00 is your cash" in shown
    assert "HKD Your cash in the account 100,000.00 1.00 100,000 0% 100,000 12.5%" in shown


def test_money_owed_is_rounded_up_and_money_had_down(page):
    account = margin_account(owed="1000.01", pledged={"BTC": "0.00000007"})
    price("BTC", "700000.7777777777", at=NOON)

    shown = page(account)

    # Seven units of 0.00000001 are worth 0.0490000544...
    assert "You owe 1,000 .01" in shown
    assert "Your collateral 0 lends 0" in shown
    # 1,000.01 less 0.0196000217... is 999.9903999782...
    assert "HKD 1,000.00 over what your collateral lends" in shown


def test_interest_is_part_of_the_debt_from_the_day_it_accrues(page, account, clock):
    # 200,000 x 7.25% / 365 is 39.7260273973, for each of the two nights since Monday.
    accrue(now=NOON)

    shown = page(account)

    assert "You owe 200,079 .46 7.25% a year · 79.46 of interest accrued" in shown


def test_the_frr_haircut_is_never_shown(client, account, borrower):
    share = margin_account(owed="1", pledged={"2800": "1000"})
    price("2800", "26.64", at=NOON)
    borrower(share)

    body = client.get(home_of(share)).content.decode()

    assert share.pool.holdings.get().asset.haircuts.get().frr == Decimal("0.15")
    assert "FRR" not in body
    assert "15%" not in body
    assert "30%" in body


def test_an_unpriced_account_is_said_and_nothing_is_measured(page, account, clock):
    clock.shift(timedelta(minutes=5))

    shown = page(account)

    assert "Not measured We have no fresh price for BTC, so nothing is being measured." in shown
    assert "no call is made, no collateral is sold and nothing can be drawn" in shown
    assert "We cannot say how near you are to a call while a price is missing." in shown
    assert "You may draw — not measured while a price is missing" in shown
    assert "700,000.00 silent , 5 min ago" in shown
    assert "71.43%" not in shown
    assert "You owe 200,000 .00" in shown


def test_an_unpriced_account_in_call_keeps_its_deadline(page, called, clock):
    clock.shift(timedelta(minutes=5))

    shown = page(called)

    assert "Not measured We have no fresh price for BTC" in shown
    assert "left, until Thu 5 Mar 2026, 12:00 HKT" in shown
    assert "What cures this call cannot be measured while a price is missing." in shown


@pytest.mark.rule("SMF-41")
def test_a_call_shows_its_deadline_and_three_cures_equal_to_the_engines(page, called):
    [reading] = read(now=NOON, account_ids=[called.pk])
    cure = cure_of(
        debt=reading.debt,
        margin_value=reading.margin_value,
        credit_limit=reading.credit_limit,
        policy_amount=None,
        levels=called.terms.levels,
        top_ups=top_ups(now=NOON),
    )

    shown = page(called)

    assert "left, until Thu 5 Mar 2026, 12:00 HKT" in shown
    assert cure.cash == Decimal("13800.00")
    assert cure.cash_out_of_warning == Decimal("23600.00")
    assert "Pay HKD 13,800.00 counts in full; 23,600.00 also ends the warning, at 90%" in shown
    assert f"Pledge Bitcoin {cure.units['BTC']:,.8f} BTC at 490,000.00" in shown
    assert f"Pledge Ether {cure.units['ETH']:,.8f} ETH at 24,000.00" in shown
    assert "Asked at issue 14,000.00 Missing now 13,800.00" in shown
    assert (
        "HKD 4,000.00 over what your collateral lends; prices must rise 7.5% to cure it." in shown
    )
    assert "You may draw 0 Advances are stopped while a margin call is open." in shown


def test_a_deadline_needs_no_script(client, called, borrower):
    borrower(called)

    body = client.get(home_of(called)).content.decode()

    assert '<time datetime="2026-03-05T04:00:00+00:00">Thu 5 Mar 2026, 12:00 HKT</time>' in body
    assert ">24 h 0 min</div>" in body


def test_an_asset_without_a_fresh_price_is_no_way_out(page, called, clock):
    clock.shift(timedelta(minutes=2))
    price("BTC", "490000", at=NOON + timedelta(minutes=2))

    shown = page(called)

    assert "Pledge Ether not measured no fresh price of ETH" in shown
    assert "Pledge Bitcoin 0.07411386 BTC" in shown
    assert "ETH silent" in shown


@pytest.mark.rule("SMF-41")
def test_when_the_credit_limit_binds_only_a_repayment_is_offered(page):
    account = margin_account(owed="200000", pledged={"BTC": "1"}, credit_limit="190000")
    price("BTC", "700000", at=NOON)
    price("ETH", "24000", at=NOON)
    sweep(now=NOON)

    shown = page(account)

    assert "Only a repayment cures this : more collateral does not help" in shown
    assert "Pay HKD 10,000.00" in shown
    assert "Pledge Bitcoin cannot cure" in shown
    assert "Pledge Ether cannot cure" in shown
    assert "credit limit 68" in shown
    assert "HKD 10,000.00 over your credit limit; only a repayment brings it back." in shown
    assert "Your credit limit 190,000.00" in shown


def test_a_call_under_the_line_again_says_what_is_still_missing(page, called, clock):
    clock.shift(timedelta(minutes=1))
    price("BTC", "510000", at=NOON + timedelta(minutes=1))
    sweep(now=NOON + timedelta(minutes=1))

    shown = page(called)

    # 510,000 lends 204,000, and 95% of it is 193,800.
    assert "HKD 4,000.00 under the call line again; HKD 6,200.00 more cures the call." in shown


def test_a_shortfall_too_small_to_call_for_is_said(page):
    account = margin_account(owed="200000", pledged={"BTC": "1"})
    price("BTC", "499000", at=NOON)
    sweep(now=NOON)

    shown = page(account)

    assert "Margin usage Over the call line" in shown
    assert "A call is made once more than HKD 2,000 is missing; it ends at 95% or less." in shown


def test_an_account_being_sold_says_so(page, called, clock):
    due = NOON + timedelta(hours=24)
    clock.move_to(due, tick=False)
    price("BTC", "490000", at=due)
    sweep(now=due)

    shown = page(called)

    assert "Being sold to 95% usage and no further" in shown
    assert "What you bring now is not sold." in shown
    assert "The deadline passed: we began to sell collateral" in shown


def test_a_deficit_is_said(page, clock):
    account = margin_account(owed="200000", pledged={"BTC": "1"})
    for minute in range(2):
        at = NOON + timedelta(minutes=minute)
        price("BTC", "150000", at=at, volume=Decimal(1000))
        sweep(now=at)
        work(now=at, venue=PaperVenue())
    clock.shift(timedelta(minutes=1))
    owed = MarginAccount.objects.get(pk=account.pk).subledger.deficit
    assert owed > 0

    shown = page(account)

    assert f"After the sale HKD {owed:,.2f} of your debt is uncovered." in shown
    assert f"You owe {owed:,.2f}".replace(".", " .") in shown
    assert "Nothing is owed" not in shown
    assert "Nothing was left to sell; some debt is uncovered" in shown
    assert "Sold 1 BTC at" in shown


def test_nothing_owed_is_said(page):
    account = margin_account(pledged={"BTC": "1"})
    price("BTC", "700000", at=NOON)

    shown = page(account)

    assert "Nothing is owed, so nothing can be called." in shown
    assert "0.00% of what your collateral lends" in shown


def test_an_empty_account_is_no_fault(page):
    assert "Nothing is pledged to this account." in page(margin_account())


def test_money_owed_against_nothing_has_no_ratio(page):
    account = margin_account(owed="500")

    shown = page(account)

    assert "Over the call line" in shown
    assert "HKD 500.00 over what your collateral lends" in shown


def test_the_manager_who_serves_today_is_named_with_a_number_to_ring(page, account):
    manager = staff("rm", first_name="Mei", last_name="Lam", telephone="+852 2345 6789")
    manager_for(account, manager)

    assert "Your relationship manager is Mei Lam , +852 2345 6789" in page(account)


def test_the_part_is_the_page_without_its_frame(client, account, borrower):
    borrower(account)

    whole = client.get(home_of(account))
    part = client.get(home_of(account), headers={"HX-Request": "true"})

    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()
    assert part.content.decode().startswith('<div id="standing"')
    assert 'hx-swap-oob="true"' in part.content.decode()
    assert 'hx-swap-oob="true"' not in whole.content.decode()


def test_no_script_and_no_style_stands_in_a_page(client, called, borrower):
    borrower(called)

    for page in ("", "repay/?amount=1000", "draw/"):
        body = client.get(home_of(called) + page).content.decode()
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style", body)
        assert all(" src=" in tag for tag in re.findall(r"<script\b[^>]*>", body))
        assert all(at[0] in "/#?" for at in re.findall(r'(?:src|href|action)="([^"]*)"', body))


def test_a_thousand_movements_cost_no_more_statements(client, called, borrower):
    borrower(called)
    move(called.calls.get(), MarginCall.acknowledge, reason="read", now=NOON)
    asset = Asset.objects.get(code="BTC")
    record(
        [
            Transfer(
                key=f"many-{number}",
                asset=asset,
                units=asset.step,
                pool=called.pool_id,
                into_pool=True,
                other_place=Place.CLIENT,
                narrative="test",
            )
            for number in range(1000)
        ],
        now=LONG_AGO,
    )

    with CaptureQueriesContext(connection) as queries:
        response = client.get(home_of(called))

    assert response.status_code == 200
    assert len(queries) <= 32
