"""The demonstration: a believable firm with a past, whose books balance, entered once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction

from broker import env
from broker.management.commands.demo import demo_logins, programs
from broker.notices.notice import Notice
from broker.replay.demo_feed import BEGINS, FeedAnchor, PlayedFeed, resume, sources
from broker.replay.demo_history import ensure_demonstration
from broker.replay.demo_people import CLIENTS, MIXES, PASSWORD
from broker.replay.demo_processes import only_one
from broker.reports.archive import StoredReport
from broker.reports.credit_reviews import reviews
from broker.reports.documents import AccountDocument
from collateral.actions.action import CorporateAction
from collateral.custody.difference import Difference, DifferenceState
from collateral.custody.movements import units_reconciled
from collateral.custody.places import licences_ending
from collateral.prices.consensus import RECORDED
from collateral.prices.price import Price
from collateral.prices.refresh import refresh
from lending.ledger.balances import ledger_balanced
from lending.limits.admit import credit_gates
from lending.loans.accrue import Accrual, InterestPosting
from lending.margin.account import MarginAccount, MarginMove, State
from lending.margin.affordable import worst_case
from lending.margin.call import MarginCall, MarginCallMove
from lending.margin.readings import read
from lending.margin.sweep import sweep
from onboarding.approvals import Proposal, obstacle_to
from onboarding.approvals import State as ProposalState
from onboarding.clients import Client
from onboarding.credit.profile import last_assessment
from onboarding.investors.founding import REASON as OPENING
from onboarding.users import Role, User
from tests.factories import NOON

SPEED = 120


@pytest.fixture(scope="module")
def founded(django_db_setup, django_db_blocker):
    """The firm as `make demo` finds it, entered once for the tests of this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        ensure_demonstration(now=NOON)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def firm(founded, db):
    """The firm, as it was, whatever an earlier test did."""


# --- The firm ------------------------------------------------------------------------------------


def test_books_balance_and_units_reconcile_after_the_past_that_was_played(firm):
    assert ledger_balanced()
    assert units_reconciled()


def test_a_second_start_enters_nothing(firm):
    before = [model.objects.count() for model in (User, Client, MarginAccount, Notice, Price)]

    assert not ensure_demonstration(now=NOON + timedelta(hours=1))
    assert before == [
        model.objects.count() for model in (User, Client, MarginAccount, Notice, Price)
    ]


def test_there_is_somebody_in_every_role_and_everybody_can_sign_in(firm, client):
    assert set(User.objects.values_list("role", flat=True)) == set(Role)
    for login, _ in demo_logins():
        assert client.login(username=login, password=PASSWORD)


def test_forty_clients_each_with_signatories_and_a_manager(firm):
    assert Client.objects.count() == len(CLIENTS) == 40
    assert not Client.objects.filter(signatories=None).exists()
    assert not Client.objects.filter(services=None).exists()
    per_manager = User.objects.filter(role=Role.RM).values_list("pk", flat=True)
    on = NOON.date()
    served = {pk: Client.objects.served_by(User(pk=pk), on=on).count() for pk in per_manager}
    assert set(served.values()) == {10}


def test_accounts_stand_as_their_people_say(firm):
    readings = {reading.account_id: reading for reading in read(now=NOON)}
    accounts = MarginAccount.objects.order_by("number")

    for person, account in zip(CLIENTS, accounts, strict=True):
        reading = readings[account.pk]
        assert reading.is_priced
        usage = 100 * reading.debt / reading.margin_value
        assert abs(usage - Decimal(person.usage)) < 7, person.name


def test_some_are_in_call_some_are_warned_and_one_was_cured(firm):
    states = set(MarginAccount.objects.values_list("state", flat=True))
    assert states == {State.HEALTHY, State.WARNED, State.CALLED}
    calls = set(MarginCall.objects.values_list("state", flat=True))
    assert calls == {"issued", "acknowledged", "part_cured", "cured"}
    assert MarginCall.objects.filter(binding="credit_limit").exists()


def test_the_first_client_is_warned_and_will_be_called_soon(firm):
    account = MarginAccount.objects.order_by("number")[0]
    assert account.state == State.WARNED

    feed = PlayedFeed(FeedAnchor(real_at=NOON, recorded_at=BEGINS, speed=SPEED).played_at)
    within = NOON + timedelta(minutes=2)
    refresh([feed], now=within, rule=RECORDED)
    sweep(now=within)
    assert MarginAccount.objects.get(pk=account.pk).state == State.CALLED


def test_the_first_deadlines_come_within_minutes(firm):
    due = MarginCall.objects.filter(ended_at=None).order_by("cure_due_at")
    assert NOON < due[0].cure_due_at <= NOON + timedelta(minutes=5)
    assert due[1].cure_due_at <= NOON + timedelta(minutes=10)


def test_everybody_was_told_of_the_past_at_its_own_time(firm):
    assert not MarginMove.objects.filter(told_at=None).exists()
    assert not MarginCallMove.objects.filter(told_at=None).exists()
    assert not Notice.objects.filter(channel="email", sent_at=None).exists()
    for move in MarginMove.objects.all():
        assert move.told_at == move.moved_at


