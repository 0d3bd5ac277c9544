"""What an applicant is told of each step, what the desks are told, and the reminder."""

from datetime import timedelta

import pytest

from broker.notices.notice import Notice
from broker.notices.remind import remind_applicants
from broker.notices.tell import tell
from onboarding.applications.review import Item, ask
from onboarding.applications.send import withdraw
from onboarding.approvals import approve, propose
from onboarding.users import Role
from tests.factories import NOON, house, staff
from tests.factories.applications import draft, in_review, opened, submitted, with_credit

pytestmark = pytest.mark.django_db


def told(*, now=NOON) -> dict[str, list]:
    """The notices that are written now: who gets each occasion."""
    before = set(Notice.objects.values_list("pk", flat=True))
    tell(now=now)
    found: dict[str, list] = {}
    for notice in Notice.objects.exclude(pk__in=before).order_by("pk"):
        found.setdefault(notice.occasion, []).append(notice.recipient)
    return found


def test_a_sent_application_is_received_and_waits_for_every_officer():
    officers = [staff(Role.ONBOARDING_OFFICER) for _ in range(2)]
    application = submitted("joint")
    people = [each.user for each in application.applicants.order_by("pk")]

    assert told() == {"application/submit": people, "application/desk_submit": officers}
    assert told() == {}


def test_what_is_asked_is_told_and_the_officer_hears_of_a_withdrawal():
    application = in_review()
    told()
    ask(application, [Item("answer", "Why?")], by=application.officer, now=NOON)
    assert list(told()) == ["application/ask"]

    withdraw(application, by=application.started_by, reason="", now=NOON)
    found = told()
    assert found["application/desk_withdraw"] == [application.officer]
    assert found["application/withdraw"] == [application.started_by]


def test_an_open_account_is_told_with_its_number_and_the_manager_has_a_copy():
    house()
    application = opened()
    found = told()

    assert found["application/open"] == [application.started_by, application.manager]
    letter = Notice.objects.get(occasion="application/open", is_copy=False)
    assert application.client.number in letter.body
    assert letter.client == application.client


@pytest.mark.rule("AML-12")
def test_a_refusal_is_told_in_the_same_words_whatever_its_reason():
    letters = []
    for reason in ("The story of the money does not hold.", "Too small."):
        application = with_credit()
        payload = {"application": application.number}
        proposal = propose(
            "refuse_application", payload, by=application.officer, reason=reason, now=NOON
        )
        approve(proposal, by=staff(Role.COMPLIANCE), reason=reason, now=NOON)
        told()
        letter = Notice.objects.filter(occasion="application/refuse", is_copy=False).latest("pk")
        letters.append(letter.body.replace(application.number, ""))
        assert reason not in letter.body + letter.subject

    # But for the manager who signs the letter they are one.
    assert letters[0].split("Questions?")[0] == letters[1].split("Questions?")[0]


def test_credit_hears_of_what_waits_for_it():
    credit = staff(Role.CREDIT_OFFICER)
    with_credit()
    assert told()["application/desk_credit"] == [credit]


def test_who_lets_a_draft_lie_is_reminded_once_each_time():
    application = draft()
    late = NOON + timedelta(days=24)
    assert remind_applicants(now=NOON) == 0
    assert remind_applicants(now=late) == 1
    assert remind_applicants(now=late) == 0
    letter = Notice.objects.get()
    assert letter.recipient == application.started_by
    assert "expires on" in letter.body
