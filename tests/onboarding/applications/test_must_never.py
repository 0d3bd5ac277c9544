"""What must never be, by any door: SQL included."""

import pytest
from django.db import connection

from onboarding.applications.application import Application, State
from onboarding.applications.checks import Check, CheckRecord, not_passed, record_check
from onboarding.applications.people import Confirmation
from onboarding.applications.refusals import NotPossible
from onboarding.applications.send import confirm
from onboarding.investors.limits import (
    CORPORATE_ASSETS,
    CORPORATE_PORTFOLIO,
    INDIVIDUAL_PORTFOLIO,
    TRUST_ASSETS,
)
from onboarding.lifecycle import move
from onboarding.users import Role
from tests.factories import NOON, house, staff
from tests.factories.applications import (
    check_all,
    complete,
    decided,
    in_review,
    opened,
    sign,
    submitted,
)
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db

# Declared amounts that fall a cent short of what the law asks for, and who answers "none of these".
RETAIL = {
    "person": {"category": "individual", "portfolio": "7999999.99"},
    "joint": {"category": "individual", "portfolio": "7999999.99"},
    "corporate": {"category": "corporate", "portfolio": "7999999.99", "assets": "39999999.99"},
    "trust": {"category": "trust", "assets": "39999999.99"},
    "institution": {"category": "retail"},
}


def pretend(application: Application, **columns) -> Application:
    """The columns by SQL, past every form; those who sign confirm what then stands there."""
    Application.objects.filter(pk=application.pk).update(**columns)
    application.refresh_from_db()
    for party in application.parties.filter(user__isnull=False):
        Confirmation.objects.create(
            application=application, user=party.user, edition=application.edition, at=NOON
        )
    return application


@pytest.mark.rule("PI-2", "PI-3", "PI-5")
@pytest.mark.parametrize("kind", sorted(RETAIL))
def test_a_retail_applicant_does_not_get_in_by_function_or_by_sql(kind):
    application = pretend(complete(kind), **{"portfolio": None, "assets": None} | RETAIL[kind])
    signer = application.parties.filter(user__isnull=False).first().user

    with pytest.raises(NotPossible, match="professional"):
        confirm(application, edition=application.edition, by=signer, now=NOON)
    with refused("application_is_professional"):
        move(application, Application.submit, reason="x", now=NOON)
    with refused("application_is_professional"):
        sql(
            "UPDATE onboarding_application SET state = 'credit', submitted_at = %s WHERE id = %s",
            NOON,
            application.pk,
        )


@pytest.mark.parametrize("category", ["", "retail", "trust", "corporate", "institutional"])
def test_a_person_is_professional_as_an_individual_and_in_no_other_way(category):
    application = pretend(complete("person"), category=category, assets=10**9)
    with refused("application_is_professional"):
        move(application, Application.submit, reason="x", now=NOON)


def test_the_database_asks_for_the_sizes_that_are_declared():
    [(source,)] = sql("SELECT prosrc FROM pg_proc WHERE proname = 'application_is_professional'")
    for parameter in (INDIVIDUAL_PORTFOLIO, CORPORATE_PORTFOLIO, CORPORATE_ASSETS, TRUST_ASSETS):
        assert f"'{parameter.name}', at, {parameter.initial}" in source


@pytest.mark.parametrize("kind", ["corporate", "joint"])
def test_it_is_not_sent_before_as_many_have_confirmed_as_must_sign(kind):
    application = complete(kind)
    first = application.parties.filter(user__isnull=False).first()
    Confirmation.objects.create(
        application=application, user=first.user, edition=application.edition, at=NOON
    )
    with refused("application_confirmed_by_those_who_sign"):
        move(application, Application.submit, reason="x", now=NOON)


def test_what_was_confirmed_before_a_change_counts_nothing():
    application = complete("person")
    signer = application.parties.get().user
    Confirmation.objects.create(
        application=application, user=signer, edition=application.edition, at=NOON
    )
    sql(
        "UPDATE onboarding_applicationparty SET name = 'Somebody Else' WHERE id = %s",
        application.parties.get().pk,
    )
    application.refresh_from_db()

    with refused("application_confirmed_by_those_who_sign"):
        move(application, Application.submit, reason="x", now=NOON)


