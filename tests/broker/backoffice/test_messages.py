"""Staff see who waits for an answer, and answer; each sees the own conversations."""

from datetime import timedelta

import pytest

from onboarding.clients import Client, Service
from onboarding.messages.message import Conversation, Message, write
from onboarding.users import Role
from tests.broker.backoffice.desk import shown
from tests.factories import LONG_AGO, NOON, client_user, files, staff
from tests.factories.terms import signatory_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
LIST = "/staff/messages/"


class Talk:
    def __init__(self, number: str):
        self.client = Client.objects.create(number=number, name=f"Of {number}", kind="person")
        self.user = signatory_of(self.client)
        self.manager = staff(Role.RM)
        Service.objects.create(client=self.client, manager=self.manager, from_date=LONG_AGO.date())
        self.page = f"{LIST}client/{number}/"

    def asks(self, body="A question.", *, ago=timedelta(hours=3)):
        return write(Conversation(self.client), body, by=self.user, now=NOON - ago)


@pytest.fixture
def first(db):
    return Talk("C1")


@pytest.fixture
def second(db):
    return Talk("C2")


def test_the_list_says_who_waits_and_how_long(client, first, second):
    first.asks(ago=timedelta(hours=3))
    second.asks(ago=timedelta(days=2))
    client.force_login(staff(Role.ONBOARDING_OFFICER))
    text = shown(client, LIST)
    assert text.index("C2 Of C2") < text.index("C1 Of C1")
    assert "3 h ago" in text
    assert "2 d ago" in text

    client.post(second.page, {"body": "Answered."})
    assert "C2 Of C2" not in shown(client, LIST)
    assert "answered" in shown(client, f"{LIST}?show=all")


def test_a_manager_sees_and_answers_the_own_and_no_others(client, first, second):
    first.asks()
    second.asks("Not yours.")
    client.force_login(first.manager)
    text = shown(client, LIST)
    assert "C1 Of C1" in text
    assert "C2" not in text
    assert "Not yours." not in text
    assert client.get(second.page).status_code == 404
    assert client.post(second.page, {"body": "x"}).status_code == 404
    answer = client.post(
        first.page, {"body": "Here.", "file": files.upload(files.pdf(), "form.pdf")}, follow=True
    )
    assert "Here." in answer.content.decode()
    sent = Message.objects.get(from_house=True)
    assert (sent.author, sent.documents.get().client) == (first.manager, first.client)
    client.force_login(first.user)
    assert client.get(f"/documents/{sent.documents.get().pk}/").status_code == 200


@pytest.mark.parametrize("role", [Role.COMPLIANCE, Role.AUDITOR])
def test_who_oversees_reads_and_does_not_write(client, first, role):
    first.asks()
    client.force_login(staff(role))
    page = shown(client, first.page)
    assert "A question." in page
    assert "Answer" not in page
    answer = client.post(first.page, {"body": "x"})
    assert (answer.status_code, b"do not write" in answer.content) == (422, True)
    assert Message.objects.count() == 1


def test_an_applicants_page_is_there_for_the_onboarding_officer(client, first):
    applicant = client_user()
    page = f"{LIST}applicant/{applicant.pk}/"
    client.force_login(first.manager)
    assert client.get(page).status_code == 404
    client.force_login(staff(Role.ONBOARDING_OFFICER))
    assert client.post(page, {"body": "Good day."}).status_code == 302
    assert Message.objects.get().applicant == applicant
    for nobody in ("999999", "x", "9" * 30, str(first.user.pk)):
        assert client.get(f"{LIST}applicant/{nobody}/").status_code == 404
    assert client.get(f"{LIST}client/nobody/").status_code == 404
    assert client.get(f"{LIST}other/1/").status_code == 404


def test_nothing_said_and_a_file_that_is_not_taken(client, first):
    client.force_login(first.manager)
    assert "Write something" in client.post(first.page, {"body": " "}).content.decode()
    program = files.upload(b"MZ" + bytes(99), "a.pdf")
    assert "EXE" in client.post(first.page, {"body": "x", "file": program}).content.decode()
    assert not Message.objects.exists()
