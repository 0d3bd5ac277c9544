"""A client hears once that a message waits, and nothing of what it says."""

from datetime import timedelta

import pytest

from broker.notices.correspondence import tell_of_messages
from broker.notices.notice import Channel, Notice
from onboarding.clients import Client
from onboarding.messages.message import Conversation, Message, mark_read, write
from onboarding.users import Role
from tests.factories import NOON, client_user, staff
from tests.factories.terms import signatory_of

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(hours=1)


class Talk:
    def __init__(self):
        self.client = Client.objects.create(number="C1", name="Chan Tai Man", kind="person")
        self.user = signatory_of(self.client)
        self.officer = staff(Role.ONBOARDING_OFFICER)
        self.talk = Conversation(client=self.client)

    def house(self, body="Your limit is 5,000,000.", *, now=NOON):
        return write(self.talk, body, by=self.officer, now=now)


@pytest.fixture
def talk():
    return Talk()


def test_every_signatory_is_told_once_and_reads_nothing_of_it_in_the_mail(talk):
    other = signatory_of(talk.client)
    talk.house()
    assert tell_of_messages(now=NOON) == 2
    assert tell_of_messages(now=LATER) == 0
    notices = Notice.objects.order_by("pk")
    assert [each.recipient for each in notices] == [talk.user, other]
    for each in notices:
        assert (each.channel, each.address, each.client) == (
            Channel.EMAIL,
            each.recipient.email,
            talk.client,
        )
        assert "5,000,000" not in each.subject + each.body
        assert "Chan" not in each.subject + each.body


def test_who_has_not_read_the_last_one_is_told_nothing_more_and_who_has_is(talk):
    talk.house()
    talk.house("And another thing.")
    assert tell_of_messages(now=NOON) == 1
    talk.house("And a third.")
    assert tell_of_messages(now=NOON) == 0
    mark_read(Message.objects.all(), by=talk.user, now=LATER)
    talk.house("A fourth.", now=LATER)
    assert tell_of_messages(now=LATER) == 1
    assert not Message.objects.filter(told_at=None).exists()


def test_what_was_read_before_anybody_told_needs_no_mail(talk):
    talk.house()
    mark_read(Message.objects.all(), by=talk.user, now=NOON)
    assert tell_of_messages(now=NOON) == 0


def test_what_the_client_writes_and_who_has_left_is_told_to_nobody(talk):
    write(talk.talk, "Hello?", by=talk.user, now=NOON)
    talk.user.is_active = False
    talk.user.save()
    talk.house()
    assert tell_of_messages(now=NOON) == 0


def test_an_applicant_is_told_too_and_without_an_address_in_the_inbox_alone(talk):
    applicant = client_user()
    applicant.email = ""
    applicant.save()
    write(Conversation(applicant=applicant), "Please send it.", by=talk.officer, now=NOON)
    assert tell_of_messages(now=NOON) == 1
    notice = Notice.objects.get()
    assert (notice.recipient, notice.channel, notice.client) == (applicant, Channel.INBOX, None)
