"""Groups of connected clients: five kinds of tie, dated, agreed by two people, each explained."""

from datetime import date, timedelta

import pytest

from onboarding.approvals import Invalid, NotAllowed, approve, propose
from onboarding.clients import Client, Kind
from onboarding.groups import Connection, Party, group_of, groups
from onboarding.lifecycle import move
from onboarding.payloads import today
from onboarding.users import Role
from tests.factories import NOON, staff
from tests.factories.investors import a_client, manager_of
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db
TODAY = today(NOON)
DAY = timedelta(days=1)
OWNER = {"party": "Madam Ho", "reference": "HKID ending 12", "party_first": "yes"}


def tied(client, kind, *, to=None, now=NOON, **fields) -> Connection:
    payload = {"client": client.number, "kind": kind, "from_date": "2026-03-04"} | fields
    if to:
        payload["other"] = to.number
    row = propose(
        "connect_clients", payload, by=staff(Role.CREDIT_OFFICER), reason="found", now=now
    )
    approve(row, by=staff(Role.COMPLIANCE), reason="agreed", now=now)
    return Connection.objects.get(proposal=row)


def ended(connection, on: date, *, now=NOON):
    payload = {"connection": str(connection.pk), "until_date": on.isoformat()}
    row = propose(
        "disconnect_clients", payload, by=staff(Role.CREDIT_OFFICER), reason="over", now=now
    )
    approve(row, by=staff(Role.COMPLIANCE), reason="agreed", now=now)


def numbers(group) -> list[str]:
    return [client.number for client in group.clients]


@pytest.fixture
def person():
    return a_client()


@pytest.fixture
def firm():
    return a_client(Kind.CORPORATE)


@pytest.mark.rule("SMF-7")
class TestTies:
    def test_who_stands_alone_is_in_no_group(self, person):
        assert group_of(person, on=TODAY) is None
        assert groups(TODAY) == []

    def test_spouses_are_one(self, person):
        other = a_client()
        tie = tied(person, "spouse", to=other)

        group = group_of(other, on=TODAY)

        assert numbers(group) == sorted([person.number, other.number])
        assert {member.because for member in group.members} == {(tie,)}
        assert str(tie) == f"{person} spouse of {other}"

    def test_one_owner_of_35_percent_of_two_firms_makes_them_one(self, firm):
        other, third = a_client(Kind.CORPORATE), a_client(Kind.CORPORATE)
        for each, share in ((firm, "0.35"), (other, "0.5"), (third, "0.349999")):
            tied(each, "control", share=share, **OWNER)

        [group] = groups(TODAY)

        assert numbers(group) == sorted([firm.number, other.number])
        assert [party.name for party in group.parties] == ["Madam Ho"]
        assert Party.objects.count() == 1

    def test_a_threshold_set_anew_holds_from_its_day(self, person, firm):
        tied(person, "control", to=firm, share="0.3")
        assert groups(TODAY) == []
        lowered = {
            "parameter": "connected_control",
            "value": "0.3",
            "source": "policy",
            "verified": "no",
        }
        row = propose("parameter", lowered, by=staff(Role.RISK_OFFICER), reason="x", now=NOON)
        approve(row, by=staff(Role.MIC_RM), reason="agreed", now=NOON)

        assert len(groups(TODAY)) == 1
        assert groups(TODAY - DAY) == []

    def test_one_guarantor_of_several_joins_them(self, person, firm):
        for each in (person, firm):
            tied(each, "guarantor", **OWNER)

        assert numbers(group_of(person, on=TODAY)) == sorted([person.number, firm.number])

    def test_persons_who_act_for_one_third_party_are_one(self, person):
        other = a_client()
        for each in (person, other):
            tied(each, "acting_for", party="Mr Wu", reference="passport 7")

        assert numbers(group_of(other, on=TODAY)) == sorted([person.number, other.number])

    def test_parties_of_one_name_are_two_unless_their_reference_says_so(self, person, firm):
        tied(person, "guarantor", party="Chan Tai Man", reference="A1")
        tied(firm, "guarantor", party="Chan Tai Man", reference="B2")

        assert groups(TODAY) == []

    def test_groups_hang_together_through_others_and_are_in_order(self, person, firm):
        last = a_client()
        tied(person, "guarantor", to=firm)
        tied(last, "same_third_party", to=firm)
        pair = a_client(), a_client()
        tied(pair[0], "related", to=pair[1])

        first, second = groups(TODAY)

        assert numbers(first) == sorted(c.number for c in (person, firm, last))
        assert len({m.client: m.because for m in first.members}[firm]) == 2
        assert numbers(second) == sorted(c.number for c in pair)

    def test_many_groups_are_found_in_a_few_queries(self, django_assert_max_num_queries):
        for _ in range(4):
            tied(a_client(), "guarantor", to=a_client())

        with django_assert_max_num_queries(2):
            assert len(groups(TODAY)) == 4


