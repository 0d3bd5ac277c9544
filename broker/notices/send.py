"""Send: give waiting notices to the mail server, row by row, and keep the receipt of each."""

import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from broker.notices.notice import SENDING_FIELDS, Notice

# A run ends after so many; the next one goes on.
A_RUN = 200
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)

# This one message cannot go, and the server will take the next. A ValueError is an address or a
# subject that no header can hold.
OF_ONE_MESSAGE = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPNotSupportedError,
    ValueError,
)


class AttachmentMissing(ValueError):
    """The stored report that goes along cannot be read."""


@dataclass(slots=True)
class Sent:
    """What one run did; `is_down` says that the server failed and the rest waits for it."""

    sent: int = 0
    failed: int = 0
    is_down: bool = False


def send(*, now: datetime) -> Sent:
    """
    Send what is due. Each notice has a transaction of its own, held from before the server hears
    of it until its receipt is written; one that another worker holds is left to that one.

    A notice that fails waits a minute, then two, up to an hour, for ever: none is given up. A
    worker killed between the server's answer and the receipt sends that one notice again.
    """
    run = Sent()
    due = list(Notice.objects.due(now=now).values_list("pk", flat=True)[:A_RUN])
    if not due:
        return run
    mail = get_connection()
    try:
        for pk in due:
            _send_one(pk, mail, run, now=now)
            if run.is_down:
                break
    finally:
        _close(mail)
    return run


@transaction.atomic
def _send_one(pk: int, mail: BaseEmailBackend, run: Sent, *, now: datetime) -> None:
    notice = (
        Notice.objects.due(now=now)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("report")
        .filter(pk=pk)
        .first()
    )
    if notice is None:
        return
    notice.attempts += 1
    try:
        mail.open()
        mail.send_messages([_message(notice)])
    except (smtplib.SMTPException, OSError, ValueError) as error:
        notice.error = f"{type(error).__name__}: {error}"
        notice.next_attempt_at = now + wait_after(notice.attempts)
        run.failed += 1
        run.is_down = not isinstance(error, OF_ONE_MESSAGE)
    else:
        notice.sent_at, notice.error, notice.next_attempt_at = now, "", None
        run.sent += 1
    notice.save(update_fields=SENDING_FIELDS)


def wait_after(attempts: int) -> timedelta:
    """How long a notice waits after so many attempts: doubling, an hour at most."""
    return min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT)


def _message(notice: Notice) -> EmailMessage:
    message = EmailMessage(subject=notice.subject, body=notice.body, to=[notice.address])
    if notice.report:
        try:
            with default_storage.open(notice.report.path, "rb") as file:
                content = file.read()
        except OSError as error:
            raise AttachmentMissing(f"{notice.report}: {error}") from error
        message.attach(notice.report.file_name, content, notice.report.content_type)
    return message


def _close(mail: BaseEmailBackend) -> None:
    try:
        mail.close()
    except (smtplib.SMTPException, OSError):
        # Everything that was sent has its receipt; a server that hangs up first is no loss.
        return
