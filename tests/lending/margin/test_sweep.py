"""The sweep moves whom the policy asks to move: once, under a lock, and nobody else."""

import threading
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from collateral.assets import Asset
from lending.loans.repay import repay
from lending.margin.account import MarginAccount, State
from lending.margin.call import CallState, MarginCall, MarginCallMove
from lending.margin.cure import units_to_cure
from lending.margin.pledge import pledge
from lending.margin.readings import read
from lending.margin.sweep import open_call, review, sweep
from onboarding.lifecycle import move
from tests.factories import NOON, give, house, margin_account, price
from tests.proofs import refused, together

FOREVER = timedelta(days=30)
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)

pytestmark = pytest.mark.django_db


def at(*, hours=0, minutes=0, seconds=0):
    return NOON + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def tick(btc, *, when, **kwargs):
    price("BTC", btc, at=when, fresh=kwargs.pop("fresh", FOREVER))
    return sweep(now=when)


def stored(account):
    return MarginAccount.objects.get(pk=account.pk)


def steps(subject):
    return [m.step for m in subject.moves.order_by("pk")]


@pytest.fixture
def borrower():
    """
    Owes 200,000 against one bitcoin. Warned below 555,555; short below 500,000, by more than one
    percent of the debt below 495,000; accelerated below 340,426; past the hard line below 307,692.
    """
    return margin_account(owed="200000", pledged={"BTC": "1"})


class TestOnce:
    @pytest.mark.parametrize(
        "btc", ["700000", "550000", "490000", "330000", "300000", "150000", "1000"]
    )
    def test_a_second_sweep_at_the_same_moment_finds_nothing_to_do(self, borrower, btc):
        tick(btc, when=NOON)
        assert sweep(now=NOON).did_nothing

        late = at(hours=24)
        sweep(now=late)
        assert sweep(now=late).did_nothing

    def test_a_calm_book_is_not_touched(self, borrower):
        with CaptureQueriesContext(connection) as captured:
            assert tick("700000", when=NOON).did_nothing
        assert not [q for q in captured if q["sql"].startswith("UPDATE")]
        assert not [q for q in captured if "FOR UPDATE" in q["sql"]]

    def test_as_many_statements_for_six_accounts_as_for_one(self, borrower):
        def statements(btc, when):
            with CaptureQueriesContext(connection) as captured:
                assert tick(btc, when=when).calls_issued > 0
            return len(captured)

        statements("490000", NOON)  # From here on there is one in call, who is read as well.
        margin_account(owed="200000", pledged={"BTC": "1"})
        alone = statements("489000", at(minutes=1))
        for _ in range(6):
            margin_account(owed="200000", pledged={"BTC": "1"})
        assert statements("488000", at(minutes=2)) == alone

    def test_only_the_named_accounts_are_swept(self, borrower):
        other = margin_account(owed="200000", pledged={"BTC": "1"})
        price("BTC", "490000", at=NOON)

        sweep(now=NOON, account_ids=[other.pk])

        assert stored(other).state == State.CALLED
        assert stored(borrower).state == State.HEALTHY

    def test_a_batch_at_a_time_moves_everybody(self, borrower, monkeypatch):
        monkeypatch.setattr("lending.margin.sweep.BATCH", 2)
        for _ in range(4):
            margin_account(owed="200000", pledged={"BTC": "1"})

        swept = tick("490000", when=NOON)

        assert swept.calls_issued == swept.steps["call"] == 5
        assert MarginCall.objects.filter(ended_at=None).count() == 5


