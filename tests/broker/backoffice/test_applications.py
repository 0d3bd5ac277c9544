"""The pipeline and the page of an application: who sees which, and the way through on the pages."""

from datetime import timedelta

import pytest

from lending.margin.account import MarginAccount
from onboarding.applications.application import Application, State
from onboarding.applications.checks import Check, standings
from onboarding.applications.request import Request
from onboarding.approvals import Proposal
from onboarding.users import Role
from tests.factories import NOON, house, staff
from tests.factories.applications import (
    CREDIT,
    accept_terms,
    draft,
    in_review,
    lists_of_strangers,
    submitted,
    with_credit,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOON, tick=False)


def page_of(client, application: Application) -> str:
    return client.get(f"/staff/applications/{application.number}/").content.decode()


def test_an_applicant_goes_through_every_desk_on_the_pages(client):
    house()
    lists_of_strangers()
    application = submitted("corporate")
    at = f"/staff/applications/{application.number}/"
    officer, manager = staff(Role.ONBOARDING_OFFICER), staff(Role.RM)

    client.force_login(officer)
    assert application.number in client.get("/staff/applications/").content.decode()
    client.post(at, {"act": "take"})
    client.post(at, {"act": "ask", "wanted0": "answer", "question0": "Who is Mr Lam?"})
    assert Application.objects.get().state == State.INFORMATION_ASKED

    client.force_login(application.started_by)
    asked = Request.objects.get()
    answer = f"/applications/{application.number}/requests/{asked.pk}/"
    assert "Who is Mr Lam?" in client.get(f"/applications/{application.number}/").content.decode()
    client.post(answer, {"answer": "Our finance director."})
    assert Application.objects.get().state == State.IN_REVIEW

    client.force_login(officer)
    assert "Our finance director." in page_of(client, application)
    client.post(at, {"act": "pass_to_credit"})
    assert Application.objects.get().state == State.IN_REVIEW  # No check is made yet.
    client.post(at, {"act": "assign", "manager": manager.username})
    for each in standings(application, now=NOON):
        told = {"check": each.check, "passed": "yes", "evidence": "Seen.", "reason": "Agrees."}
        client.post(at, {"act": "check", **told})
    client.post(at, {"act": "pass_to_credit", "reason": "All clear."})
    accept_terms(application)
    assert Application.objects.get().state == State.CREDIT

    first, second, compliance = (
        staff(Role.CREDIT_OFFICER),
        staff(Role.CREDIT_OFFICER),
        staff(Role.COMPLIANCE),
    )
    number = {"application": application.number}
    credit = {**CREDIT, **number, "spread": "3.5", "reason": "Sound.", "confirmed": "yes"}
    _decide(client, "application_credit", credit, by=first, decided_by=second)
    opening = {**number, "reason": "All is there.", "confirmed": "yes"}
    _decide(client, "open_account", opening, by=officer, decided_by=compliance)

    account = MarginAccount.objects.get()
    assert (account.credit_limit, account.spread) == (4_000_000, account.spread)
    assert account.client.signatories.count() == 2
    client.force_login(application.started_by)
    assert client.get("/").url == f"/accounts/{account.number}/"


def _decide(client, command: str, told: dict, *, by, decided_by) -> None:
    client.force_login(by)
    assert client.post(f"/staff/approvals/new/{command}/", told).status_code == 302
    proposal = Proposal.objects.latest("pk")
    client.force_login(decided_by)
    answer = {"decision": "approve", "reason": "Agreed."}
    client.post(f"/staff/approvals/{proposal.pk}/", answer)
    assert Proposal.objects.get(pk=proposal.pk).state == "approved"


def test_a_relationship_manager_sees_the_own_applicants_and_reads_no_reasons(client):
    house()
    own, other = with_credit(), in_review()
    client.force_login(own.manager)

    pipeline = client.get("/staff/applications/").content.decode()
    assert own.number in pipeline
    assert other.number not in pipeline
    assert client.get(f"/staff/applications/{other.number}/").status_code == 404
    page = page_of(client, own)
    assert "Screening clear" in page
    assert "It agrees with what was told." not in page


def test_a_role_that_does_not_review_changes_nothing_by_the_page(client):
    application = submitted()
    for role in sorted(set(Role) - {Role.CLIENT, Role.ONBOARDING_OFFICER}):
        client.force_login(staff(role))
        client.post(f"/staff/applications/{application.number}/", {"act": "take"})

    assert Application.objects.get().state == State.SUBMITTED


def test_what_waits_too_long_is_late(client, time_machine):
    submitted()
    draft()
    client.force_login(staff(Role.COMPLIANCE))

    assert "Late since" not in client.get("/staff/applications/").content.decode()
    time_machine.move_to(NOON + timedelta(days=4), tick=False)
    assert "Late since" in client.get("/staff/applications/").content.decode()
    assert "Late since" not in client.get("/staff/applications/?show=applicant").content.decode()


def test_the_admin_has_no_door_to_an_application(client):
    application = submitted()
    client.force_login(staff(Role.ONBOARDING_OFFICER))
    for address in (
        f"/staff/onboarding/application/{application.pk}/change/",
        "/staff/onboarding/application/add/",
    ):
        assert client.post(address, {"state": "opened"}).status_code in (403, 404)

    assert Application.objects.get().state == State.SUBMITTED


def test_every_check_of_the_house_stands_on_the_page(client):
    application = in_review()
    client.force_login(application.officer)
    page = page_of(client, application)

    assert all(check.label in page for check in Check)
