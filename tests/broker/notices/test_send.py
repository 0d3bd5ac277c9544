"""A mail server that fails delays a notice and loses none; each has a receipt."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail.backends.base import BaseEmailBackend

from broker.notices import send as sending
from broker.notices.announce import announce, announce_refusal
from broker.notices.notice import Channel, Notice
from broker.notices.send import send, wait_after
from broker.reports.archive import archive
from onboarding.users import Role
from tests.factories import NOON, client_user, staff

pytestmark = pytest.mark.django_db


def minutes(count):
    return NOON + timedelta(minutes=count)


def notice(number=1, **fields):
    user = fields.pop("recipient", None) or client_user()
    values = {
        "key": f"test:{number}",
        "occasion": "test",
        "recipient": user,
        "channel": Channel.EMAIL,
        "address": user.email,
        "subject": f"Notice {number}",
        "body": "What is said.\n",
        "made_at": NOON,
        "next_attempt_at": NOON,
    }
    return Notice.objects.create(**values | fields)


class Failing(BaseEmailBackend):
    """Fails as the test says: `when` gives the error for an address, or none."""

    when = staticmethod(lambda address: None)
    delivered: list = []

    def open(self):
        return True

    def send_messages(self, messages):
        [message] = messages
        error = type(self).when(message.to[0])
        if error:
            raise error
        type(self).delivered.append(message.to[0])
        return 1


@pytest.fixture
def server(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Failing"
    monkeypatch.setattr(sending, "get_connection", lambda: Failing())
    Failing.delivered = []
    Failing.when = staticmethod(lambda address: None)
    return Failing


def test_what_is_due_goes_out_once_and_has_its_receipt():
    one = notice()

    assert send(now=NOON).sent == 1
    assert send(now=NOON).sent == 0

    [message] = mail.outbox
    assert (message.subject, message.body, message.to) == (one.subject, one.body, [one.address])
    one.refresh_from_db()
    assert (one.sent_at, one.attempts, one.error, one.next_attempt_at) == (NOON, 1, "", None)


def test_a_server_that_is_down_delays_and_the_rest_is_not_tried(server):
    server.when = staticmethod(lambda address: ConnectionRefusedError("nobody listens"))
    for number in range(3):
        notice(number)

    run = send(now=NOON)

    assert (run.sent, run.failed, run.is_down) == (0, 1, True)
    tried = Notice.objects.get(attempts=1)
    assert tried.error == "ConnectionRefusedError: nobody listens"
    assert tried.next_attempt_at == minutes(1)
    assert Notice.objects.due(now=NOON).count() == 2

    server.when = staticmethod(lambda address: None)
    assert send(now=minutes(1)).sent == 3
    assert not Notice.objects.filter(sent_at=None).exists()


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({"a": (550, b"no such user")}),
        smtplib.SMTPDataError(554, b"no"),
        ValueError("a header with a line break"),
    ],
)
def test_one_address_that_is_refused_does_not_hold_up_the_others(server, error):
    bad, good = notice(1), notice(2)
    server.when = staticmethod(lambda address: error if address == bad.address else None)

    run = send(now=NOON)

    assert (run.sent, run.failed, run.is_down) == (1, 1, False)
    assert server.delivered == [good.address]


def test_waits_double_up_to_an_hour_and_nobody_is_given_up(server):
    server.when = staticmethod(lambda address: smtplib.SMTPServerDisconnected("gone"))
    one, now = notice(), NOON
    for _ in range(30):
        assert send(now=now).failed == 1
        assert not send(now=now).failed
        one.refresh_from_db()
        now = one.next_attempt_at

    assert one.attempts == 30
    waits = [wait_after(number) for number in range(1, 9)]
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(waits) == timedelta(hours=1)


def test_a_worker_killed_before_the_receipt_sends_that_one_again_and_no_other(server, monkeypatch):
    notice(1), notice(2)
    save = Notice.save

    def killed(self, *args, **kwargs):
        if self.key == "test:2":
            raise KeyboardInterrupt
        return save(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Notice, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            send(now=NOON)
    assert Notice.objects.filter(sent_at=NOON).count() == 1

    send(now=NOON)
    first, second = Notice.objects.order_by("pk")
    assert server.delivered == [first.address, second.address, second.address]


def test_what_is_only_in_the_inbox_is_not_sent(server):
    notice(1, channel=Channel.INBOX, address="", next_attempt_at=None)
    notice(2, channel=Channel.INBOX, address="", next_attempt_at=None)

    assert send(now=NOON).sent == 0


def test_a_report_goes_along_as_a_file():
    [report] = archive("margin-book", {"xlsx": b"figures"}, as_of=NOON, now=NOON)
    notice(report=report)

    send(now=NOON)

    [message] = mail.outbox
    assert message.attachments == [("margin-book-2026-03-04.xlsx", b"figures", report.content_type)]


def test_a_report_that_is_gone_delays_its_notice_and_no_other(server):
    [report] = archive("margin-book", {"xlsx": b"figures"}, as_of=NOON, now=NOON)
    default_storage.delete(report.path)
    notice(1, report=report), notice(2)

    run = send(now=NOON)

    assert (run.sent, run.failed, run.is_down) == (1, 1, False)
    assert Notice.objects.get(attempts=1, sent_at=None).error.startswith("AttachmentMissing: ")
    default_storage.save(report.path, ContentFile(b"figures"))
    assert send(now=minutes(1)).sent == 1


def test_staff_are_told_by_role_and_once():
    finance, operations, _ = staff(Role.FINANCE), staff(Role.OPERATIONS), staff(Role.RM)
    left = staff(Role.FINANCE, is_active=False)
    for _ in range(2):
        announce_refusal("margin-book", ValueError("2 is not 3"), now=NOON)

    notices = Notice.objects.order_by("pk")
    assert [each.recipient for each in notices] == [finance, operations]
    assert left not in {each.recipient for each in notices}
    assert "refused: 2 is not 3" in notices[0].body


def test_an_announcement_without_readers_is_no_notice():
    context = {"name": "margin-book", "reason": "none", "now": NOON}
    assert announce("x", "report/refused", roles=[Role.FINANCE], context=context, now=NOON) == 0
