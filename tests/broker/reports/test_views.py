"""A stored report goes to those who may have it, and only as it was stored."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from broker.reports.archive import archive
from onboarding.rights import PERMISSIONS
from onboarding.users import Role
from tests.factories import NOON, client_user, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def report():
    [report] = archive("margin-book", {"csv": b"a,b\r\n"}, as_of=NOON, now=NOON)
    return report


def address(report):
    return reverse("admin:broker_storedreport_download", args=[report.pk])


def in_role(role):
    return client_user() if role == Role.CLIENT else staff(role)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_it_or_finds_none(client, report, role):
    client.force_login(in_role(role))
    answer = client.get(address(report))

    may = "broker.view_storedreport" in PERMISSIONS[role]
    assert answer.status_code == (200 if may else 404)
    assert (answer.content == b"a,b\r\n") == may


def test_it_comes_as_a_file_that_no_browser_keeps(client, report):
    client.force_login(staff(Role.OPERATIONS))
    answer = client.get(address(report))

    assert answer["Content-Disposition"] == 'attachment; filename="margin-book-2026-03-04.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]


def test_a_stranger_is_asked_who_it_is(client, report):
    answer = client.get(address(report))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))


def test_one_that_is_not_there_and_another_method_are_refused(client, report):
    client.force_login(staff(Role.OPERATIONS))

    assert client.get(reverse("admin:broker_storedreport_download", args=[0])).status_code == 404
    assert client.post(address(report)).status_code == 405


def test_a_file_that_was_changed_is_withheld(client, report, caplog):
    default_storage.delete(report.path)
    default_storage.save(report.path, ContentFile(b"a,c\r\n"))
    client.force_login(staff(Role.OPERATIONS))

    answer = client.get(address(report))

    assert answer.status_code == 500
    assert b"withheld" in answer.content
    assert b"a,c" not in answer.content
    assert "a stored file is withheld" in caplog.text


@pytest.mark.parametrize("page", ["storedreport", "notice"])
def test_the_staff_site_shows_them_to_operations(client, report, page):
    client.force_login(staff(Role.OPERATIONS))

    answer = client.get(reverse(f"admin:broker_{page}_changelist"))

    assert answer.status_code == 200
    if page == "storedreport":
        assert address(report) in answer.content.decode()
