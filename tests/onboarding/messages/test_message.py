"""A client and the house write each other: who may, who sees it, and that nothing of it is lost."""

from datetime import timedelta

import pytest

from onboarding.approvals import approve, propose
from onboarding.clients import Client, Service, Signatory
from onboarding.documents import readers
from onboarding.documents.readers import readable_by
from onboarding.messages import message as messages
from onboarding.messages.message import (
    LONGEST,
    Attachment,
    Conversation,
    Message,
    MessageRefused,
    carry_to,
    mark_read,
    may_write,
    unread_count,
    write,
)
from onboarding.messages.unanswered import conversations, unanswered, waiting
from onboarding.rights import PERMISSIONS
from onboarding.users import Role, User
from tests.factories import LONG_AGO, NOON, client_user, files, staff
from tests.factories.terms import signatory_of
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_client() -> Client:
    number = Client.objects.count() + 1
    return Client.objects.create(number=f"C{number}", name=f"Client {number}", kind="person")


def serves(client: Client) -> User:
    manager = staff(Role.RM)
    Service.objects.create(client=client, manager=manager, from_date=LONG_AGO.date())
    return manager


class Scene:
    def __init__(self):
        self.client = a_client()
        self.user = signatory_of(self.client)
        self.manager = serves(self.client)
        self.talk = Conversation(client=self.client)

    def asks(self, body="Please raise my limit.", *, at=NOON, **more):
        return write(self.talk, body, by=self.user, now=at, **more)

    def answers(self, body="We will look at it.", *, at=NOON, by=None):
        return write(self.talk, body, by=by or self.manager, now=at)


@pytest.fixture
def scene():
    return Scene()


def seen(user, *, now=NOON) -> list[str]:
    return [each.body for each in Message.objects.visible_to(user, now=now).order_by("pk")]


# --- Who writes and who reads --------------------------------------------------------------------


def test_a_signatory_and_the_manager_write_each_other(scene):
    asked, answered = scene.asks(), scene.answers()
    assert (asked.from_house, answered.from_house) == (False, True)
    both = ["Please raise my limit.", "We will look at it."]
    assert seen(scene.user) == seen(scene.manager) == both


def test_each_role_reads_and_writes_what_its_rights_say(scene):
    scene.asks()
    for role in sorted(set(Role) - {Role.CLIENT, Role.RM}):
        user = staff(role)
        held = PERMISSIONS[role]
        assert bool(seen(user)) == ("onboarding.read_messages" in held), role
        assert may_write(user, scene.talk, now=NOON) == ("onboarding.write_messages" in held), role
    readers_ = {role for role in Role if "onboarding.read_messages" in PERMISSIONS[role]}
    assert readers_ == {
        Role.RM,
        Role.ONBOARDING_OFFICER,
        Role.COMPLIANCE,
        Role.AUDITOR,
    }
    writers = {role for role in Role if "onboarding.write_messages" in PERMISSIONS[role]}
    assert writers == {Role.RM, Role.ONBOARDING_OFFICER}


def test_nobody_else_takes_part(scene):
    scene.asks()
    gone = staff(Role.ONBOARDING_OFFICER)
    gone.is_active = False
    others = (client_user(), serves(a_client()), staff(Role.FINANCE), gone)
    for other in others:
        assert seen(other) == []
        with pytest.raises(MessageRefused, match="cannot write here"):
            write(scene.talk, "x", by=other, now=NOON)
    with pytest.raises(MessageRefused, match="cannot write here"):
        write(scene.talk, "x", by=staff(Role.AUDITOR), now=NOON)