class TestCall:
    @pytest.mark.rule("SMF-41")
    @pytest.mark.parametrize(
        ("owed", "excess", "state"),
        [
            # The lesser of 100,000 and one percent of the debt.
            ("200000", "0", State.WARNED),
            ("202020.20", "2020.20", State.WARNED),  # One percent is 2,020.202.
            ("202020.21", "2020.21", State.CALLED),  # One percent is 2,020.2021.
            ("20100000", "100000", State.WARNED),
            ("20100000.01", "100000.01", State.CALLED),
        ],
    )
    def test_a_shortfall_of_the_minimum_transfer_amount_is_not_called(self, owed, excess, state):
        account = margin_account(owed=owed, pledged={"BTC": "1"})
        margin_value = Decimal(owed) - Decimal(excess)

        tick(margin_value / Decimal("0.4"), when=NOON)

        [reading] = read(now=NOON)
        assert reading.shortfall == Decimal(excess)
        assert stored(account).state == state

    @pytest.mark.rule("SMF-41", "VAF-10")
    def test_e2_price_fall_and_the_ways_to_cure_it(self):
        house()
        account = margin_account(owed="5000000", credit_limit="6000000")
        give(account, {"2800": "120000", "BTC": "2.5", "ETH": "40"})
        for code, value in {"2800": "47.50", "BTC": "560000", "ETH": "18750"}.items():
            price(code, value, at=NOON)

        sweep(now=NOON)

        call = open_call(account)
        assert (call.market_value, call.margin_value) == (7_850_000, 4_850_000)
        assert (call.shortfall, call.limit_amount, call.binding) == (
            150_000,
            4_850_000,
            "collateral",
        )
        to_the_limit = {
            "debt": call.debt,
            "margin_value": call.margin_value,
            "credit_limit": account.credit_limit,
            "policy_amount": None,
            "level": Decimal(1),
        }
        btc = units_to_cure(
            **to_the_limit,
            price=Decimal(560_000),
            lending_haircut=Decimal("0.6"),
            step=Decimal("0.00000001"),
        )
        assert btc == Decimal("0.66964286")
        pledge(account, Asset.objects.get(code="BTC"), btc, key="top-up", now=at(minutes=1))
        [reading] = read(now=at(minutes=1))
        assert reading.shortfall == 0

    @pytest.mark.rule("SMF-41", "VAF-4")
    def test_e3_credit_limit_binds_and_only_repayment_cures(self):
        account = margin_account(owed="4200000", credit_limit="4000000", pledged={"BTC": "20"})
        tick("606250", when=NOON)

        call = open_call(account)
        assert call.margin_value == 4_850_000
        assert (call.limit_amount, call.shortfall, call.binding) == (
            4_000_000,
            200_000,
            "credit_limit",
        )
        assert call.call_amount == 200_000

        pledge(account, Asset.objects.get(code="BTC"), Decimal(100), key="more", now=NOON)
        assert open_call(account).state == CallState.PART_CURED
        assert stored(account).state == State.CALLED

        repay(account, Decimal(200_000), key="paid", now=at(minutes=1))
        assert open_call(account) is None
        assert stored(account).state == State.HEALTHY

    @pytest.mark.rule("SMF-41")
    def test_a_policy_amount_binds_as_a_limit_does(self, borrower):
        MarginAccount.objects.update(policy_amount=Decimal(150_000))

        tick("700000", when=NOON)

        assert open_call(borrower).binding == "policy_amount"
        assert open_call(borrower).shortfall == 50_000

    @pytest.mark.rule("SMF-41", "SMF-42")
    def test_the_figures_of_a_call_are_those_of_its_reading(self, borrower):
        tick("490000", when=NOON)

        [reading] = read(now=NOON)
        call = open_call(borrower)
        for figure in (
            "debt",
            "market_value",
            "margin_value",
            "liquidation_value",
            "limit_amount",
            "shortfall",
            "binding",
        ):
            assert getattr(call, figure) == getattr(reading, figure), figure
        # 200,000 - 0.95 x 196,000, rounded up to a thousand.
        assert call.call_amount == 14_000
        assert (call.issued_at, call.cure_due_at) == (NOON, at(hours=24))
        told = borrower.moves.get()
        assert told.reason.startswith("call: owes 200,000.00 against a margin value of 196,000.00")
        assert told.mover is None

    def test_a_near_hard_line_begins_accelerated(self, borrower):
        tick("330000", when=NOON)

        call = open_call(borrower)
        assert call.accelerated
        assert call.cure_due_at == at(hours=4)

    @pytest.mark.parametrize(
        ("after", "due"),
        [
            (timedelta(hours=1), at(hours=5)),
            (timedelta(hours=19, minutes=59), at(hours=23, minutes=59)),
            (timedelta(hours=20), at(hours=24)),
            (timedelta(hours=23), at(hours=24)),
        ],
    )
    def test_acceleration_leaves_the_lesser_of_the_time_left_and_four_hours(
        self, borrower, after, due
    ):
        tick("490000", when=NOON)

        tick("330000", when=NOON + after)

        call = open_call(borrower)
        assert call.accelerated
        assert call.cure_due_at == due
        assert steps(call) == ["accelerate"]
        tick("490000", when=NOON + after + SECOND)
        assert open_call(borrower).cure_due_at == due, "a deadline never moves away"

    @pytest.mark.rule("SMF-41")
    def test_nothing_owed_or_nothing_pledged(self):
        idle = margin_account(pledged={"BTC": "1"})
        bare = margin_account(owed="100")
        tick("1000", when=NOON)

        assert stored(idle).state == State.HEALTHY
        assert stored(bare).state == State.CALLED