def test_what_was_told_is_closed_once_it_is_with_us():
    application = submitted("corporate")
    party, holding = application.parties.first(), application.holdings.first()
    for statement, key in (
        ("UPDATE onboarding_applicationparty SET name = 'x' WHERE id = %s", party.pk),
        ("UPDATE onboarding_holding SET percent = 1 WHERE id = %s", holding.pk),
        ("DELETE FROM onboarding_holding WHERE id = %s", holding.pk),
        ("UPDATE onboarding_application SET portfolio = 1 WHERE id = %s", application.pk),
        ("UPDATE onboarding_application SET kind = 'person' WHERE id = %s", application.pk),
    ):
        with refused("application_told_while_open"):
            sql(statement, key)


@pytest.mark.parametrize(
    "table",
    ["applicationmove", "checkrecord", "confirmation", "creditdecision", "told"],
)
def test_the_record_is_never_edited(table):
    house()
    opened("person")
    with refused(f"onboarding_{table}_append_only"):
        sql(f"DELETE FROM onboarding_{table}")  # noqa: S608 - names of ours


def test_a_state_does_not_change_without_its_move():
    application = submitted()
    with refused("onboarding_application_state_changes_by_move"):
        sql("UPDATE onboarding_application SET state = 'in_review' WHERE id = %s", application.pk)


@pytest.mark.rule("AML-1", "AML-6")
@pytest.mark.parametrize("left_out", sorted(Check))
def test_an_application_is_not_approved_while_any_check_is_open(left_out):
    """No due diligence is made later: not one of the checks may be missing, by any door."""
    house()
    application = decided("person")
    application = Application.objects.get(pk=application.pk)
    proposal_of = application.credit_decisions.get().proposal
    for check in sorted(set(Check) - {left_out}):
        CheckRecord.objects.create(
            application=application,
            check_name=check,
            edition=application.edition,
            passed=True,
            evidence="x",
            reason="x",
            at=NOON,
        )
    if left_out != Check.CREDIT:
        CheckRecord.objects.create(
            application=application,
            check_name=left_out,
            edition=application.edition,
            passed=False,
            evidence="x",
            reason="x",
            at=NOON,
        )
    with refused("application_checks_are_passed"):
        move(application, Application.approve, reason="x", proposal=proposal_of, now=NOON)


@pytest.mark.rule("VAF-3")
def test_an_application_is_not_opened_without_its_account():
    house()
    application = opened("person")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # As it stands it is whole.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    # Its proposal is not one to open an account: the database asks for that very approval.
    other = application.credit_decisions.get().proposal
    with refused("application_opened_whole"):
        sql(
            "UPDATE onboarding_application SET proposal_id = %s, state = 'opened' WHERE id = %s",
            other.pk,
            application.pk,
        )
        sql("SET CONSTRAINTS application_opened_whole IMMEDIATE")


def test_an_officer_does_not_check_an_own_application_and_others_check_none():
    application = in_review()
    told = {"passed": True, "evidence": "x", "reason": "x", "now": NOON}
    for role in sorted(set(Role) - {Role.ONBOARDING_OFFICER, Role.CLIENT}):
        with pytest.raises(NotPossible, match="does not make checks"):
            record_check(application, Check.CUSTOMER, by=staff(role), **told)
    with pytest.raises(NotPossible, match="made by rule"):
        record_check(application, Check.CREDIT, by=application.officer, **told)
    with pytest.raises(NotPossible, match="on what it rests"):
        record_check(
            application, Check.CUSTOMER, by=application.officer, **told | {"evidence": " "}
        )


def test_a_check_holds_for_the_edition_it_was_made_on():
    application = in_review()
    check_all(application, by=application.officer)
    sql("UPDATE onboarding_application SET edition = edition + 1 WHERE id = %s", application.pk)
    application.refresh_from_db()

    # What is there is there: only what somebody looked at has to be looked at again.
    still_open = {each.check for each in not_passed(application, now=NOON)}
    assert still_open == set(Check) - {Check.DOCUMENTS, Check.SCREENING}


def test_signing_twice_signs_once():
    application = complete("person")
    sign(application)
    again = sign(application)
    assert again.state == State.SUBMITTED
    assert application.moves.count() == 1
