"""Seven years after the relationship and not a day before; never under a hold; on two words."""

from datetime import timedelta
from pathlib import Path

import pytest

from onboarding.approvals import Invalid, NotAllowed, approve, propose
from onboarding.clients import Client
from onboarding.documents import erasure, store
from onboarding.documents.document import Document, Kind, Retention
from onboarding.documents.erasure import due
from onboarding.documents.holds import LegalHold, held
from onboarding.documents.readers import NotReadable, read
from onboarding.lifecycle import move
from onboarding.proposals import Proposal
from onboarding.users import Role
from tests.factories import NOON, client_user, files, staff
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db

ENDED = NOON + timedelta(days=100)
LAST_DAY = ENDED.replace(year=ENDED.year + 7)
AFTER = LAST_DAY + timedelta(seconds=1)


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    settings.DOCUMENTS_DIR = tmp_path
    return tmp_path


@pytest.fixture
def client_():
    return Client.objects.create(number="C1", name="Chan Tai Man", kind="person")


@pytest.fixture
def paper(folder, client_):
    return files.document(client_user(), now=NOON, client=client_)


def end(client: Client) -> None:
    move(client, Client.close, reason="ended", now=ENDED)


def ask(command: str, payload: dict, *, now, proposes=Role.COMPLIANCE, decides=None) -> Proposal:
    proposal = propose(command, payload, by=staff(proposes), reason="x", now=now)
    decides = decides or Role.RESPONSIBLE_OFFICER
    return approve(proposal, by=staff(decides), reason="x", now=now)


def hold(*, on: str, now, **subject) -> None:
    ask("legal_hold", {"on": on, "reference": "HKP 12/2026", **subject}, now=now)


def erased_past_the_product(paper, *, now) -> None:
    """As a program with a mistake would."""
    proposal = Proposal.objects.order_by("pk").last() or propose(
        "legal_hold",
        {"on": "on", "reference": "x", "document": str(paper.pk)},
        by=staff(Role.MLRO),
        reason="x",
        now=now,
    )
    Document.objects.filter(pk=paper.pk).update(erased_at=now, erasure=proposal)


@pytest.mark.rule("AML-24", "AML-28")
def test_while_the_relationship_lasts_nothing_is_due(paper):
    assert not due(now=NOON + timedelta(days=365 * 50)).exists()
    with refused("document_kept_its_time"):
        erased_past_the_product(paper, now=NOON + timedelta(days=365 * 50))


@pytest.mark.rule("AML-24", "AML-28")
def test_seven_years_after_its_end_it_is_due_and_not_a_second_before(client_, paper):
    end(client_)
    assert not due(now=LAST_DAY).exists()
    assert list(due(now=AFTER)) == [paper]
    with refused("document_kept_its_time"):
        erased_past_the_product(paper, now=LAST_DAY - timedelta(seconds=1))


@pytest.mark.rule("AML-28")
def test_two_people_may_make_it_longer_and_never_shorter(client_, paper):
    end(client_)
    asked = {"parameter": "document_kept_years", "source": "house", "verified": "no"}
    with pytest.raises(Invalid, match="between 7 and 100"):
        ask("parameter", asked | {"value": "6"}, now=NOON)
    ask("parameter", asked | {"value": "10"}, now=NOON)
    assert not due(now=AFTER).exists()
    assert due(now=AFTER.replace(year=AFTER.year + 3)).exists()


@pytest.mark.rule("AML-28")
@pytest.mark.parametrize("given", ["by an applicant who never became a client", "by the house"])
def test_without_a_relationship_the_years_run_from_the_day_it_came(client_, folder, given):
    fields = {}
    if given == "by the house":
        fields = {"client": client_, "retention": Retention.HOUSE_RECORD}
    paper = files.document(client_user(), now=NOON, **fields)
    last = NOON.replace(year=NOON.year + 7)
    assert not due(now=last).exists()
    assert list(due(now=last + timedelta(seconds=1))) == [paper]


@pytest.mark.rule("AML-27")
@pytest.mark.parametrize("of", ["client", "document"])
def test_a_hold_keeps_it_until_it_is_lifted(client_, paper, of):
    end(client_)
    subject = {"client": client_.number} if of == "client" else {"document": str(paper.pk)}
    hold(on="on", now=NOON, **subject)
    assert not due(now=AFTER).exists()
    with refused("document_kept_its_time"):
        erased_past_the_product(paper, now=AFTER)
    with pytest.raises(Invalid, match="held already"):
        hold(on="on", now=AFTER, **subject)

    hold(on="off", now=AFTER, **subject)
    assert list(due(now=AFTER)) == [paper]
    with refused("onboarding_legalhold_append_only"):
        sql("DELETE FROM onboarding_legalhold")


