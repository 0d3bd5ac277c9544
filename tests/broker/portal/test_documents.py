"""Give a document: each file its clear answer, on the page and without JavaScript."""

import pytest

from onboarding.documents.document import Document
from onboarding.users import Role
from tests.broker.portal.conftest import text_of
from tests.factories import NOON, client_user, files, margin_account, staff

pytestmark = pytest.mark.django_db
PAGE = "/documents/"


@pytest.fixture
def user(client):
    account = margin_account()
    user = client_user(account)
    user.own = account.client
    client.force_login(user)
    return user


def send(client, content: bytes, *, name="passport.pdf", kind="identity", **more):
    file = files.upload(content, name)
    return client.post(PAGE, {"kind": kind, "file": file}, follow=True, **more)


def test_a_file_is_given_and_listed_and_belongs_to_the_client(client, user):
    answer = send(client, files.pdf(), name="../護照 2026.pdf")

    assert "We have your file “護照 2026.pdf”" in text_of(answer)
    made = Document.objects.get()
    assert (made.uploaded_by, made.client) == (user, user.own)
    assert f'href="/documents/{made.pk}/"' in answer.content.decode()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "passport.pdf", "empty"),
        (b"MZ" + bytes(99), "passport.pdf", "EXE"),
        (files.archive({"a": b"a"}), "papers.zip", "archive of files"),
        (files.pdf(password="x"), "passport.pdf", "password"),
    ],
    ids=["empty", "program", "zip", "password"],
)
def test_a_file_that_is_not_taken_is_answered_in_words(client, user, content, name, words):
    answer = send(client, content, name=name)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not Document.objects.exists()


def test_200_mb_are_refused_in_words_and_never_written_down(client, user, settings, tmp_path):
    """The limit is small here so that the test is; what is larger never reaches the view."""
    settings.LARGEST_UPLOAD = 1_000_000
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    answer = send(client, bytes(8_000_000))
    assert answer.status_code == 422
    assert "larger than 1 MB" in text_of(answer)
    assert list(tmp_path.iterdir()) == []


def test_no_file_and_no_kind(client, user):
    assert "Choose a file" in text_of(client.post(PAGE, {"kind": "identity"}))
    assert "what kind" in text_of(send(client, files.pdf(), kind=""))


def test_the_same_file_twice_says_when_it_was_given(client, user):
    send(client, files.pdf())
    answer = send(client, files.pdf(), name="again.pdf")
    assert "You gave us this file before, on 4 Mar 2026, 12:00 HKT" in text_of(answer)
    assert Document.objects.count() == 1


def test_an_applicant_gives_before_there_is_a_client(client):
    client.force_login(client_user())
    send(client, files.pdf())
    assert Document.objects.get().client is None


def test_another_s_documents_are_not_listed(client, user):
    files.document(client_user(), now=NOON)
    assert "passport.pdf" not in text_of(client.get(PAGE))


def test_a_name_is_text_on_the_page(client, user):
    answer = send(client, files.pdf(), name="<img src=x onerror=alert(1)>.pdf")
    assert "<img src=x" not in answer.content.decode()


def test_who_may_come(client):
    assert client.get(PAGE).url == f"/login/?next={PAGE}"
    client.force_login(staff(Role.COMPLIANCE))
    assert client.get(PAGE).status_code == 404
