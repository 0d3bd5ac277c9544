"""The client writes and reads: on the page, with a file, and only the own."""

import pytest

from onboarding.clients import Client
from onboarding.documents.document import Document
from onboarding.messages.message import Conversation, Message, MessageRead, write
from onboarding.users import Role
from tests.broker.portal.conftest import text_of
from tests.factories import NOON, client_user, files, staff
from tests.factories.terms import signatory_of

pytestmark = pytest.mark.django_db
PAGE = "/messages/"


@pytest.fixture
def own(db):
    return Client.objects.create(number="C1", name="Chan Tai Man", kind="person")


@pytest.fixture
def user(client, own):
    user = signatory_of(own)
    client.force_login(user)
    return user


def test_a_message_with_a_file_is_sent_and_shown(client, user, own):
    fields = {"body": "Here it is.\r\nRegards", "file": files.upload(files.pdf(), "statement.pdf")}
    answer = client.post(PAGE, fields, follow=True)
    page = text_of(answer)
    assert "Your message is with us" in page
    assert "Here it is." in page
    message = Message.objects.get()
    assert (message.body, message.client, message.from_house) == (
        "Here it is.\nRegards",
        own,
        False,
    )
    paper = message.documents.get()
    assert (paper.name, paper.client, paper.uploaded_by) == ("statement.pdf", own, user)
    assert f'href="/documents/{paper.pk}/"' in answer.content.decode()

    again = {"body": "Again.", "file": files.upload(files.pdf(), "other.pdf")}
    client.post(PAGE, again)
    assert Document.objects.count() == 1
    assert paper.messages.count() == 2


def test_an_answer_is_read_when_it_is_on_the_screen_and_not_before(client, user, own):
    officer = staff(Role.ONBOARDING_OFFICER)
    write(Conversation(client=own), "We will look.", by=officer, now=NOON)
    client.head(PAGE)
    assert not MessageRead.objects.exists()
    assert "We will look." in text_of(client.get(PAGE))
    kept = MessageRead.objects.get()
    assert (kept.reader, kept.read_at) == (user, NOON)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"body": " "}, "Write something"),
        ({"body": "x" * 4_001}, "at most 4,000"),
        ({"body": "See.", "file": files.upload(b"MZ" + bytes(99), "a.pdf")}, "EXE"),
    ],
    ids=["nothing", "too long", "a program"],
)
def test_what_is_not_sent_is_said_and_what_was_typed_is_still_there(client, user, fields, words):
    answer = client.post(PAGE, fields)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert fields["body"].strip() in answer.content.decode()
    assert not Message.objects.exists()


def test_an_applicant_writes_before_there_is_a_client(client):
    applicant = client_user()
    client.force_login(applicant)
    client.post(PAGE, {"body": "May I apply?"})
    message = Message.objects.get()
    assert (message.applicant, message.client) == (applicant, None)
    client.force_login(client_user())
    assert "May I apply?" not in text_of(client.get(PAGE))


def test_another_client_s_are_not_found(client, user, own):
    other = Client.objects.create(number="C2", name="Other", kind="person")
    write(Conversation(client=other), "Secret", by=staff(Role.ONBOARDING_OFFICER), now=NOON)
    assert client.get(f"{PAGE}?client=C2").status_code == 404
    assert client.post(f"{PAGE}?client=C2", {"body": "x"}).status_code == 404
    assert "Secret" not in text_of(client.get(PAGE))


def test_what_somebody_writes_is_text(client, user):
    answer = client.post(PAGE, {"body": "<script>alert(1)</script>"}, follow=True)
    assert "<script>alert" not in answer.content.decode()
