"""Writing: what a form of the portal or of the staff site says becomes a message."""

from datetime import datetime

from django.http import HttpRequest

from broker.uploads import attached
from onboarding.documents.take_in import DocumentRefused
from onboarding.messages.message import Conversation, MessageRefused, write


def sent(request: HttpRequest, talk: Conversation, *, now: datetime) -> str:
    """Send what the form says, its file with it; the words of the refusal where it is refused."""
    body = request.POST.get("body", "").replace("\r\n", "\n")
    if not body.strip():
        return "Write something."
    try:
        documents = attached(request, "file", client=talk.client, now=now)
        write(talk, body, by=request.user, now=now, documents=documents)
    except (DocumentRefused, MessageRefused) as why:
        return str(why)
    return ""