class TestHysteresis:
    @pytest.mark.parametrize(
        ("btc", "state"),
        [
            # 95% usage is 526,315.789...; a call closes at it, and not a cent above.
            ("500000", State.CALLED),
            ("526315.7894", State.CALLED),
            ("526315.7895", State.WARNED),
            ("555555.5555", State.WARNED),
            ("555555.5556", State.HEALTHY),
        ],
    )
    def test_a_call_closes_at_95_percent(self, borrower, btc, state):
        tick("490000", when=NOON)

        tick(btc, when=at(minutes=1))

        assert stored(borrower).state == state
        call = MarginCall.objects.get()
        assert call.state == (CallState.ISSUED if state == State.CALLED else CallState.CURED)
        assert call.ended_at == (None if state == State.CALLED else at(minutes=1))

    @pytest.mark.parametrize(
        ("btc", "state"),
        [
            ("555555.5556", State.WARNED),
            ("568181.8181", State.WARNED),
            ("568181.8182", State.HEALTHY),
        ],
    )
    def test_a_warning_begins_above_90_percent_and_ends_at_88(self, borrower, btc, state):
        tick("555555.5556", when=NOON)
        assert stored(borrower).state == State.HEALTHY
        tick("555555.5555", when=at(minutes=1))
        assert stored(borrower).state == State.WARNED

        tick(btc, when=at(minutes=2))

        assert stored(borrower).state == state

    def test_a_price_that_trembles_around_a_level_makes_one_call(self, borrower):
        for minute in range(6):
            tick("490000" if minute % 2 else "505000", when=at(minutes=minute))

        assert MarginCall.objects.count() == 1
        assert steps(borrower) == ["warn", "call"]


