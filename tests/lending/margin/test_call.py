"""The margin call: one open at a time, its figures fixed, its deadline only ever nearer."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django_fsm import TransitionNotAllowed
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lending.margin.call import OPEN, RUNNING, CallState, MarginCall
from onboarding.lifecycle import move
from tests.factories import NOON, margin_account
from tests.proofs import refused, sql

HOUR = timedelta(hours=1)
WAYS = {
    CallState.ISSUED: [],
    CallState.ACKNOWLEDGED: ["acknowledge"],
    CallState.PART_CURED: ["part_cure"],
    CallState.OVERDUE: ["lapse"],
    CallState.LIQUIDATING: ["expire"],
    CallState.CURED: ["cure"],
    CallState.CLOSED: ["expire", "close"],
}
ISSUED, ACKNOWLEDGED, PART_CURED = RUNNING
STEPS = {
    "acknowledge": {ISSUED: ACKNOWLEDGED},
    "part_cure": {ISSUED: PART_CURED, ACKNOWLEDGED: PART_CURED},
    "cure": dict.fromkeys((*RUNNING, CallState.OVERDUE), CallState.CURED),
    "accelerate": {state: state for state in RUNNING},
    "lapse": dict.fromkeys(RUNNING, CallState.OVERDUE),
    "renew": {CallState.OVERDUE: ISSUED},
    "expire": dict.fromkeys(RUNNING, CallState.LIQUIDATING),
    "liquidate": dict.fromkeys((*RUNNING, CallState.OVERDUE), CallState.LIQUIDATING),
    "close": {CallState.LIQUIDATING: CallState.CLOSED},
}


def issue(account, **fields) -> MarginCall:
    values = dict.fromkeys(
        ("market_value", "margin_value", "liquidation_value", "limit_amount"), Decimal(196_000)
    )
    described = {
        "issued_at": NOON,
        "cure_due_at": NOON + 24 * HOUR,
        "binding": "collateral",
        "debt": Decimal(200_000),
        "shortfall": Decimal(4_000),
        "call_amount": Decimal(14_000),
    }
    return MarginCall.objects.create(account=account, **values | described | fields)


@pytest.fixture
def call(db):
    return issue(margin_account())


def take(call, name, *, now=NOON, **facts):
    if name in ("accelerate", "renew"):
        facts.setdefault("window", HOUR)
    return move(call, getattr(MarginCall, name), reason="test", now=now, **facts)


@pytest.mark.rule("SMF-41")
@pytest.mark.parametrize("state", CallState)
def test_the_machine_goes_only_its_ways(call, state):
    for name in WAYS[state]:
        call = take(call, name)
    assert call.state == state
    assert (call.ended_at is None) == (state in OPEN)

    for step, ways in STEPS.items():
        if state in ways:
            with transaction.atomic():
                assert take(call, step).state == ways[state]
                transaction.set_rollback(True)
        else:
            with pytest.raises(TransitionNotAllowed):
                take(call, step)


@pytest.mark.rule("SMF-42")
@pytest.mark.parametrize("state", OPEN)
def test_an_account_has_one_open_call(call, state):
    for name in WAYS[state]:
        take(call, name)
    with refused("margin_call_one_open"):
        issue(call.account)


@pytest.mark.parametrize("state", [state for state in CallState if state not in OPEN])
def test_a_call_that_ended_makes_room_for_the_next(call, state):
    for name in WAYS[state]:
        take(call, name)

    assert issue(call.account).state == CallState.ISSUED


@pytest.mark.parametrize("state", OPEN)
def test_a_call_is_open_until_it_ends(call, state):
    for name in WAYS[state]:
        take(call, name)
    with refused("margin_call_open_until_it_ends"):
        MarginCall.objects.update(ended_at=NOON)


FIGURES = [
    *("debt", "market_value", "margin_value", "liquidation_value", "limit_amount"),
    *("shortfall", "call_amount"),
]


@pytest.mark.rule("SMF-41", "SMF-42")
@pytest.mark.parametrize("figure", FIGURES)
def test_the_figures_of_a_call_never_change(call, figure):
    with refused("lending_margincall_append_only"):
        sql(f"UPDATE lending_margincall SET {figure} = {figure} + 0.01")  # noqa: S608


@pytest.mark.rule("SMF-42")
@pytest.mark.parametrize("edit", ["issued_at = now()", "binding = 'x'", "account_id = 0"])
def test_nor_does_when_and_why_and_for_whom(call, edit):
    with refused("lending_margincall_append_only"):
        sql(f"UPDATE lending_margincall SET {edit}")  # noqa: S608


@pytest.mark.rule("SMF-42")
def test_a_call_is_never_deleted(call):
    with refused("lending_margincall_append_only"):
        MarginCall.objects.all().delete()


@pytest.mark.rule("SMF-41")
class ADeadlineOnlyComesNearer(TestCase):
    """Whatever accelerates it, and however often, but for a renewal, which is a new demand."""

    @classmethod
    def setUpTestData(cls):
        cls.call = issue(margin_account())

    @settings(max_examples=60)
    @given(
        st.lists(
            st.tuples(st.timedeltas(timedelta(), 30 * HOUR), st.timedeltas(timedelta(), 30 * HOUR)),
            max_size=5,
        )
    )
    def test_whenever_it_is_accelerated(self, accelerations):
        call = MarginCall.objects.get(pk=self.call.pk)
        due = call.cure_due_at
        for after, window in accelerations:
            call = take(call, "accelerate", now=NOON + after, window=window)
            assert call.cure_due_at == min(due, NOON + after + window)
            assert call.accelerated
            due = call.cure_due_at
        stored = MarginCall.objects.get(pk=call.pk)
        assert (stored.cure_due_at, stored.accelerated) == (due, bool(accelerations))


@pytest.mark.rule("SMF-41")
def test_a_renewed_call_has_a_new_deadline_and_notice(call):
    take(call, "accelerate")
    take(call, "lapse", now=NOON + HOUR)

    renewed = take(call, "renew", now=NOON + 9 * HOUR)

    assert (renewed.state, renewed.cure_due_at) == (CallState.ISSUED, NOON + 10 * HOUR)
    assert not renewed.accelerated
    steps = renewed.moves.order_by("pk").values_list("step", "target", "told_at")
    assert list(steps)[-1] == ("renew", "issued", None)


@pytest.mark.parametrize(
    ("way", "ended"), [(["cure"], True), (["expire", "close"], True), ([], False)]
)
def test_a_call_ends_when_its_last_step_is_taken(call, way, ended):
    for hours, name in enumerate(way):
        call = take(call, name, now=NOON + hours * HOUR)

    assert call.ended_at == (NOON + (len(way) - 1) * HOUR if ended else None)


def test_a_call_is_named_by_its_number(call):
    assert str(call) == call.number == f"MC{call.pk:07}"
