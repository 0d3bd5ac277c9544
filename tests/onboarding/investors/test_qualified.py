"""A corporate investor qualifies market by market, with consent each year; exemptions follow."""

from datetime import date, timedelta

import pytest

from onboarding.approvals import Invalid, propose
from onboarding.clients import Kind
from onboarding.investors.exemptions import Exemption, exemptions, knowledge_gate
from onboarding.investors.qualified import CRITERIA, Market, Qualification, is_qualified
from onboarding.payloads import today
from tests.factories import NOON
from tests.factories.investors import a_client, agree, confirmed, manager_of, withdrawn
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db
TODAY = today(NOON)
DAY = timedelta(days=1)


def judgement(client, **changed) -> dict:
    argued = {name: f"argued: {words}" for name, words in CRITERIA.items()}
    met = {f"{name}_met": "yes" for name in CRITERIA}
    return (
        argued
        | met
        | {
            "client": client.number,
            "market": "va",
            "explained_date": "2026-03-01",
            "consent_date": "2026-03-02",
            "consent_reference": "file 9",
        }
        | changed
    )


def qualify(client, *, now=NOON, **changed):
    row = propose(
        "qualify_investor",
        judgement(client, **changed),
        by=manager_of(client),
        reason="assessed",
        now=now,
    )
    return agree(row, now=now)


def say_again(client, on: date, *, now, stands="yes"):
    payload = {
        "client": client.number,
        "market": "va",
        "stands": stands,
        "confirmed_date": on.isoformat(),
        "reference": "letter",
    }
    row = propose("confirm_qualification", payload, by=manager_of(client), reason="yearly", now=now)
    return agree(row, now=now)


@pytest.fixture
def firm(db):
    return confirmed(a_client(Kind.CORPORATE)).client


@pytest.mark.rule("PI-11")
def test_it_qualifies_for_the_market_that_was_assessed_and_no_other(firm):
    assert not is_qualified(firm, Market.VA, on=TODAY)

    qualify(firm)

    assert is_qualified(firm, Market.VA, on=TODAY)
    assert not is_qualified(firm, Market.SECURITIES, on=TODAY)
    assert not is_qualified(firm, Market.VA_DERIVATIVES, on=TODAY)
    assert not is_qualified(firm, Market.VA, on=TODAY - DAY)


@pytest.mark.rule("PI-11")
@pytest.mark.parametrize("criterion", sorted(CRITERIA))
def test_one_criterion_that_is_not_met_is_enough_to_fail(firm, criterion):
    qualify(firm)
    qualify(firm, now=NOON + DAY, **{f"{criterion}_met": "no"})

    assert not is_qualified(firm, Market.VA, on=TODAY + DAY)
    assert is_qualified(firm, Market.VA, on=TODAY)


@pytest.mark.rule("PI-11")
@pytest.mark.parametrize("criterion", sorted(CRITERIA))
def test_each_criterion_is_argued(firm, criterion):
    for changed in ({criterion: " "}, {f"{criterion}_met": "perhaps"}, {f"{criterion}_met": ""}):
        with pytest.raises(Invalid):
            qualify(firm, **changed)
    qualify(firm)
    with refused("onboarding_qualification_append_only"):
        Qualification.objects.update(structure_met=True, structure="better")


@pytest.mark.rule("PI-12")
@pytest.mark.parametrize(
    "changed",
    [
        {"explained_date": ""},
        {"consent_date": "2026-02-28"},
        {"consent_date": "2026-03-05"},
        {"consent_reference": ""},
    ],
)
def test_the_explanation_comes_first_and_consent_is_signed(firm, changed):
    with pytest.raises(Invalid):
        qualify(firm, **changed)


@pytest.mark.rule("PI-12")
def test_a_missed_yearly_confirmation_removes_the_exemption_and_a_new_one_brings_it_back(firm):
    qualify(firm)
    year = date(2027, 3, 2)
    later = NOON + (date(2027, 2, 20) - TODAY)
    confirmed(firm, now=later)

    assert is_qualified(firm, Market.VA, on=year - DAY)
    assert not is_qualified(firm, Market.VA, on=year)
    assert exemptions(firm, on=year) == frozenset()

    say_again(firm, date(2027, 2, 19), now=later)

    assert is_qualified(firm, Market.VA, on=year)
    assert not is_qualified(firm, Market.VA, on=date(2028, 2, 19))


@pytest.mark.rule("PI-12")
def test_consent_taken_back_ends_it_the_same_day(firm):
    qualify(firm)
    say_again(firm, TODAY, now=NOON, stands="no")

    assert not is_qualified(firm, Market.VA, on=TODAY)


@pytest.mark.rule("PI-13")
def test_exemptions_are_all_or_none_and_follow_from_status_alone(firm):
    assert exemptions(firm, on=TODAY) == frozenset()
    qualify(firm)
    assert exemptions(firm, on=TODAY) == frozenset(Exemption)
    assert exemptions(firm, on=TODAY, market=Market.SECURITIES) == frozenset()
    assert knowledge_gate(firm, on=TODAY) is None

    withdrawn(firm)

    assert exemptions(firm, on=TODAY) == frozenset()
    assert knowledge_gate(firm, on=TODAY)


@pytest.mark.rule("PI-13")
def test_an_institution_is_exempt_while_its_status_holds():
    client = a_client(Kind.INSTITUTION)
    assert exemptions(client, on=TODAY) == frozenset()
    status = confirmed(client)

    assert exemptions(client, on=TODAY) == frozenset(Exemption)
    assert exemptions(client, on=status.until_date) == frozenset()


@pytest.mark.rule("PI-13")
def test_no_table_holds_an_exemption_that_could_be_set():
    [[columns]] = sql(
        "SELECT count(*) FROM information_schema.columns"
        " WHERE table_name LIKE 'onboarding%%' AND column_name LIKE '%%exempt%%'"
    )
    assert columns == 0


@pytest.mark.rule("PI-10")
@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.JOINT, Kind.TRUST])
def test_an_individual_keeps_every_protection_and_cannot_qualify(kind):
    client = confirmed(a_client(kind)).client

    assert exemptions(client, on=TODAY) == frozenset()
    with pytest.raises(Invalid, match="no corporate professional"):
        qualify(client)