class TestDeadline:
    def test_sold_at_the_deadline_and_not_before(self, borrower):
        tick("490000", when=NOON)
        assert tick("490000", when=at(hours=24) - MICROSECOND).did_nothing

        swept = tick("490000", when=at(hours=24))

        assert swept.steps == {"liquidate": 1, "call_expire": 1}
        assert stored(borrower).state == State.LIQUIDATING
        assert open_call(borrower).state == CallState.LIQUIDATING

    @pytest.mark.rule("SMF-41")
    @pytest.mark.parametrize("btc", ["495000", "499999", "500000", "526315"])
    def test_a_shortfall_below_the_minimum_is_not_sold_for_but_lapses(self, borrower, btc):
        tick("490000", when=NOON)

        swept = tick(btc, when=at(hours=24))

        assert swept.steps == {"call_lapse": 1}
        assert stored(borrower).state == State.CALLED
        assert open_call(borrower).state == CallState.OVERDUE
        assert tick(btc, when=at(hours=48)).did_nothing

    def test_a_shortfall_that_returns_has_one_hour_and_a_new_notice_and_then_is_sold(
        self, borrower
    ):
        tick("490000", when=NOON)
        tick("500000", when=at(hours=24))

        swept = tick("490000", when=at(hours=30))

        assert swept.steps == {"call_renew": 1}
        call = open_call(borrower)
        assert (call.state, call.cure_due_at) == (CallState.ISSUED, at(hours=31))
        assert call.moves.filter(step="renew", told_at=None).count() == 1
        assert tick("490000", when=at(hours=31) - MICROSECOND).did_nothing
        assert tick("490000", when=at(hours=31)).steps == {"liquidate": 1, "call_expire": 1}

    def test_one_that_returns_near_the_hard_line_is_renewed_in_one_step(self, borrower):
        tick("490000", when=NOON)
        tick("500000", when=at(hours=24))

        assert tick("330000", when=at(hours=30)).steps == {"call_renew": 1}

        assert sweep(now=at(hours=30)).did_nothing
        call = open_call(borrower)
        assert call.accelerated
        assert call.cure_due_at == at(hours=31)

    def test_an_overdue_call_is_cured_like_any_other(self, borrower):
        tick("490000", when=NOON)
        tick("500000", when=at(hours=24))

        tick("530000", when=at(hours=25))

        assert stored(borrower).state == State.WARNED
        assert steps(MarginCall.objects.get()) == ["lapse", "cure"]

    @pytest.mark.rule("SMF-41", "VAF-4", "VAF-16")
    def test_no_collateral_is_sold_for_a_credit_limit(self):
        account = margin_account(owed="200000", credit_limit="150000", pledged={"BTC": "1"})
        tick("700000", when=NOON)
        assert open_call(account).binding == "credit_limit"

        assert sweep(now=at(hours=24)).steps == {"call_lapse": 1}

        for hour in range(25, 80):
            assert sweep(now=at(hours=hour)).did_nothing, "no renewal each hour"
        assert stored(account).state == State.CALLED
        assert open_call(account).state == CallState.OVERDUE
        # Collateral that falls short as well is another matter.
        tick("490000", when=at(hours=80))
        assert open_call(account).cure_due_at == at(hours=81)
        assert tick("490000", when=at(hours=81)).steps == {"liquidate": 1, "call_expire": 1}

    def test_an_acknowledged_or_part_cured_call_expires_too(self, borrower):
        tick("490000", when=NOON)
        move(open_call(borrower), MarginCall.acknowledge, reason="read", now=at(hours=1))
        repay(borrower, Decimal(1), key="a little", now=at(hours=2))
        assert open_call(borrower).state == CallState.PART_CURED

        assert sweep(now=at(hours=24)).steps == {"liquidate": 1, "call_expire": 1}


