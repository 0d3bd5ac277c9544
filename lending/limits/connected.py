"""Connected: the clients whose debts are one risk, and the lock under which their room is read."""

from datetime import datetime

from onboarding.clients import Client
from onboarding.groups import group_of
from onboarding.payloads import today


def connected_with(client_id: int, *, now: datetime) -> list[int]:
    """
    The clients that form one group with this one, itself among them, by key; alone where in none.

    The one place where limits ask who is connected (SMF-7).
    """
    group = group_of(Client.objects.get(pk=client_id), on=today(now))
    return [client_id] if group is None else sorted(member.pk for member in group.clients)


def lock_connected(client_id: int, *, now: datetime) -> list[int]:
    """
    Lock every client connected with this one, before any account of theirs, and return them.

    Two members who draw at once wait for each other here, so the second sees what the first owes.
    A connection that was made meanwhile is seen under the lock, and its members locked as well.
    """
    locked: set[int] = set()
    members = connected_with(client_id, now=now)
    while not locked.issuperset(members):
        rows = Client.objects.locked().filter(pk__in=members)
        locked.update(rows.values_list("pk", flat=True))
        members = connected_with(client_id, now=now)
    return members
