"""Tasks read the clock, make their calls and are known to the timetable by name."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings as live
from django.utils import timezone

import broker.tasks
import collateral.tasks
import lending.tasks
import onboarding.tasks
from broker.celery import app
from broker.notices.notice import Notice
from broker.reports import margin_book as books
from broker.reports.archive import StoredReport
from broker.reports.margin_book import DoesNotTie
from broker.schedule import TIMETABLE
from collateral.prices.price import Price
from collateral.prices.quote import Quote
from collateral.prices.venue_health import VenueHealth
from lending.loans.accrue import Accrual, InterestPosting
from lending.margin.account import MarginAccount, State
from lending.margin.call import MarginCall
from lending.trading.order import Order
from onboarding.users import Role
from tests.factories import client_user, house, margin_account, price, staff
from tests.factories.prices import SaidFeed

pytestmark = pytest.mark.django_db

TASKS = [
    broker.tasks.credit_reviews,
    broker.tasks.alarm_held_sales,
    broker.tasks.client_documents,
    broker.tasks.margin_book,
    broker.tasks.remind_applicants,
    broker.tasks.custody_exceptions,
    broker.tasks.margin_book,
    broker.tasks.reconcile_custody,
    broker.tasks.send_notices,
    broker.tasks.watch_custody,
    collateral.tasks.refresh_prices,
    collateral.tasks.thin_quotes,
    collateral.tasks.watch_volatility,
    lending.tasks.accrue_interest,
    lending.tasks.apply_corporate_actions,
    lending.tasks.follow_terms,
    lending.tasks.post_interest,
    lending.tasks.sweep_margins,
    lending.tasks.watch_transactions,
    lending.tasks.work_liquidations,
    onboarding.tasks.expire_applications,
    onboarding.tasks.expire_proposals,
    onboarding.tasks.scan_documents,
    onboarding.tasks.renew_investors,
    onboarding.tasks.load_screening_lists,
    onboarding.tasks.rescreen_everybody,
]
YESTERDAY = timedelta(days=1)


class Fixed:
    name = "fixed"

    def quote(self, asset, *, now):
        return Quote("fixed", asset, "HKD", Decimal(500_000), now, now + timedelta(seconds=30))


def sources():
    return [Fixed()]


def at_hard_line():
    """An account past the hard line for a minute of fresh readings, before the next sweep."""
    now = timezone.now()
    account = margin_account(owed="300000", pledged={"BTC": "1"}, now=now - YESTERDAY)
    client_user(account)
    marked = MarginAccount.objects.filter(pk=account.pk)
    marked.update(hard_line_since=now - timedelta(minutes=1))
    price("BTC", "400000", at=now, volume=Decimal(1000))
    return account


def test_the_timetable_and_the_tasks_name_one_another():
    assert {entry["task"] for entry in TIMETABLE.values()} == {task.name for task in TASKS}
    assert {task.name for task in TASKS} <= set(app.tasks)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_each_task_has_a_queue_an_expiry_and_a_limit(task):
    queue = app.amqp.router.route({}, task.name)["queue"].name

    assert queue in {each.name for each in live.CELERY_TASK_QUEUES}
    assert task.expires
    assert 0 < task.soft_time_limit < task.time_limit


def test_prices_and_margin_do_not_wait_behind_the_mail():
    def queue(task):
        return app.amqp.router.route({}, task.name)["queue"].name

    mail = queue(broker.tasks.send_notices)
    for task in (collateral.tasks.refresh_prices, lending.tasks.sweep_margins):
        assert queue(task) != mail


def test_refresh_asks_the_sources_that_the_setting_names(settings):
    house()
    settings.FEED, settings.RECORDED_FEED = "recorded", f"{__name__}.sources"

    collateral.tasks.refresh_prices()

    assert Price.objects.get(asset__code="BTC").value == 500_000


def test_the_live_feed_is_listened_to_and_its_volatility_watched(settings, monkeypatch):
    house()
    settings.FEED = "live"
    said = SaidFeed().all_say("BTC", "525000")
    monkeypatch.setattr(collateral.tasks, "open_feed", lambda: said)
    monkeypatch.setattr(collateral.tasks, "LiveFeed", SaidFeed)

    collateral.tasks.refresh_prices()
    collateral.tasks.watch_volatility()

    assert Price.objects.get().source == "hashkey"
    assert VenueHealth.objects.filter(executes=True).get().venue == "hashkey"


def test_quotes_are_thinned_by_night():
    btc = house().assets["BTC"]
    price(btc, "525000", at=timezone.now() - 40 * YESTERDAY, quotes='[{"source": "a"}]')
    collateral.tasks.thin_quotes()

    assert Price.objects.get().quotes == []


def test_sweep_then_sale_then_notices_by_tasks_alone(mailoutbox):
    account = at_hard_line()
    lending.tasks.sweep_margins()
    assert MarginAccount.objects.get(pk=account.pk).state == State.LIQUIDATING

    lending.tasks.work_liquidations()
    assert Order.objects.exists()

    broker.tasks.send_notices()
    assert MarginCall.objects.get().number in mailoutbox[0].body
    assert not Notice.objects.filter(sent_at=None).exists()


def test_interest_is_accrued_and_posted():
    margin_account(owed="300000", pledged={"BTC": "1"}, now=timezone.now() - 3 * YESTERDAY)
    lending.tasks.accrue_interest()
    days = Accrual.objects.count()
    assert days >= 2

    lending.tasks.post_interest()
    assert InterestPosting.objects.get().amount > 0
    assert Accrual.objects.count() == days


def test_the_margin_book_is_made_and_mailed_once_a_day(mailoutbox):
    house()
    readers = [staff(Role.OPERATIONS), staff(Role.FINANCE)]
    staff(Role.RM)
    for _ in range(2):
        broker.tasks.margin_book()
        broker.tasks.send_notices()

    assert sorted(message.to[0] for message in mailoutbox) == sorted(r.email for r in readers)
    spreadsheet = StoredReport.objects.get(format="xlsx")
    [(name, content, _)] = mailoutbox[0].attachments
    assert (name, content) == (spreadsheet.file_name, spreadsheet.content())
    for report in StoredReport.objects.all():
        assert report.sha256 in mailoutbox[0].body


def test_a_margin_book_that_does_not_tie_is_refused_aloud(mailoutbox, monkeypatch):
    house()
    staff(Role.FINANCE)
    monkeypatch.setattr(books, "receivables", lambda: Decimal(1))

    with pytest.raises(DoesNotTie):
        broker.tasks.margin_book()
    broker.tasks.send_notices()

    assert not StoredReport.objects.exists()
    [message] = mailoutbox
    assert "the accounts owe 0, the ledger says 1" in message.body
    assert message.attachments == []