def test_a_month_of_interest_stands_in_the_books_and_the_mornings_report_is_kept(firm):
    assert Accrual.objects.values("on_date").distinct().count() == 30
    assert InterestPosting.objects.count() == 1
    assert {report.format for report in StoredReport.objects.all()} == {"csv", "xlsx"}


def test_the_documents_of_the_past_were_made_each_night_in_time(firm):
    kept = AccountDocument.objects.all()

    assert kept.filter(kind="monthly", format="pdf").count() == 40
    assert kept.filter(kind="daily").values("account").distinct().count() == 40
    assert kept.filter(kind="note").exists()
    assert kept.filter(kind="receipt").exists()
    assert not any(each.is_late for each in kept)


def test_each_desk_that_decides_has_something_on_it_and_something_was_decided(firm):
    waiting = {
        login: Proposal.objects.waiting_for(User.objects.get(username=login), now=NOON).count()
        for login in ("miranda.tse", "gordon.pang", "daniel.hui", "clara.fung")
    }
    ended = (
        Proposal.objects.exclude(state=ProposalState.PROPOSED)
        .exclude(reason=OPENING)
        .values_list("state", flat=True)
    )

    assert waiting == {"miranda.tse": 2, "gordon.pang": 2, "daniel.hui": 0, "clara.fung": 1}
    assert sorted(ended) == ["approved", "approved", "approved", "refused"]


@pytest.mark.rule("VAF-2")
def test_every_client_is_assessed_and_could_bear_the_limit_it_has(firm):
    accounts = list(MarginAccount.objects.select_related("client"))
    assert credit_gates(accounts, NOON) == {}
    grades = set()
    for account in accounts:
        assessment = last_assessment(account.client, on=NOON.date())
        grades.add(assessment.grade)
        assert worst_case(account, account.credit_limit, assessment, now=NOON).affordability.passes
        assert account.credit_limit <= assessment.proposed_limit or assessment.grade == "D"
    assert len(grades) > 2
    due = [each for each in reviews(now=NOON) if each.client]
    assert 0 < len(due) < 8


def test_people_and_pools_are_well_formed():
    logins = [sign for person in CLIENTS for sign in person.signs]
    assert len(set(logins)) == len(logins)
    assert len({person.name for person in CLIENTS}) == len(CLIENTS)
    for parts in MIXES.values():
        assert sum(map(Decimal, parts.values())) == 1


def test_a_second_start_goes_on_where_the_last_price_was_taken(firm):
    first = resume(speed=SPEED, now=NOON)
    assert first.recorded_at == BEGINS
    stopped_at = NOON + timedelta(minutes=3)
    refresh(sources(), now=stopped_at, rule=RECORDED)

    again = resume(speed=10, now=NOON + timedelta(days=2))

    assert again.recorded_at == first.played_at(stopped_at) == BEGINS + timedelta(hours=6)
    assert again.speed == 10
    [feed] = sources()
    later = NOON + timedelta(days=2)
    before = Price.objects.filter(asset__code="BTC").order_by("observed_at").last().value
    assert feed.quote("BTC", now=later).price == before


def test_an_anchor_is_never_edited(firm):
    with pytest.raises(IntegrityError), transaction.atomic():
        FeedAnchor.objects.update(speed=2)


# --- The command ---------------------------------------------------------------------------------


def test_it_is_not_for_production(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="This is production"):
        call_command("demo")


def test_a_crash_that_stands_still_is_refused(monkeypatch):
    monkeypatch.setattr(env, "DEMO_SPEED", 0)

    with pytest.raises(CommandError, match="DEMO_SPEED"):
        call_command("demo")


def test_live_prices_are_refused_before_anything_is_made(settings):
    settings.FEED = "live"

    with pytest.raises(CommandError, match="^FEED=live: "):
        call_command("demo")


def test_one_that_runs_already_is_said_plainly(monkeypatch, tmp_path):
    monkeypatch.setattr(env, "RUN_DIR", tmp_path)
    with only_one(tmp_path / "demo.lock"), pytest.raises(CommandError, match="runs already"):
        call_command("demo")


def test_a_pidfile_that_outlived_its_process_is_taken_away(monkeypatch, tmp_path):
    monkeypatch.setattr(env, "RUN_DIR", tmp_path)
    (tmp_path / "beat.pid").write_text("1")

    assert set(programs(8000)) == {"web", "worker", "beat"}
    assert not (tmp_path / "beat.pid").exists()


def test_custody_has_a_place_that_ends_an_action_to_come_and_one_difference(firm):
    assert [each.licence.place.code for each in licences_ending(now=NOON)] == ["RESERVE"]
    assert CorporateAction.objects.get(applied_at=None).ex_date > NOON.date()
    [found] = Difference.objects.all()
    assert (found.gap, found.state) == (400, DifferenceState.OPEN)
    waiting = Proposal.objects.get(command="pledge_securities")
    assert waiting.state == ProposalState.PROPOSED
    assert obstacle_to(waiting, now=NOON) is None
