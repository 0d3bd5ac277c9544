"""Nobody becomes a client unscreened: everybody whom an application names, before and after."""

from datetime import timedelta

import pytest

from onboarding.applications.checks import Check, standings
from onboarding.applications.refusals import NotPossible
from onboarding.applications.review import assign, pass_to_credit, take
from onboarding.applications.send import withdraw
from onboarding.screening.decide import find_false, find_true
from onboarding.screening.gate import Act, screening_gate
from onboarding.screening.hits import Hit
from onboarding.screening.load import load
from onboarding.screening.screen import rescreen
from onboarding.screening.screened import Screened
from onboarding.users import Role
from tests.factories import NOON, house, staff
from tests.factories.applications import (
    SOMEBODY,
    accept_terms,
    check_all,
    complete,
    in_review,
    lists_of_strangers,
    opened,
    sign,
)
from tests.factories.screening import lists_in_force, sdn

pytestmark = [pytest.mark.django_db, pytest.mark.rule("AML-11")]


def screening(application):
    [found] = [each for each in standings(application, now=NOON) if each.check == Check.SCREENING]
    return found


def listed_owner():
    """A firm in review, one of whose owners bears the name of somebody on the list."""
    lists_in_force()
    application = complete("corporate")
    party = application.parties.filter(nature="person").first()
    type(party).objects.filter(pk=party.pk).update(
        name="Sergei Petrovich Ivanov", name_chinese="", birth_date="1970-03-12"
    )
    application.parties.exclude(pk=party.pk).update(name_chinese="")
    application = sign(application)
    return take(application, by=staff(Role.ONBOARDING_OFFICER), now=NOON)


def pass_on(application):
    check_all(application, by=application.officer)
    accept_terms(application)
    assign(application, staff(Role.RM), by=application.officer, now=NOON)
    return pass_to_credit(application, by=application.officer, reason="clear", now=NOON)


def test_everybody_named_is_screened_when_the_officer_takes_it():
    application = in_review("corporate")

    keys = set(Screened.objects.values_list("key", flat=True))
    assert keys == {f"application:{application.pk}:{each.pk}" for each in application.parties.all()}
    assert screening(application).passed


def test_an_owner_on_a_list_holds_it_up_until_somebody_has_decided():
    application = listed_owner()
    assert not screening(application).passed
    with pytest.raises(NotPossible, match="Screening clear"):
        pass_on(application)

    [hit] = Hit.objects.all()
    find_false([hit], reason="Another passport.", by=staff(Role.COMPLIANCE), now=NOON)
    assert screening(application).passed


def test_an_owner_who_is_the_one_on_the_list_never_passes():
    application = listed_owner()
    [hit] = Hit.objects.all()
    find_true(hit, reason="The same passport.", by=staff(Role.COMPLIANCE), now=NOON)

    assert screening(application).words == "Compliance has not cleared it."
    with pytest.raises(NotPossible, match="Screening clear"):
        pass_on(application)


def test_where_no_list_was_ever_loaded_nobody_passes():
    application = sign(complete("person"))
    application = take(application, by=staff(Role.ONBOARDING_OFFICER), now=NOON)

    assert screening(application).words.startswith("Never loaded")


def test_an_owner_who_is_listed_later_stops_the_client():
    house()
    application = opened("corporate")
    party = application.parties.filter(nature="person").first()
    assert screening_gate(application.client, Act.DRAW, on=NOON.date()) is None

    listed = (2, party.name.upper(), "individual", f"DOB {party.birth_date:%d %b %Y}.")
    load("ofac", sdn(SOMEBODY, listed), source="test", now=NOON + timedelta(days=1))
    rescreen(now=NOON + timedelta(days=1), why="a new version")
    hit = Hit.objects.get(screened__key=f"application:{application.pk}:{party.pk}")
    find_true(hit, reason="The same person.", by=staff(Role.COMPLIANCE), now=NOON)

    assert screening_gate(application.client, Act.DRAW, on=NOON.date())


def test_an_application_that_has_ended_is_screened_no_more():
    lists_of_strangers()
    application = in_review()
    withdraw(application, by=application.started_by, reason="x", now=NOON)
    rescreen(now=NOON, why="test")

    assert not Screened.objects.filter(key__startswith="application:", retired_at=None).exists()
