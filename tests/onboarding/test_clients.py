"""Who a client is, who signs for it, and who serves it on which day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from onboarding.clients import Client, Kind, Service, Signatory, manager_of
from onboarding.users import Role
from tests.factories import client_user, staff
from tests.proofs import refused

FIRST, SECOND, THIRD = date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return Client.objects.create(number="C1", name="Chan Siu Ming", kind=Kind.PERSON)


@pytest.fixture
def manager():
    return staff(Role.RM)


def serve(client, manager, since, until=None):
    return Service.objects.create(client=client, manager=manager, from_date=since, until_date=until)


def test_a_number_names_one_client(client):
    with refused("onboarding_client_number_key"):
        Client.objects.create(number=client.number, name="Another", kind=Kind.CORPORATE)


def test_a_signatory_sees_the_own_clients_and_no_other(client):
    signatory, stranger = client_user(), client_user()
    other = Client.objects.create(number="C2", name="Other", kind=Kind.CORPORATE)
    Signatory.objects.create(client=client, user=signatory)
    Signatory.objects.create(client=other, user=stranger)

    assert list(Client.objects.of(signatory)) == [client]
    assert list(Client.objects.of(stranger)) == [other]
    assert not Client.objects.of(client_user()).exists()


def test_a_signatory_is_named_once(client):
    signatory = client_user()
    Signatory.objects.create(client=client, user=signatory)
    with refused("signatory_named_once"):
        Signatory.objects.create(client=client, user=signatory)


def test_a_service_lasts_from_its_first_day_to_the_one_before_its_last(client, manager):
    serve(client, manager, SECOND, THIRD)

    def serves(day):
        return Client.objects.served_by(manager, on=day).exists()

    assert not serves(FIRST)
    assert serves(SECOND)
    assert serves(date(2026, 3, 15))
    assert not serves(THIRD)


def test_a_handover_leaves_no_day_without_a_manager_and_none_with_two(client, manager):
    successor = staff(Role.RM)
    serve(client, manager, FIRST, SECOND)
    serve(client, successor, SECOND)

    assert manager_of(client, on=date(2026, 3, 1)) is None
    assert manager_of(client, on=date(2026, 3, 8)) == manager
    assert manager_of(client, on=SECOND) == successor
    assert list(Client.objects.served_by(manager, on=SECOND)) == []
    assert list(Client.objects.served_by(successor, on=THIRD)) == [client]


def test_a_manager_sees_the_own_clients_and_nobody_elses(client, manager):
    colleague = staff(Role.RM)
    serve(client, manager, FIRST)

    assert list(Client.objects.served_by(manager, on=FIRST)) == [client]
    assert list(Client.objects.served_by(colleague, on=FIRST)) == []


def test_a_client_has_one_manager_at_a_time(client, manager):
    serve(client, manager, FIRST)
    with refused("client_has_one_manager"):
        serve(client, staff(Role.RM), SECOND)


@pytest.mark.parametrize("until", [FIRST, date(2026, 3, 1)])
def test_a_service_ends_after_it_begins(client, manager, until):
    with refused("service_ends_after_it_begins"):
        serve(client, manager, FIRST, until)


class TwoAnswersToWhoServesWhom(TestCase):
    """The clients of a manager, and the manager of a client, are one relation read both ways."""

    @classmethod
    def setUpTestData(cls):
        cls.client_row = Client.objects.create(number="C1", name="C1", kind=Kind.PERSON)
        cls.managers = [staff(Role.RM) for _ in range(3)]

    @given(
        handovers=st.lists(st.dates(FIRST, date(2026, 4, 30)), min_size=1, max_size=4, unique=True),
        day=st.dates(date(2026, 2, 20), date(2026, 5, 10)),
        last_is_open=st.booleans(),
    )
    def test_both_ways_agree(self, handovers, day, last_is_open):
        handovers.sort()
        ends = [*handovers[1:], None if last_is_open else date(2026, 5, 1)]
        for number, (since, until) in enumerate(zip(handovers, ends, strict=True)):
            serve(self.client_row, self.managers[number % 3], since, until)

        serving = [m for m in self.managers if Client.objects.served_by(m, on=day).exists()]

        assert serving == [m for m in [manager_of(self.client_row, on=day)] if m]
