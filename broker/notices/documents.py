"""Tell a client that documents are there: a notice without them, since mail is read by others."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from broker.notices.notice import Notice, notice_to
from broker.notices.words import rendered
from lending.margin.account import MarginAccount
from onboarding.clients import Signatory

OCCASION = "document/ready"


def announce_documents(documents: Sequence, *, now: datetime) -> int:
    """
    One notice to each signatory for each account that has new documents; how many notices.

    Doing it twice is doing it once. The relationship manager is not copied: the staff site has
    them all.
    """
    ready: dict[MarginAccount, dict[str, object]] = defaultdict(dict)
    for document in documents:
        ready[document.account].setdefault(document.number, document)
    signing = defaultdict(list)
    for each in (
        Signatory.objects.filter(
            client__in={account.client_id for account in ready}, user__is_active=True
        )
        .select_related("user")
        .order_by("pk")
    ):
        signing[each.client_id].append(each.user)
    notices = [
        _notice(account, list(found.values()), user, now=now)
        for account, found in ready.items()
        for user in signing[account.client_id]
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    return len(notices)


def _notice(account: MarginAccount, documents: list, user, *, now: datetime) -> Notice:
    context = {"account": account, "client": account.client, "documents": documents}
    return notice_to(
        user,
        key=f"document:{documents[0].number}:{user.pk}",
        occasion=OCCASION,
        client=account.client,
        account=account,
        subject=rendered(OCCASION, "subject", context),
        body=rendered(OCCASION, "body", context),
        now=now,
    )
