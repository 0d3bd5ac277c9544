"""A state changes by its move and by nothing else, however many change at once."""

from datetime import timedelta

import pytest
from django.db import transaction
from django_fsm import TransitionNotAllowed
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lending.margin.call import CallState, MarginCall
from lending.margin.relation import MarginRelation, RelationState
from onboarding.clients import Client
from onboarding.lifecycle import AskedTwice, Step, move, move_many
from tests.factories import NOON, margin_account, staff
from tests.proofs import refused, sql, together
from tests.strategies import words

LATER = NOON + timedelta(hours=1)
STATE_LAW = "lending_marginrelation_state_changes_by_move"


def relation_of(number: str) -> MarginRelation:
    client = Client.objects.create(number=number, name=number, kind="person")
    return MarginRelation.objects.create(client=client)


@pytest.fixture
def relation(db):
    """Pending: nobody has opened it yet."""
    return relation_of("C1")


def stored(row):
    return type(row).objects.get(pk=row.pk)


# --- One door ------------------------------------------------------------------------------------


def test_a_step_leaves_its_state_and_its_move(relation):
    officer = staff()

    moved = move(relation, MarginRelation.activate, reason="opened", mover=officer, now=NOON)

    assert moved.state == stored(relation).state == RelationState.ACTIVE
    [told] = relation.moves.all()
    assert (told.step, told.source, told.target) == ("activate", "pending", "active")
    assert (told.reason, told.mover, told.moved_at, told.told_at) == ("opened", officer, NOON, None)


def test_a_step_that_the_state_forbids_writes_nothing(relation):
    with pytest.raises(TransitionNotAllowed):
        move(relation, MarginRelation.suspend, reason="no", now=NOON)

    assert stored(relation).state == RelationState.PENDING
    assert not relation.moves.exists()


def test_a_stale_copy_moves_the_row_as_it_is_stored(relation):
    stale = stored(relation)
    move(relation, MarginRelation.activate, reason="opened", now=NOON)
    assert stale.state == RelationState.PENDING

    assert move(stale, MarginRelation.suspend, reason="x", now=LATER).state == "suspended"
    with pytest.raises(TransitionNotAllowed):
        move(stale, MarginRelation.activate, reason="again", now=LATER)


def test_a_state_is_not_assigned(relation):
    with pytest.raises(AttributeError, match="state"):
        relation.state = RelationState.ACTIVE


def by_update(row):
    MarginRelation.objects.filter(pk=row.pk).update(state="active")


def by_bulk_update(row):
    forged = MarginRelation(pk=row.pk, client_id=row.client_id, state="active")
    MarginRelation.objects.bulk_update([forged], ["state"])


def by_sql(row):
    sql("UPDATE lending_marginrelation SET state = 'active' WHERE id = %s", row.pk)


@pytest.mark.parametrize("write", [by_update, by_bulk_update, by_sql])
def test_no_state_changes_without_its_move(relation, write):
    with refused(STATE_LAW):
        write(relation)

    assert stored(relation).state == RelationState.PENDING


@pytest.mark.parametrize(
    ("source", "target"), [("pending", "closed"), ("suspended", "active"), ("active", "pending")]
)
def test_a_move_from_or_to_another_state_does_not_serve(relation, source, target):
    with refused(STATE_LAW):
        relation.moves.create(source=source, target=target, step="x", reason="", moved_at=NOON)
        by_update(relation)


def test_a_move_of_another_row_does_not_serve(relation):
    other = relation_of("C2")
    with refused(STATE_LAW):
        other.moves.create(source="pending", target="active", step="x", reason="", moved_at=NOON)
        by_update(relation)


def test_two_steps_at_a_jump_are_refused(relation):
    with refused(STATE_LAW):
        for source, target in (("pending", "active"), ("active", "suspended")):
            relation.moves.create(source=source, target=target, step="", reason="", moved_at=NOON)
        MarginRelation.objects.filter(pk=relation.pk).update(state="suspended")


@pytest.mark.django_db(transaction=True)
def test_a_move_of_another_transaction_does_not_serve():
    relation = relation_of("C1")
    relation.moves.create(
        source="pending", target="active", step="activate", reason="forged", moved_at=NOON
    )

    with refused(STATE_LAW):
        by_update(relation)


@pytest.mark.django_db(transaction=True)
def test_a_state_without_its_move_is_refused_when_it_is_committed():
    relation = relation_of("C1")

    with refused(STATE_LAW):
        by_update(relation)
        assert stored(relation).state == RelationState.ACTIVE  # The law waits for the end.

    assert stored(relation).state == RelationState.PENDING