def test_a_handover_takes_the_history_along_and_leaves_nothing_behind(scene):
    scene.asks()
    successor = staff(Role.RM)
    payload = {
        "client": scene.client.number,
        "manager": successor.username,
        "from_date": (NOON + DAY).date().isoformat(),
    }
    proposal = propose("handover", payload, by=scene.manager, reason="x", now=NOON)
    approve(proposal, by=staff(Role.RESPONSIBLE_OFFICER), reason="x", now=NOON)
    assert (len(seen(scene.manager)), len(seen(successor))) == (1, 0)

    later = NOON + DAY
    assert (len(seen(scene.manager, now=later)), len(seen(successor, now=later))) == (0, 1)
    with pytest.raises(MessageRefused):
        scene.answers(at=later)
    scene.answers(at=later, by=successor)


@pytest.mark.parametrize(
    ("body", "words"),
    [("", "Write something"), (" \n", "Write something"), ("a\0b", "Write something")]
    + [("x" * (LONGEST + 1), "4,000")],
)
def test_what_cannot_be_sent_is_said(scene, body, words):
    with pytest.raises(MessageRefused, match=words):
        scene.asks(body)
    assert not Message.objects.exists()


# --- An applicant, before there is a client ------------------------------------------------------


def test_an_applicant_writes_with_the_onboarding_officer_and_takes_it_along(scene):
    applicant, officer = client_user(), staff(Role.ONBOARDING_OFFICER)
    talk = Conversation(applicant=applicant)
    write(talk, "May I apply?", by=applicant, now=NOON)
    write(talk, "Please do.", by=officer, now=NOON)
    assert seen(applicant) == ["May I apply?", "Please do."]
    assert seen(scene.manager) == []
    with pytest.raises(MessageRefused):
        write(talk, "x", by=client_user(), now=NOON)

    Signatory.objects.create(client=scene.client, user=applicant)
    scene.asks()
    assert carry_to(scene.client, [applicant]) == 2
    assert seen(scene.manager) == ["May I apply?", "Please do.", "Please raise my limit."]
    assert len(conversations(officer, now=NOON)) == 1
    for other in (a_client(), None):
        with refused("message_finds_its_client_once"):
            Message.objects.update(client=other)


def test_a_room_above_says_which_applicants_a_manager_looks_after(scene, monkeypatch):
    applicant, manager = client_user(), staff(Role.RM)
    talk = Conversation(applicant=applicant)
    write(talk, "Hello", by=applicant, now=NOON)
    assert seen(manager) == []
    monkeypatch.setattr(messages, "_CARE", [])
    messages.register_care(
        lambda user, *, now: User.objects.filter(pk__in=[applicant.pk] if user == manager else [])
    )
    assert seen(manager) == ["Hello"]
    write(talk, "Good day", by=manager, now=NOON)
    assert seen(staff(Role.RM)) == []


# --- Files ---------------------------------------------------------------------------------------


def test_a_file_goes_along_and_is_read_by_who_reads_the_message(scene):
    paper = files.document(scene.user, now=NOON)
    other = signatory_of(scene.client)
    assert not readable_by(paper, other, now=NOON)
    scene.asks(documents=[paper])
    for may in (scene.manager, other, scene.user):
        assert readable_by(paper, may, now=NOON)
    for may_not in (client_user(), serves(a_client()), staff(Role.FINANCE)):
        assert not readable_by(paper, may_not, now=NOON)


def test_a_file_of_others_is_not_sent(scene):
    paper = files.document(client_user(), now=NOON)
    with pytest.raises(MessageRefused, match="cannot be sent"):
        scene.asks(documents=[paper])
    assert not Message.objects.exists()


@pytest.mark.rule("AML-12")
def test_a_restricted_file_is_never_sent_by_whomever(scene, monkeypatch):
    paper = files.document(scene.manager, now=NOON, restricted=True)
    with pytest.raises(MessageRefused, match="cannot be sent"):
        write(scene.talk, "x", by=scene.manager, now=NOON, documents=[paper])
    message = scene.answers()
    with refused("attachment_is_not_restricted"):
        Attachment.objects.create(message=message, document=paper)
    assert readers.readable_by(paper, scene.user, now=NOON) is False


