"""A document is handed out to who may have it, as a file to keep, whole or not at all."""

import pytest
from django.conf import settings as live

from onboarding.documents.document import DocumentReading, Verdict
from onboarding.users import Role
from tests.factories import NOON, client_user, files, manager_for, margin_account, staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def paper():
    account = margin_account()
    manager_for(account)
    return files.document(client_user(account), now=NOON, client=account.client)


def test_the_giver_gets_the_file_as_it_was_given_to_keep_and_not_to_show(client, paper):
    client.force_login(paper.uploaded_by)
    answer = client.get(f"/documents/{paper.pk}/")
    assert (answer.status_code, answer.content) == (200, files.pdf())
    assert answer.headers["Content-Disposition"] == 'attachment; filename="passport.pdf"'
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.RM}))
def test_each_role_finds_it_or_nothing_and_a_reading_is_kept(client, paper, role):
    user = client_user() if role == Role.CLIENT else staff(role)
    client.force_login(user)
    may = user.has_perm("onboarding.view_document")
    assert client.get(f"/documents/{paper.pk}/").status_code == (200 if may else 404)
    kept = DocumentReading.objects.values_list("document", "reader", "read_at")
    assert list(kept) == ([(paper.pk, user.pk, NOON)] if may else [])
    assert client.post(f"/documents/{paper.pk}/").status_code == 405


def test_the_own_manager_reads_it_and_another_does_not(client, paper):
    client.force_login(paper.client.services.get().manager)
    assert client.get(f"/documents/{paper.pk}/").status_code == 200
    client.force_login(staff(Role.RM))
    assert client.get(f"/documents/{paper.pk}/").status_code == 404


def test_who_is_not_signed_in_is_asked_to(client, paper):
    assert client.get(f"/documents/{paper.pk}/").url == f"/login/?next=/documents/{paper.pk}/"


def test_a_name_in_chinese_and_one_that_lies_about_its_content(client):
    by = client_user()
    client.force_login(by)
    for name, shown in (
        ("護照.pdf", "attachment; filename*=utf-8''%E8%AD%B7%E7%85%A7.pdf"),
        ('a".html', 'attachment; filename="a\\".html.png"'),
    ):
        content = files.pdf() if name.endswith("pdf") else files.picture()
        made = files.take_in(files.upload(content, name), kind="other", by=by, now=NOON)
        answer = client.get(f"/documents/{made.pk}/")
        assert answer.headers["Content-Disposition"] == shown


def test_one_that_waits_for_the_scanner_is_withheld(client, settings):
    settings.CLAMAV_URL = "tcp://127.0.0.1:1"
    paper = files.document(client_user(), now=NOON)
    assert paper.verdict == Verdict.WAITING
    client.force_login(paper.uploaded_by)
    answer = client.get(f"/documents/{paper.pk}/")
    assert (answer.status_code, b"virus scanner" in answer.content) == (409, True)


def test_one_that_was_changed_on_the_disk_is_withheld(client, settings, tmp_path):
    settings.DOCUMENTS_DIR = tmp_path
    paper = files.document(client_user(), now=NOON)
    [place] = [each for each in tmp_path.rglob("*") if each.is_file()]
    place.write_bytes(b"something else")
    client.force_login(paper.uploaded_by)
    answer = client.get(f"/documents/{paper.pk}/")
    assert (answer.status_code, b"something else" in answer.content) == (500, False)


def test_no_address_leads_to_the_folder(client, paper):
    client.force_login(paper.uploaded_by)
    assert live.STORAGES["default"].get("OPTIONS", {}).get("base_url") is None
    for address in ("/documents/..%2f..%2fetc/passwd", f"/files/documents/{paper.sha256}"):
        assert client.get(address).status_code == 404