@pytest.mark.rule("SMF-7")
class TestDates:
    def test_a_tie_holds_from_its_day_until_and_not_on_its_last(self, person):
        other = a_client()
        tie = tied(person, "spouse", to=other)
        ended(tie, TODAY + 10 * DAY, now=NOON + 12 * DAY)

        assert group_of(person, on=TODAY - DAY) is None
        assert group_of(person, on=TODAY + 9 * DAY)
        assert group_of(person, on=TODAY + 10 * DAY) is None

    def test_what_was_agreed_is_never_edited_but_for_its_end(self, person):
        tied(person, "spouse", to=a_client())

        with refused("onboarding_connection_append_only"):
            sql("UPDATE onboarding_connection SET kind = 'related'")
        with refused("onboarding_connection_append_only"):
            sql("DELETE FROM onboarding_connection")
        with refused("connection_ended_by_two_people"):
            Connection.objects.update(until_date=TODAY)


class TestRefused:
    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"kind": "friend"}, "no tie of the kind"),
            ({"kind": "guarantor"}, "one of the two"),
            ({"kind": "spouse", "other": "FIRM"}, "no spouse"),
            ({"kind": "control", "other": "FIRM"}, "is missing"),
            ({"kind": "control", "other": "FIRM", "share": "0"}, "no votes"),
            ({"kind": "control", "other": "FIRM", "share": "1.01"}, "between 0 and 1"),
            ({"kind": "guarantor", "other": "SELF"}, "not tied to itself"),
            ({"kind": "guarantor", "party": "Mr Wu"}, "reference is missing"),
            ({"kind": "guarantor", "other": "FIRM", "from_date": "2026-03-05"}, "to come"),
            ({"kind": "guarantor", "other": "NONE"}, "no client NONE"),
        ],
    )
    def test_a_tie_that_cannot_be(self, person, firm, fields, words):
        named = {"FIRM": firm.number, "SELF": person.number}
        if "other" in fields:
            fields = fields | {"other": named.get(fields["other"], fields["other"])}
        with pytest.raises(Invalid, match=words):
            tied(person, **fields)

    def test_a_tie_that_is_known(self, person):
        other = a_client()
        tied(person, "spouse", to=other)
        with pytest.raises(Invalid, match="is known"):
            tied(person, "spouse", to=other)

    def test_a_closed_client(self, person):
        closed = move(a_client(), Client.close, reason="x", now=NOON)
        with pytest.raises(Invalid, match="is closed"):
            tied(person, "spouse", to=closed)

    def test_a_manager_ties_own_clients_alone(self, person):
        payload = {
            "client": person.number,
            "kind": "spouse",
            "other": a_client().number,
            "from_date": "2026-03-04",
        }
        with pytest.raises(NotAllowed):
            propose("connect_clients", payload, by=staff(Role.RM), reason="x", now=NOON)
        assert propose("connect_clients", payload, by=manager_of(person), reason="x", now=NOON)
