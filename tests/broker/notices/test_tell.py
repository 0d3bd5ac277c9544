"""Who is told what, once, and never a move marked told without its notice."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from broker.notices import tell as telling
from broker.notices.notice import Channel, Notice
from broker.notices.tell import tell
from collateral.assets import Asset
from collateral.prices.market_hours import HKT
from lending.liquidation.execute import work
from lending.loans.repay import repay
from lending.margin.account import MarginAccount, MarginMove, State
from lending.margin.call import MarginCall, MarginCallMove
from lending.margin.pledge import pledge
from lending.margin.relation import MarginRelation
from lending.margin.sweep import sweep
from lending.trading.buy import buy
from lending.trading.order import OrderMove
from lending.trading.venues.paper import PaperVenue
from onboarding.clients import Client, ClientMove
from onboarding.lifecycle import move
from tests.factories import NOON, client_user, manager_for, margin_account, price
from tests.proofs import together

pytestmark = pytest.mark.django_db
VENUE = PaperVenue()


@pytest.fixture
def borrower():
    """Owes 200,000 against one bitcoin; two people sign, one manager serves."""
    account = margin_account(owed="200000", pledged={"BTC": "1"})
    client_user(account)
    client_user(account)
    manager_for(account)
    return account


def minutes(count):
    return NOON + timedelta(minutes=count)


def tick(btc, *, at, sales=True):
    price("BTC", btc, at=at, volume=Decimal(1000))
    sweep(now=at)
    if sales:
        work(now=at, venue=VENUE)
    return tell(now=at)


def told(**about):
    """The occasions that signatories heard of, in their order, each once."""
    seen = []
    for notice in Notice.objects.filter(is_copy=False, **about).order_by("pk"):
        if not seen or seen[-1] != notice.occasion:
            seen.append(notice.occasion)
    return seen


def body(occasion):
    return Notice.objects.filter(occasion=occasion, is_copy=False).order_by("pk").last().body


def untold():
    return sum(
        model.objects.filter(told_at=None).count()
        for model in (MarginMove, MarginCallMove, OrderMove)
    )


def test_every_signatory_and_the_manager_hear_of_a_call_once(borrower):
    tick("490000", at=NOON)

    notices = Notice.objects.order_by("pk")
    assert [notice.is_copy for notice in notices] == [False, False, True]
    assert {notice.occasion for notice in notices} == {"margin_account/call"}
    signing = {each.user for each in borrower.client.signatories.all()}
    assert {notice.recipient for notice in notices if not notice.is_copy} == signing
    assert all(notice.channel == Channel.EMAIL and notice.sent_at is None for notice in notices)

    assert tell(now=minutes(1)) == 0
    assert untold() == 0


@pytest.mark.rule("SMF-41")
def test_a_call_says_how_much_is_asked_by_when_and_every_way_to_cure(borrower):
    price("ETH", "20000", at=NOON)
    tick("490000", at=NOON)

    call = MarginCall.objects.get()
    said = body("margin_account/call")
    assert call.number in said
    # Short by 200,000 - 196,000; cured at 95%: 200,000 - 186,200, asked for in whole thousands.
    assert "The shortfall is HKD 4,000.00." in said
    assert "bring HKD 14,000.00 by Thu 5 Mar 2026, 12:00 HKT" in said
    assert "HKD 13,800.00" in said
    # 13,800 / (0.95 x 0.4 x price), up to the smallest step.
    assert "0.07411386 BTC" in said
    assert "1.81578948 ETH" in said
    assert "HKD 23,600.00" in said
    manager = borrower.client.services.get().manager
    assert str(manager) in said


def test_a_warning_and_its_end(borrower):
    tick("550000", at=NOON)
    tick("700000", at=minutes(1))

    assert told() == ["margin_account/warn", "margin_account/recover"]
    assert "more than 90%" in body("margin_account/warn")


def test_a_call_that_is_cured_is_told_once_and_not_by_both_machines(borrower):
    tick("490000", at=NOON)
    tick("700000", at=minutes(1))

    assert told() == ["margin_account/call", "margin_account/cure"]
    assert MarginCall.objects.get().number in body("margin_account/cure")


def test_part_of_a_cure_and_the_rest_of_it(borrower):
    tick("490000", at=NOON)
    repay(borrower, Decimal("1000"), key="first", now=minutes(1))
    tell(now=minutes(1))
    repay(borrower, Decimal("13000"), key="second", now=minutes(1))
    tell(now=minutes(1))

    assert told() == ["margin_account/call", "margin_call/part_cure", "margin_account/ease"]
    part = Notice.objects.filter(occasion="margin_call/part_cure").first()
    assert "HKD 12,800.00 to go" in part.subject
    assert "paid HKD 1,000.00" in part.body


@pytest.mark.rule("SMF-42")
def test_an_account_that_gaps_gets_one_notice_that_says_both(borrower):
    # The line is at 200,000 / 0.65. The mark stood before; nobody was called meanwhile.
    MarginAccount.objects.filter(pk=borrower.pk).update(hard_line_since=minutes(-1))
    tick("300000", at=NOON, sales=False)

    assert MarginCall.objects.get().state == "liquidating"
    assert told() == ["margin_call/gap"]
    said = body("margin_call/gap")
    assert MarginCall.objects.get().number in said
    assert "the shortfall was HKD 80,000.00" in said
    assert "selling collateral" in said
    assert untold() == 0


def test_less_time_then_no_time_then_what_was_sold(borrower):
    tick("490000", at=NOON)
    tick("330000", at=minutes(1))
    tick("300000", at=minutes(2), sales=False)
    tick("300000", at=minutes(3), sales=False)
    work(now=minutes(3), venue=VENUE)
    for later in range(4, 10):
        tick("300000", at=minutes(later))

    assert told() == [
        "margin_account/call",
        "margin_call/accelerate",
        "margin_call/liquidate",
        "margin_account/sold",
    ]
    account = MarginAccount.objects.get()
    assert account.state in (State.WARNED, State.HEALTHY)
    orders = account.orders.filter(state="filled")
    said = body("margin_account/sold")
    assert f"{sum(order.filled_units for order in orders):.8f} BTC" in said
    assert f"HKD {sum(order.gross for order in orders):,.2f}" in said
    assert f"HKD {sum(order.costs for order in orders):,.2f}" in said


def test_a_deadline_that_passes_is_told_before_the_sale_is(borrower):
    tick("490000", at=NOON)
    tick("490000", at=NOON + timedelta(hours=24))

    assert told() == ["margin_account/call", "margin_call/expire", "margin_account/sold"]


def test_nothing_left_to_sell_is_told_with_what_is_uncovered(borrower):
    tick("150000", at=NOON)
    tick("150000", at=minutes(1))

    account = MarginAccount.objects.get()
    assert account.state == State.IN_DEFICIT
    assert told()[-1] == "margin_account/deficit"
    assert f"HKD {account.subledger.deficit:,.2f}" in body("margin_account/deficit")


def test_where_the_limit_binds_only_repayment_is_offered_and_a_lapse_sells_nothing():
    account = margin_account(owed="200000", pledged={"BTC": "1"}, credit_limit="190000")
    client_user(account)
    price("ETH", "20000", at=NOON)
    tick("700000", at=NOON)
    said = body("margin_account/call")
    assert "its credit limit" in said
    assert "only repayment cures it" in said
    assert "or pledge" not in said

    tick("700000", at=NOON + timedelta(hours=24))
    assert told() == ["margin_account/call", "margin_call/lapse"]


def test_a_shortfall_that_comes_back_after_the_deadline_is_a_new_notice(borrower):
    tick("490000", at=NOON)
    # In call, and short by less than the minimum transfer amount when the time is up.
    tick("505000", at=NOON + timedelta(hours=24))
    tick("480000", at=NOON + timedelta(hours=25))

    assert told() == ["margin_account/call", "margin_call/lapse", "margin_call/renew"]
    due = MarginCall.objects.get().cure_due_at.astimezone(HKT)
    renewed = Notice.objects.filter(occasion="margin_call/renew").first()
    assert f"{due:%H:%M} HKT" in renewed.subject


def test_a_purchase_is_told_and_the_orders_of_a_sale_are_not(borrower):
    price("BTC", "900000", at=NOON, volume=Decimal(1000))
    btc = Asset.objects.get(code="BTC")
    buy(borrower, btc, Decimal(20000), venue=VENUE, key="b", now=NOON)
    tell(now=NOON)

    assert told() == ["order/fill"]
    assert untold() == 0


def test_advances_stopped_and_open_again(borrower):
    for step in (MarginRelation.suspend, MarginRelation.resume):
        move(borrower.relation, step, reason="test", now=NOON)
    tell(now=NOON)

    assert told() == ["margin_relation/suspend", "margin_relation/resume"]


def test_a_client_is_told_that_business_stops_and_goes_on_and_never_why(borrower):
    for step in (Client.suspend, Client.reactivate):
        move(borrower.client, step, reason="a suspicion", now=NOON)
    tell(now=NOON)

    assert told() == ["client/suspend", "client/reactivate"]
    assert not ClientMove.objects.filter(told_at=None).exists()
    assert not Notice.objects.filter(body__contains="suspicion").exists()


def test_an_unpriced_account_is_told_without_figures_that_nobody_has(borrower):
    tick("490000", at=NOON)
    sold = MarginMove.objects.count()
    repay(borrower, Decimal("13900"), key="late", now=NOON)
    tell(now=NOON + timedelta(hours=3))

    assert MarginMove.objects.count() > sold
    assert "has no fresh price" in body("margin_account/ease")
    assert "Usage" not in body("margin_account/ease")


def test_a_client_without_anybody_to_tell_leaves_a_row_and_the_manager_hears_of_it():
    account = margin_account(owed="200000", pledged={"BTC": "1"})
    manager = manager_for(account)
    tick("490000", at=NOON)

    nobody, copy = Notice.objects.order_by("pk")
    assert (nobody.channel, nobody.recipient) == (Channel.NOBODY, None)
    assert copy.recipient == manager
    assert "Please reach the client yourself" in copy.body


def test_somebody_without_an_address_has_it_in_the_inbox():
    account = margin_account(owed="200000", pledged={"BTC": "1"})
    user = client_user(account)
    user.email = ""
    user.save()
    tick("490000", at=NOON)

    [notice] = Notice.objects.inbox_of(user)
    assert (notice.channel, notice.address) == (Channel.INBOX, "")


def test_somebody_who_left_is_not_written_to(borrower):
    gone = borrower.client.signatories.order_by("pk")[0].user
    gone.is_active = False
    gone.save()
    tick("490000", at=NOON)

    assert not Notice.objects.filter(recipient=gone).exists()


def test_a_copy_is_not_in_the_inbox_of_the_manager(borrower):
    tick("490000", at=NOON)
    manager = borrower.client.services.get().manager

    assert not Notice.objects.inbox_of(manager).exists()


def test_words_of_a_name_are_neither_escaped_nor_a_second_line(borrower):
    borrower.client.name = "O'Brien & Sons <Ltd>\nBcc: all@example.test"
    borrower.client.save()
    tick("490000", at=NOON)

    notice = Notice.objects.filter(is_copy=False).first()
    assert notice.body.startswith("Dear O'Brien & Sons <Ltd>\nBcc: all@example.test,")
    assert "\n" not in notice.subject


def test_a_run_that_dies_has_told_nothing_and_the_next_tells_all(borrower, monkeypatch):
    price("BTC", "490000", at=NOON)
    sweep(now=NOON)

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(telling, "_mark", killed)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            tell(now=NOON)
    assert not Notice.objects.exists()
    assert untold() == 1

    assert tell(now=NOON) == 3
    assert untold() == 0


def test_a_batch_costs_the_same_however_many_are_told(django_assert_max_num_queries):
    accounts = [margin_account(owed="200000", pledged={"BTC": "1"}) for _ in range(12)]
    for account in accounts:
        client_user(account)
        manager_for(account)
    price("BTC", "490000", at=NOON)
    sweep(now=NOON)

    with django_assert_max_num_queries(40):
        assert tell(now=NOON) == 24


def test_more_than_a_batch_is_told_in_one_run(monkeypatch):
    monkeypatch.setattr(telling, "BATCH", 2)
    for _ in range(5):
        client_user(margin_account(owed="200000", pledged={"BTC": "1"}))
    price("BTC", "490000", at=NOON)
    sweep(now=NOON)

    assert tell(now=NOON) == 5


def test_a_pledge_in_answer_names_what_was_pledged(borrower):
    tick("490000", at=NOON)
    pledge(borrower, Asset.objects.get(code="BTC"), Decimal("0.01"), key="p", now=minutes(1))
    tell(now=minutes(1))

    assert "pledged 0.01 BTC" in body("margin_call/part_cure")


@pytest.mark.parametrize(("column", "value"), [("body", "'other'"), ("address", "'x@y.z'")])
def test_what_was_said_is_never_reworded(borrower, column, value):
    tick("490000", at=NOON)

    with (
        pytest.raises(IntegrityError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE broker_notice SET {column} = {value}")  # noqa: S608
    assert refused.value.__cause__.diag.constraint_name == "broker_notice_append_only"
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_two_that_tell_at_once_tell_everybody_once():
    for _ in range(6):
        client_user(margin_account(owed="200000", pledged={"BTC": "1"}))
    price("BTC", "490000", at=NOON)
    sweep(now=NOON)

    told_by = together(*[lambda: tell(now=NOON)] * 3)

    assert sum(told_by) == Notice.objects.count() == 6
    assert untold() == 0
