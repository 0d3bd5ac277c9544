"""A sign that somebody acts for another opens one question, with an owner."""

from datetime import timedelta

import pytest

from onboarding.approvals import Invalid, NotAllowed
from onboarding.clients import Client
from onboarding.enquiries import (
    Enquiry,
    EnquiryState,
    Indicator,
    Observation,
    close,
    fingerprint_of,
    observe,
)
from onboarding.users import Role
from tests.factories import NOON, client_user, staff
from tests.factories.investors import a_client, manager_of
from tests.proofs import refused, sql

pytestmark = [pytest.mark.django_db, pytest.mark.rule("SMF-8")]
SHARED = [Indicator.ADDRESS, Indicator.DEVICE, Indicator.BANK_ACCOUNT]


@pytest.mark.parametrize("indicator", SHARED)
def test_two_clients_with_one_value_open_one_enquiry_with_an_owner(indicator):
    first, second = a_client(), a_client()
    assert observe(first, indicator, "Flat 3, 12 Queen's Road", now=NOON) == []

    [enquiry] = observe(second, indicator, "flat 3,  12 QUEEN'S ROAD", now=NOON)

    assert (enquiry.client, enquiry.other) == (second, first)
    assert (enquiry.owner, enquiry.state) == (manager_of(second), EnquiryState.OPEN)
    for client in (first, second):
        assert observe(client, indicator, "Flat 3, 12 Queen's Road", now=NOON) == []
    assert Enquiry.objects.count() == 1


def test_money_of_a_third_party_is_a_sign_by_itself():
    [enquiry] = observe(a_client(), Indicator.THIRD_PARTY, "Wu Trading Ltd", now=NOON)

    assert enquiry.other is None


def test_one_value_of_another_kind_is_no_sign():
    observe(a_client(), Indicator.ADDRESS, "12345", now=NOON)

    assert observe(a_client(), Indicator.BANK_ACCOUNT, "12345", now=NOON) == []


def test_the_value_itself_is_not_kept():
    observe(a_client(), Indicator.BANK_ACCOUNT, "012-345-678901", now=NOON)

    row = Observation.objects.get()
    assert row.fingerprint == fingerprint_of(Indicator.BANK_ACCOUNT, "012-345-678901")
    assert "678901" not in row.fingerprint
    with pytest.raises(Invalid):
        observe(row.client, Indicator.DEVICE, "  ", now=NOON)


def test_where_nobody_serves_compliance_asks():
    client = Client.objects.create(number="X1", name="Nobody's", kind="person")

    [enquiry] = observe(client, Indicator.THIRD_PARTY, "Wu", now=NOON)

    assert (enquiry.owner, enquiry.owner_role) == (None, Role.COMPLIANCE)


def test_its_owner_or_compliance_says_what_came_of_it_and_nobody_else():
    client = a_client()
    [enquiry] = observe(client, Indicator.THIRD_PARTY, "Wu", now=NOON)
    for by in (staff(Role.RM), staff(Role.AUDITOR), staff(Role.MLRO), client_user()):
        with pytest.raises(NotAllowed):
            close(enquiry, outcome="fine", by=by, now=NOON)
    with pytest.raises(Invalid):
        close(enquiry, outcome=" ", by=manager_of(client), now=NOON)

    closed = close(enquiry, outcome="The father pays.", by=manager_of(client), now=NOON)

    assert (closed.state, closed.outcome) == (EnquiryState.CLOSED, "The father pays.")
    with pytest.raises(Invalid, match="closed already"):
        close(closed, outcome="again", by=staff(Role.COMPLIANCE), now=NOON)
    assert observe(client, Indicator.THIRD_PARTY, "Wu", now=NOON + timedelta(days=1)) == []


def test_nothing_of_it_is_edited_past_the_door():
    observe(a_client(), Indicator.THIRD_PARTY, "Wu", now=NOON)

    with refused("enquiry_closed_says_what_came_of_it"):
        sql("UPDATE onboarding_enquiry SET state = 'closed'")
    with refused("onboarding_enquiry_append_only"):
        sql("DELETE FROM onboarding_enquiry")
    with refused("onboarding_observation_append_only"):
        sql("DELETE FROM onboarding_observation")