# --- Read and unread -----------------------------------------------------------------------------


def test_what_was_read_is_kept_with_when_and_counted_for_each_side(scene):
    other = signatory_of(scene.client)
    scene.asks()
    scene.answers()
    scene.answers("Done.")
    assert [unread_count(each, now=NOON) for each in (scene.user, other, scene.manager)] == [
        2,
        2,
        1,
    ]
    shown = Message.objects.visible_to(scene.user, now=NOON)
    assert mark_read(shown, by=scene.user, now=NOON) == 2
    assert mark_read(shown, by=scene.user, now=NOON + HOUR) == 0
    assert [unread_count(each, now=NOON) for each in (scene.user, other, scene.manager)] == [
        0,
        2,
        1,
    ]
    answered = Message.objects.filter(from_house=True).first()
    assert answered.reads.get().read_at == NOON


# --- Waiting for an answer -----------------------------------------------------------------------


def test_who_waits_longest_stands_first_and_an_answer_ends_the_wait(scene):
    second = Scene()
    officer = staff(Role.ONBOARDING_OFFICER)
    applicant = client_user()
    second.asks("One", at=NOON + HOUR)
    second.asks("Two", at=NOON + 2 * HOUR)
    scene.asks(at=NOON)
    write(Conversation(applicant=applicant), "Hello", by=applicant, now=NOON + 3 * HOUR)

    def waits(user):
        return [
            (str(each.conversation), each.since, each.last.body)
            for each in waiting(unanswered(user, now=NOON))
        ]

    assert waits(officer) == [
        (str(scene.client), NOON, "Please raise my limit."),
        (str(second.client), NOON + HOUR, "Two"),
        (str(applicant), NOON + 3 * HOUR, "Hello"),
    ]
    assert waits(second.manager) == [(str(second.client), NOON + HOUR, "Two")]

    second.answers(at=NOON + 4 * HOUR)
    assert [each[0] for each in waits(officer)] == [str(scene.client), str(applicant)]
    assert len(conversations(officer, now=NOON)) == 3
    second.asks("Three", at=NOON + 5 * HOUR)
    assert waits(second.manager) == [(str(second.client), NOON + 5 * HOUR, "Three")]
    write(Conversation(applicant=applicant), "Hi", by=officer, now=NOON + 6 * HOUR)
    assert [each[0] for each in waits(officer)] == [str(scene.client), str(second.client)]


def test_the_list_costs_one_statement(scene, django_assert_num_queries):
    for _ in range(3):
        Scene().asks()
    officer = staff(Role.COMPLIANCE)
    with django_assert_num_queries(1):
        assert len(waiting(unanswered(officer, now=NOON))) == 3


# --- What never is -------------------------------------------------------------------------------


def test_a_message_is_never_edited_nor_deleted_nor_put_in_another_mouth(scene):
    message = scene.asks()
    mark_read(Message.objects.all(), by=scene.manager, now=NOON)
    paper = files.document(scene.user, now=NOON)
    Attachment.objects.create(message=message, document=paper)
    for table in ("messageread", "attachment", "message"):
        with refused(f"onboarding_{table}_append_only"):
            sql(f"DELETE FROM onboarding_{table}")  # noqa: S608 - names of ours
    with refused("onboarding_message_append_only"):
        Message.objects.update(body="x")

    def row(**fields):
        fields = {"client": scene.client, "author": scene.user, "from_house": False} | fields
        return Message(body="x", written_at=NOON, **fields)

    for wrong in (
        row(from_house=True),
        row(author=scene.manager),
        row(author=client_user()),
        row(client=None, applicant=client_user()),
    ):
        with refused("message_from_its_side"):
            wrong.save()
    with refused("message_with_somebody"):
        row(client=None, author=scene.manager, from_house=True).save()
    with refused("message_says_something"):
        made = row()
        made.body = ""
        made.save()