@pytest.mark.rule("AML-27")
def test_a_hold_names_one_subject_that_exists_and_is_not_talked_about(client_, paper):
    known = {"on": "on", "reference": "x"}
    for payload, words in (
        (known, "client or a document"),
        (known | {"client": client_.number, "document": str(paper.pk)}, "client or a document"),
        (known | {"client": "C9"}, "no client C9"),
        (known | {"document": "9" * 30}, "no document"),
        (known | {"document": "x"}, "no document"),
        ({"on": "yes", "reference": "x", "client": client_.number}, "on or off"),
        ({"on": "off", "reference": "x", "client": client_.number}, "not held already"),
        ({"on": "on", "client": client_.number}, "reference of the notice is missing"),
    ):
        with pytest.raises(Invalid, match=words):
            propose("legal_hold", payload, by=staff(Role.MLRO), reason="x", now=NOON)
    hold(on="on", now=NOON, client=client_.number)
    for role in (Role.RM, Role.CREDIT_OFFICER, Role.RISK_OFFICER, Role.AUDITOR, Role.FINANCE):
        assert not Proposal.objects.visible_to(staff(role), now=NOON).exists()
    assert held(client=client_).reference == "HKP 12/2026"
    assert held(document=paper) is None


@pytest.mark.rule("AML-24", "AML-28")
def test_two_people_erase_what_is_due_and_its_row_remembers(
    client_, paper, folder, django_capture_on_commit_callbacks
):
    officer = staff(Role.COMPLIANCE)
    with pytest.raises(Invalid, match="No document is past its time"):
        propose("erase_documents", {}, by=officer, reason="x", now=NOON)
    end(client_)
    proposal = propose("erase_documents", {}, by=officer, reason="x", now=AFTER)
    assert proposal.difference[0][1] == "1"
    with pytest.raises(NotAllowed):
        approve(proposal, by=officer, reason="x", now=AFTER)
    with django_capture_on_commit_callbacks(execute=True):
        done = approve(proposal, by=staff(Role.RESPONSIBLE_OFFICER), reason="x", now=AFTER)

    assert done.outcome == {"documents": [str(paper.pk)], "bytes": str(paper.size)}
    assert [each for each in folder.rglob("*") if each.is_file()] == []
    paper.refresh_from_db()
    assert (paper.erased_at, paper.erasure, paper.name) == (AFTER, done, "passport.pdf")
    with pytest.raises(NotReadable, match="no longer"):
        read(paper, by=paper.uploaded_by, now=AFTER)
    with refused("document_settled_once"):
        Document.objects.filter(pk=paper.pk).update(erased_at=None, erasure=None)


@pytest.mark.rule("AML-24")
def test_content_that_another_document_needs_stays(
    client_, paper, folder, django_capture_on_commit_callbacks
):
    """The same file, given anew long after: one content, two times."""
    end(client_)
    fresh = files.document(paper.uploaded_by, now=AFTER, kind=Kind.OTHER)
    with django_capture_on_commit_callbacks(execute=True):
        ask("erase_documents", {}, now=AFTER)
    assert read(fresh, by=fresh.uploaded_by, now=AFTER)


@pytest.mark.rule("AML-24")
def test_a_rollback_after_the_approval_loses_nothing(client_, paper):
    end(client_)
    ask("erase_documents", {}, now=AFTER)  # Its transaction is the test's, and never commits.
    assert store.content(paper.sha256)


def test_what_was_erased_may_be_given_again(client_, paper, django_capture_on_commit_callbacks):
    end(client_)
    with django_capture_on_commit_callbacks(execute=True):
        ask("erase_documents", {}, now=AFTER)
    again = files.document(paper.uploaded_by, now=AFTER)
    assert again.pk != paper.pk
    assert read(again, by=paper.uploaded_by, now=AFTER)


def test_a_day_that_its_year_lacks_is_waited_for():
    leap = NOON.replace(year=2028, month=2, day=29)
    assert erasure._years_before(leap, 7) == leap.replace(year=2021, day=28)


@pytest.mark.rule("AML-27")
def test_the_database_holds_what_a_hold_is(client_, paper):
    ask("legal_hold", {"on": "on", "reference": "x", "client": client_.number}, now=NOON)
    hold_ = LegalHold.objects.get()
    hold_.pk, hold_.document = None, paper
    with refused("legal_hold_of_a_client_or_a_document"):
        hold_.save()