class TestHardLine:
    HARD, ABOVE = "300000", "700000"

    def test_the_first_reading_past_it_marks_and_calls_and_sells_nobody(self, borrower):
        swept = tick(self.HARD, when=NOON)

        assert (swept.marked, swept.cleared) == (1, 0)
        assert stored(borrower).state == State.CALLED
        assert stored(borrower).hard_line_since == NOON

    @pytest.mark.parametrize(
        ("seconds", "state"), [(19.999999, State.CALLED), (20, State.LIQUIDATING)]
    )
    def test_two_readings_at_least_twenty_seconds_apart_sell(self, borrower, seconds, state):
        tick(self.HARD, when=NOON)

        swept = tick(self.HARD, when=at(seconds=seconds))

        assert stored(borrower).state == state
        assert swept.did_nothing is (state == State.CALLED)
        assert stored(borrower).hard_line_since == NOON, "the mark is the first reading's"

    def test_a_wick_is_cleared_and_counted(self, borrower):
        tick(self.HARD, when=NOON)

        swept = tick(self.ABOVE, when=at(seconds=10))

        assert (swept.marked, swept.cleared) == (0, 1)
        assert stored(borrower).state == State.HEALTHY
        assert stored(borrower).hard_line_since is None
        assert tick(self.HARD, when=at(seconds=30)).marked == 1
        assert stored(borrower).state == State.CALLED

    def test_on_the_line_is_not_past_it(self, borrower):
        owed_to_the_line = Decimal(200_000) / Decimal("0.65")
        tick(round(owed_to_the_line, 10), when=NOON)  # Rounded up by a hair.

        assert stored(borrower).hard_line_since is None

    @pytest.mark.rule("SMF-42")
    def test_a_gap_gets_its_call_and_moves_in_one_step(self, borrower):
        """Marked while unpriced for a call: a healthy account whose mark is old enough already."""
        price("BTC", self.HARD, at=NOON, fresh=FOREVER)
        MarginAccount.objects.update(hard_line_since=at(seconds=-20))

        swept = sweep(now=NOON)

        assert swept.calls_issued == 1
        assert swept.steps == {"liquidate": 1, "call_liquidate": 1}
        [told] = borrower.moves.all()
        assert (told.source, told.target) == (State.HEALTHY, State.LIQUIDATING)
        [call] = borrower.calls.all()
        assert call.state == CallState.LIQUIDATING
        assert (call.issued_at, call.cure_due_at) == (NOON, NOON)
        assert steps(call) == ["liquidate"]
        assert call.shortfall == 80_000

    @pytest.mark.rule("VAF-11")
    def test_an_unpriced_asset_moves_nobody_and_neither_sets_nor_clears_marks(self, borrower):
        silent = margin_account(owed="200000", pledged={"BTC": "1", "ETH": "0.00000001"})
        price("ETH", "20000", at=NOON, fresh=SECOND)
        tick(self.HARD, when=NOON)
        assert stored(silent).hard_line_since == NOON

        swept = tick(self.ABOVE, when=at(minutes=1))
        assert swept.cleared == 1
        assert stored(silent).hard_line_since == NOON, "not cleared"
        assert stored(silent).state == State.CALLED

        swept = tick(self.HARD, when=at(minutes=2))
        assert swept.marked == 1
        assert stored(silent).state == State.CALLED, "not sold"
        sweep(now=at(hours=48))
        assert stored(silent).state == State.CALLED, "not sold at its deadline either"

    def test_a_sale_under_way_is_left_to_those_who_carry_it_out(self, borrower):
        tick(self.HARD, when=NOON)
        tick(self.HARD, when=at(seconds=20))
        assert stored(borrower).state == State.LIQUIDATING

        assert tick(self.ABOVE, when=at(seconds=40)).did_nothing
        assert tick(self.HARD, when=at(seconds=60)).did_nothing


class TestReview:
    def test_a_repayment_that_came_in_between_is_honoured(self, borrower):
        """Found by the sweep, paid before the review: tested again under the lock, and left."""
        price("BTC", "490000", at=NOON)
        repay(borrower, Decimal(50_000), key="in time", now=NOON)
        assert MarginCall.objects.count() == 0

        assert review([borrower.pk], now=NOON).did_nothing

    def test_paying_less_than_the_cure_is_a_part_cure_and_tells_who(self, borrower):
        tick("490000", when=NOON)

        repay(borrower, Decimal(1_000), key="part", now=at(minutes=1))

        call = open_call(borrower)
        assert call.state == CallState.PART_CURED
        assert steps(call) == ["part_cure"]
        assert call.cure_due_at == at(hours=24), "the clock runs on"

    def test_reviewing_nobody_does_nothing(self, borrower):
        assert review([], now=NOON).did_nothing


