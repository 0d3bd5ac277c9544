"""
Letter: an e-mail to an address that is nobody's login yet, with a link that only it may have.

It is sent at once and its words are not kept: the link in them is as good as a key.
"""

import smtplib

from django.core.mail import send_mail

from broker.notices.words import rendered


class NotSent(Exception):
    """The mail server did not take it; whoever asked may ask again."""


def send_letter(occasion: str, address: str, context: dict) -> None:
    """
    Send `templates/notices/letter/<occasion>` to `address`.

    :raises NotSent: the server failed or refused
    """
    subject = rendered(f"letter/{occasion}", "subject", context)
    body = rendered(f"letter/{occasion}", "body", context)
    try:
        send_mail(subject, body, None, [address])
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error
