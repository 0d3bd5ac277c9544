"""The securities margin relation: opened before anything is lent, one to a client."""

import pytest
from django_fsm import TransitionNotAllowed

from lending.margin.relation import MarginRelation, RelationState
from onboarding.clients import Client
from onboarding.lifecycle import move
from tests.factories import NOON
from tests.proofs import guards_down, refused, sql

pytestmark = pytest.mark.django_db

WAYS = {
    RelationState.PENDING: ([], {"activate"}),
    RelationState.ACTIVE: (["activate"], {"suspend"}),
    RelationState.SUSPENDED: (["activate", "suspend"], {"resume"}),
}


@pytest.fixture
def relation():
    client = Client.objects.create(number="C1", name="C1", kind="person")
    return MarginRelation.objects.create(client=client)


def take(relation, name):
    return move(relation, getattr(MarginRelation, name), reason="test", now=NOON)


@pytest.mark.rule("VAF-3")
@pytest.mark.parametrize("state", WAYS)
def test_the_machine_goes_only_its_ways(relation, state):
    way, allowed = WAYS[state]
    for name in way:
        relation = take(relation, name)
    assert relation.state == state

    for name in {"activate", "suspend", "resume"} - allowed:
        with pytest.raises(TransitionNotAllowed):
            take(relation, name)
    for name in allowed:
        assert take(relation, name).state != state


@pytest.mark.rule("VAF-3")
def test_a_client_has_one_relation_at_a_time(relation):
    for name in (None, "activate", "suspend"):
        if name:
            take(relation, name)
        with refused("relation_one_open_per_client"):
            MarginRelation.objects.create(client=relation.client)


def test_a_closed_relation_makes_room_for_another(relation):
    with guards_down():
        sql("UPDATE lending_marginrelation SET state = 'closed'")

    assert MarginRelation.objects.create(client=relation.client).state == RelationState.PENDING


@pytest.mark.rule("VAF-3")
def test_a_relation_never_becomes_another_clients(relation):
    other = Client.objects.create(number="C2", name="C2", kind="person")
    with refused("lending_marginrelation_append_only"):
        MarginRelation.objects.update(client=other)