def born_by_create(client):
    MarginRelation.objects.create(client=client, state="active")


def born_by_bulk_create(client):
    MarginRelation.objects.bulk_create([MarginRelation(client=client, state="active")])


def born_by_sql(client):
    sql("INSERT INTO lending_marginrelation (client_id, state) VALUES (%s, 'active')", client.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("write", [born_by_create, born_by_bulk_create, born_by_sql])
def test_no_row_is_born_in_any_state_but_the_first(write):
    client = Client.objects.create(number="C1", name="C1", kind="person")
    with refused("lending_marginrelation_born_pending"):
        write(client)


# --- The record of moves -------------------------------------------------------------------------


@pytest.fixture
def told(relation):
    move(relation, MarginRelation.activate, reason="opened", now=NOON)
    return relation.moves.get()


@pytest.mark.parametrize(
    "edit",
    [
        {"reason": "another"},
        {"source": "closed"},
        {"target": "closed"},
        {"step": "close"},
        {"moved_at": LATER},
        {"subject_id": 0},
        {"told_at": LATER, "reason": "another"},
    ],
)
def test_a_move_is_never_edited(told, edit):
    with refused("lending_marginrelationmove_append_only"):
        type(told).objects.filter(pk=told.pk).update(**edit)


def test_the_transaction_of_a_move_is_never_edited(told):
    with refused("lending_marginrelationmove_append_only"):
        sql("UPDATE lending_marginrelationmove SET txid = '7'")


def test_a_move_is_marked_as_told_and_no_more(told):
    type(told).objects.filter(pk=told.pk).update(told_at=LATER)

    assert stored(told).told_at == LATER


def test_a_move_is_never_deleted(told):
    with refused("lending_marginrelationmove_append_only"):
        told.delete()


# --- Many at once --------------------------------------------------------------------------------

STEPS = {
    CallState.ISSUED: ["acknowledge", "part_cure", "accelerate", "cure", "lapse", "liquidate"],
    CallState.ACKNOWLEDGED: ["part_cure", "accelerate", "cure", "lapse", "expire", "liquidate"],
    CallState.PART_CURED: ["accelerate", "cure", "lapse", "expire"],
    CallState.OVERDUE: ["renew", "cure", "liquidate"],
    CallState.LIQUIDATING: ["close"],
    CallState.CURED: [],
    CallState.CLOSED: [],
}
ROWS = 3


def call_of(account) -> MarginCall:
    nothing = dict.fromkeys(
        ("debt", "market_value", "margin_value", "liquidation_value", "limit_amount", "shortfall"),
        0,
    )
    return MarginCall.objects.create(
        account=account,
        issued_at=NOON,
        cure_due_at=NOON + timedelta(hours=24),
        binding="collateral",
        call_amount=0,
        **nothing,
    )


def facts_of(step: str, minutes: int) -> dict:
    return {"window": timedelta(minutes=minutes)} if step in ("accelerate", "renew") else {}


def history(call: MarginCall) -> tuple:
    call = stored(call)
    moves = call.moves.order_by("pk").values_list(
        "step", "source", "target", "reason", "mover", "moved_at", "told_at"
    )
    return call.state, call.cure_due_at, call.accelerated, call.ended_at, list(moves)


class ManyAreOneByOne(TestCase):
    """Two implementations that must agree: a batch, and a row at a time."""

    @classmethod
    def setUpTestData(cls):
        cls.accounts = [margin_account() for _ in range(2 * ROWS)]
        cls.officer = staff()

    @settings(max_examples=40)
    @given(st.data())
    def test_same_states_facts_and_moves(self, data):
        calls = [call_of(account) for account in self.accounts]
        singly, at_once = calls[:ROWS], calls[ROWS:]
        for round_number in range(data.draw(st.integers(1, 4))):
            now = NOON + timedelta(hours=round_number)
            mover = data.draw(st.sampled_from([None, self.officer]))
            batch = []
            for one, twin in zip(singly, at_once, strict=True):
                possible = STEPS[stored(one).state]
                if not possible:
                    continue
                name = data.draw(st.sampled_from(possible))
                reason, facts = data.draw(words), facts_of(name, data.draw(st.integers(1, 2000)))
                step = getattr(MarginCall, name)
                move(one, step, reason=reason, mover=mover, now=now, **facts)
                batch.append(Step(twin.pk, step, reason, facts))
            move_many(MarginCall, data.draw(st.permutations(batch)), mover=mover, now=now)

        assert [history(call) for call in singly] == [history(call) for call in at_once]

    @settings(max_examples=60)
    @given(words)
    @example("\\N")
    @example("\\.")
    @example("tab\there, line\nthere,\r\nand a \\t that is none \\")
    @example("\\\\N\x0b\x0c\x85\u2028保證金")
    def test_a_reason_survives_as_it_was_written(self, reason):
        call = call_of(self.accounts[0])

        move(call, MarginCall.acknowledge, reason=reason, now=NOON)

        assert call.moves.get().reason == reason


@pytest.mark.django_db
def test_many_answer_in_key_order_whatever_the_order_asked():
    relations = [relation_of(f"C{number}") for number in range(5)]
    steps = [Step(row.pk, MarginRelation.activate, "opened") for row in reversed(relations)]

    moved = move_many(MarginRelation, steps, now=NOON)

    assert [row.pk for row in moved] == [row.pk for row in relations]


@pytest.mark.django_db
def test_one_forbidden_step_among_many_writes_nothing():
    relations = [relation_of(f"C{number}") for number in range(3)]
    steps = [Step(row.pk, MarginRelation.activate, "opened") for row in relations[:2]]
    steps.append(Step(relations[2].pk, MarginRelation.suspend, "not yet open"))

    with pytest.raises(TransitionNotAllowed):
        move_many(MarginRelation, steps, now=NOON)

    assert {stored(row).state for row in relations} == {RelationState.PENDING}
    assert not any(row.moves.exists() for row in relations)


@pytest.mark.django_db
def test_a_row_is_not_asked_for_two_steps_in_one_batch():
    relation = relation_of("C1")
    steps = [
        Step(relation.pk, MarginRelation.activate, "opened"),
        Step(relation.pk, MarginRelation.suspend, "and shut"),
    ]

    with pytest.raises(AskedTwice):
        move_many(MarginRelation, iter(steps), now=NOON)

    assert not relation.moves.exists()


@pytest.mark.django_db
def test_no_steps_move_nobody():
    assert move_many(MarginRelation, [], now=NOON) == []


@pytest.mark.django_db
def test_many_take_as_many_statements_as_one(django_assert_num_queries):
    relations = [relation_of(f"C{number}") for number in range(20)]
    steps = [Step(row.pk, MarginRelation.activate, "opened") for row in relations]

    # A savepoint and its end, the lock, the update; the moves go by COPY, which is not counted.
    with django_assert_num_queries(4):
        move_many(MarginRelation, steps, now=NOON)

    assert MarginRelation.objects.filter(state="active").count() == 20


# --- Many movers ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_left_out_of_many():
    held, free = relation_of("C1"), relation_of("C2")
    steps = [Step(row.pk, MarginRelation.activate, "opened") for row in (held, free)]

    with transaction.atomic():
        MarginRelation.objects.locked().get(pk=held.pk)
        [moved] = together(lambda: move_many(MarginRelation, steps, now=NOON))

    assert [row.pk for row in moved] == [free.pk]
    assert stored(held).state == RelationState.PENDING
    assert not held.moves.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_movers_of_one_row_one_wins():
    relation = relation_of("C1")

    def activate():
        return move(relation, MarginRelation.activate, reason="opened", now=NOON)

    outcomes = together(activate, activate, activate)

    won = [each for each in outcomes if isinstance(each, MarginRelation)]
    lost = [each for each in outcomes if isinstance(each, TransitionNotAllowed)]
    assert (len(won), len(lost)) == (1, 2)
    assert relation.moves.count() == 1


@pytest.mark.django_db(transaction=True)
def test_batches_that_overlap_move_each_row_once_and_never_wait_in_a_ring():
    relations = [relation_of(f"C{number}") for number in range(40)]
    steps = [Step(row.pk, MarginRelation.activate, "opened") for row in relations]

    def forward():
        return move_many(MarginRelation, steps, now=NOON)

    def backward():
        return move_many(MarginRelation, reversed(steps), now=NOON)

    outcomes = together(forward, backward, forward, backward)

    refusals = [each for each in outcomes if isinstance(each, Exception)]
    assert all(isinstance(each, TransitionNotAllowed) for each in refusals)
    left = set(MarginRelation.objects.filter(state="pending").values_list("pk", flat=True))
    move_many(MarginRelation, [step for step in steps if step.pk in left], now=NOON)
    assert all(row.moves.count() == 1 for row in relations)
