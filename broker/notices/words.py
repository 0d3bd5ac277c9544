"""The words of a notice: a pair of plain-text templates, subject and body."""

from django.template import Context
from django.template.loader import get_template

from broker.notices.notice import Notice

SUBJECT_LENGTH = Notice._meta.get_field("subject").max_length


def rendered(occasion: str, part: str, context: dict) -> str:
    """
    `templates/notices/<occasion>.<part>.txt` as the plain text that it is: nothing is escaped.

    A subject is one line of at most 200 letters, whatever a name in it holds.
    """
    template = get_template(f"notices/{occasion}.{part}.txt").template
    text = template.render(Context(context, autoescape=False)).strip()
    return one_line(text) if part == "subject" else f"{text}\n"


def one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SUBJECT_LENGTH else f"{line[: SUBJECT_LENGTH - 1]}…"
