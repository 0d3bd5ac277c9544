"""Who reads what: the right, the hash and the record."""

from datetime import timedelta

import pytest
from django.db.models import Q

from onboarding.documents import readers, store
from onboarding.documents.document import Document, DocumentReading, belongs_to
from onboarding.documents.readers import MayNotRead, documents_for, read, readable_by
from onboarding.rights import PERMISSIONS
from onboarding.users import Role
from tests.factories import NOON, client_user, files, manager_for, margin_account, staff
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return margin_account()


@pytest.fixture
def paper(account):
    return files.document(client_user(account), now=NOON, client=account.client)


def test_each_role_reads_what_its_permission_says(account, paper):
    manager_for(account)
    may = {
        role for role in Role if role != Role.CLIENT and readable_by(paper, staff(role), now=NOON)
    }
    assert may == {
        role
        for role, held in PERMISSIONS.items()
        if "onboarding.view_document" in held and role != Role.RM
    }
    assert Role.COMPLIANCE in may
    assert Role.DEALING not in may


def test_a_manager_reads_the_papers_of_the_clients_served_and_no_others(account, paper):
    manager = manager_for(account)
    files.document(client_user(), now=NOON)
    assert list(documents_for(manager, now=NOON)) == [paper]

    account.client.services.update(until_date=NOON.date() + timedelta(days=1))
    assert readable_by(paper, manager, now=NOON)
    assert not readable_by(paper, manager, now=NOON + timedelta(days=1))


def test_only_who_gave_it_reads_it_among_clients(account, paper):
    assert readable_by(paper, paper.uploaded_by, now=NOON)
    for other in (client_user(account), client_user()):
        assert not readable_by(paper, other, now=NOON)
        with pytest.raises(MayNotRead):
            read(paper, by=other, now=NOON)
    assert not DocumentReading.objects.exists()


def test_who_left_the_house_reads_nothing(paper):
    officer = staff(Role.COMPLIANCE)
    officer.is_active = False
    assert not readable_by(paper, officer, now=NOON)


def test_a_room_above_lets_others_read(monkeypatch, account, paper):
    monkeypatch.setattr(readers, "_RULES", [])
    other = client_user(account)
    readers.register_reader(lambda user, *, now: Q(client__signatories__user=user))
    assert readable_by(paper, other, now=NOON)
    assert not readable_by(paper, client_user(), now=NOON)


@pytest.mark.rule("AML-12")
def test_a_restricted_paper_is_read_by_whom_a_room_names_and_by_nobody_else(monkeypatch, account):
    monkeypatch.setattr(readers, "_RULES", [])
    officer = staff(Role.MLRO)
    manager_for(account)
    paper = files.document(officer, now=NOON, client=account.client, restricted=True)
    for role in set(Role) - {Role.CLIENT}:
        assert not readable_by(paper, staff(role), now=NOON), role
        assert not documents_for(staff(role), now=NOON).exists()
    assert readable_by(paper, officer, now=NOON)


def test_every_reading_is_kept(paper):
    officer = staff(Role.COMPLIANCE)
    later = NOON + timedelta(hours=1)
    read(paper, by=officer, now=NOON)
    read(paper, by=officer, now=later)
    kept = paper.readings.order_by("pk").values_list("reader", "read_at")
    assert list(kept) == [(officer.pk, NOON), (officer.pk, later)]
    with refused("onboarding_documentreading_append_only"):
        sql("DELETE FROM onboarding_documentreading")


def test_what_is_not_what_was_stored_is_not_handed_out(settings, tmp_path, account):
    settings.DOCUMENTS_DIR = tmp_path
    by = client_user(account)
    paper = files.document(by, now=NOON)
    [place] = [each for each in tmp_path.rglob("*") if each.is_file()]
    place.write_bytes(place.read_bytes() + b" ")
    with pytest.raises(store.Damaged, match="another"):
        read(paper, by=by, now=NOON)
    place.unlink()
    with pytest.raises(store.Damaged):
        read(paper, by=by, now=NOON)
    assert not paper.readings.exists()


def test_the_client_is_named_once(account, paper):
    early = files.document(client_user(), now=NOON)
    other = margin_account().client
    assert belongs_to(Document.objects.all(), other) == 1
    early.refresh_from_db()
    paper.refresh_from_db()
    assert (early.client, paper.client) == (other, account.client)
    with refused("document_settled_once"):
        Document.objects.filter(pk=paper.pk).update(client=other)
