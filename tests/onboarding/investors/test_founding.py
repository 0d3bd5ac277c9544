"""A whole book taken over is confirmed by the same rules as one client, in a few statements."""

from decimal import Decimal

import pytest

from onboarding.clients import Client, Kind
from onboarding.investors.exemptions import knowledge_gates
from onboarding.investors.founding import NotTheirHands, found_investors
from onboarding.investors.standing import pi_gates
from onboarding.investors.status import Evidence, InvestorMove, InvestorStatus
from onboarding.payloads import today
from onboarding.proposals import Proposal, State
from onboarding.users import Role
from tests.factories import NOON, staff
from tests.factories.investors import a_client
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db
TODAY = today(NOON)


def book(count: int, kind=Kind.PERSON) -> list[Client]:
    return Client.objects.bulk_create(
        Client(number=f"B{number:05}", name=f"Client {number}", kind=kind)
        for number in range(count)
    )


def found(clients, **fields):
    people = {"maker": staff(Role.ONBOARDING_OFFICER), "checker": staff(Role.COMPLIANCE)}
    found_investors(clients, now=NOON, **(people | fields))


@pytest.mark.parametrize("kind", sorted(Kind))
def test_each_kind_passes_both_gates_from_that_day(kind):
    clients = [a_client(kind) for _ in range(3)]
    assert len(pi_gates(clients, on=TODAY)) == 3

    found(clients)
    sql("SET CONSTRAINTS investor_confirmed_was_approved IMMEDIATE")

    assert pi_gates(clients, on=TODAY) == knowledge_gates(clients, on=TODAY) == {}
    assert Evidence.objects.count() == 3
    assert set(Proposal.objects.values_list("state", flat=True)) == {State.APPROVED}
    assert InvestorMove.objects.filter(told_at=None).count() == 0


def test_the_statements_do_not_grow_with_the_book(django_assert_max_num_queries):
    clients = book(200)
    people = {"maker": staff(Role.ONBOARDING_OFFICER), "checker": staff(Role.COMPLIANCE)}

    with django_assert_max_num_queries(30):
        found_investors(clients, now=NOON, **people)
    with django_assert_max_num_queries(8):
        assert pi_gates(clients, on=TODAY) == {}
        assert knowledge_gates(clients, on=TODAY) == {}


@pytest.mark.rule("PI-2")
def test_a_retail_book_is_refused_as_a_whole():
    clients = book(3)
    with refused("investor_confirmed_by_a_passing_verdict"):
        found(clients, worth=Decimal("7999999.99"))

    assert not InvestorStatus.objects.exists()
    assert len(pi_gates(clients, on=TODAY)) == 3


@pytest.mark.parametrize(
    ("maker", "checker"),
    [(Role.RISK_OFFICER, Role.COMPLIANCE), (Role.ONBOARDING_OFFICER, Role.RM)],
)
def test_only_whose_hands_it_is(maker, checker):
    with pytest.raises(NotTheirHands):
        found(book(1), maker=staff(maker), checker=staff(checker))
