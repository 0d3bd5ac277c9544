"""Documents on the staff site: by the table of rights, a manager's own clients' alone."""

import pytest
from django.urls import reverse

from broker.reports.document_make import make_documents
from broker.reports.documents import AccountDocument
from onboarding.rights import PERMISSIONS
from onboarding.users import Role
from tests.broker.reports.stories import DAY, opened
from tests.factories import NOON, client_user, manager_for, margin_account, staff

pytestmark = pytest.mark.django_db

READERS = {
    "rm", "risk_officer", "compliance", "responsible_officer", "operations", "finance", "mic_omo",
    "mic_rm", "auditor",
}  # fmt: skip


@pytest.fixture
def kept(time_machine) -> AccountDocument:
    time_machine.move_to(NOON + DAY, tick=False)
    account = opened()
    make_documents(now=NOON + DAY, tell=lambda made: None)
    return AccountDocument.objects.filter(account=account, format="pdf").first()


def file_of(kept: AccountDocument) -> str:
    return reverse("admin:broker_accountdocument_download", args=[kept.pk])


def test_who_may_see_them():
    assert {
        role for role, rights in PERMISSIONS.items() if "broker.view_accountdocument" in rights
    } == READERS


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.RM, Role.CLIENT}))
def test_a_file_is_handed_to_whoever_may_see_its_row(client, kept, role):
    client.force_login(staff(role))

    answer = client.get(file_of(kept))

    assert (answer.status_code == 200) == (role in READERS)
    assert "no-store" in answer.get("Cache-Control", "") or role not in READERS
    assert client.post(file_of(kept)).status_code in (404, 405)


def test_a_manager_finds_the_own_clients_alone(client, kept):
    for manager, status in ((kept.account.client.services.get().manager, 200), (staff("rm"), 404)):
        client.force_login(manager)
        assert client.get(file_of(kept)).status_code == status
    manager_for(margin_account(), manager)
    assert client.get(file_of(kept)).status_code == 404


def test_a_stranger_and_a_client_find_nothing(client, kept):
    assert client.get(file_of(kept)).status_code == 404
    client.force_login(client_user(kept.account))
    assert client.get(file_of(kept)).status_code == 404


def test_the_clients_page_and_the_list_have_them(client, kept):
    client.force_login(staff(Role.OPERATIONS))
    page = client.get(reverse("client_page", args=[kept.account.client.number])).content.decode()
    listed = client.get(reverse("admin:broker_accountdocument_changelist")).content.decode()

    for shown in (page, listed):
        assert kept.number in shown
        assert file_of(kept) in shown