def at_once(count, act):
    """`act(number)` so many times at one moment; what each gave back."""
    answers = together(*(partial(act, number) for number in range(count)))
    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    return answers


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_four_sweeps_raise_one_call_and_one_move_each(self):
        accounts = [margin_account(owed="200000", pledged={"BTC": "1"}) for _ in range(20)]
        price("BTC", "490000", at=NOON, fresh=FOREVER)

        swept = at_once(4, lambda _: sweep(now=NOON))

        assert sum(s.calls_issued for s in swept) == sum(s.moved for s in swept) == 20
        for account in accounts:
            assert stored(account).state == State.CALLED
            assert account.calls.count() == 1
            assert steps(account) == ["call"]
        assert sweep(now=NOON).did_nothing

    def test_four_sweeps_at_the_deadline_begin_one_sale_each(self):
        accounts = [margin_account(owed="200000", pledged={"BTC": "1"}) for _ in range(8)]
        tick("490000", when=NOON)

        at_once(4, lambda _: sweep(now=at(hours=24)))

        for account in accounts:
            assert steps(account) == ["call", "liquidate"]
            assert steps(account.calls.get()) == ["expire"]

    def test_an_account_that_somebody_holds_is_left_for_the_next_sweep(self):
        held, other = (margin_account(owed="200000", pledged={"BTC": "1"}) for _ in range(2))
        price("BTC", "490000", at=NOON, fresh=FOREVER)
        with transaction.atomic():
            MarginAccount.objects.locked().get(pk=held.pk)
            [swept] = at_once(1, lambda _: sweep(now=NOON))
            assert swept.calls_issued == 1
            assert stored(other).state == State.CALLED
            assert stored(held).state == State.HEALTHY

        assert sweep(now=NOON).calls_issued == 1

    def test_a_repayment_under_way_keeps_the_sweep_off_and_is_honoured(self):
        account = margin_account(owed="200000", pledged={"BTC": "1"})
        price("BTC", "490000", at=NOON, fresh=FOREVER)
        with transaction.atomic():
            repay(account, Decimal(50_000), key="paying", now=NOON)
            [swept] = at_once(1, lambda _: sweep(now=NOON))
            assert swept.did_nothing

        assert sweep(now=NOON).did_nothing
        assert stored(account).state == State.HEALTHY

    def test_paying_and_sweeping_at_once_ends_in_one_truth(self):
        account = margin_account(owed="200000", pledged={"BTC": "1"})
        tick("490000", when=NOON)
        later = at(minutes=1)

        def act(number):
            if number == 0:
                return repay(account, Decimal(50_000), key="paid", now=later)
            return sweep(now=later)

        at_once(4, act)

        assert sweep(now=later).did_nothing
        assert stored(account).state == State.HEALTHY
        assert steps(MarginCall.objects.get()) == ["cure"]

    def test_a_call_that_its_client_is_acknowledging_moves_with_its_account(self):
        account = margin_account(owed="200000", pledged={"BTC": "1"})
        tick("490000", when=NOON)
        price("BTC", "700000", at=at(minutes=1), fresh=FOREVER)
        acknowledged, swept = threading.Event(), []
        thread = threading.Thread(
            target=lambda: (
                acknowledged.wait(10),
                swept.append(sweep(now=at(minutes=1))),
                connections.close_all(),
            )
        )
        thread.start()
        with transaction.atomic():
            move(open_call(account), MarginCall.acknowledge, reason="read", now=at(minutes=1))
            acknowledged.set()
            thread.join(0.5)  # It waits for us.
            assert not swept
        thread.join(30)

        assert swept[0].steps == {"cure": 1, "call_cure": 1}
        assert stored(account).state == State.HEALTHY
        assert steps(MarginCall.objects.get()) == ["acknowledge", "cure"]
        assert open_call(account) is None
        assert MarginCallMove.objects.count() == 2


class TestLaw:
    def test_every_account_has_at_most_one_open_call(self, borrower):
        tick("490000", when=NOON)
        [first] = MarginCall.objects.values()
        del first["id"]

        with refused("margin_call_one_open"):
            MarginCall.objects.create(**first)
