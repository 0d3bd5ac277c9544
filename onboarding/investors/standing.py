"""What a client is on a day: professional or retail, and what that opens or closes."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from onboarding.clients import Client
from onboarding.eligibility import Category, Rest
from onboarding.investors.status import InvestorStatus, RestsOn

_CORPORATE = (Category.CORPORATE, Category.HOLDING)
RETAIL = "We lend to professional investors only, and you are not confirmed as one."
ENDED = (
    "Your status as a professional investor has expired or was taken back, so nothing new is lent."
    " Bring the papers named on your status page and it can be confirmed again."
)


def professional(clients: Iterable[int], *, on: date) -> dict[int, InvestorStatus]:
    """
    Of `clients`, by key, the statuses that hold on that day, each with all it rests on (PI-4).

    A holding corporation counts only while what it rests on does; statuses that rest on each other
    in a circle rest on nothing. Three queries for each level of holding.
    """
    found = _confirmed(clients, on=on)
    rests = _rests(found)
    reach, seen = set(rests), set(found)
    while reach:
        others = {each.other_id for pk in reach for each in rests[pk]} - seen
        seen |= others
        more = _confirmed(others, on=on)
        found |= more
        added = _rests(more)
        rests |= added
        reach = set(added)
    standing = {pk: status for pk, status in found.items() if pk not in rests}
    grew = True
    while grew:
        risen = {
            pk: found[pk]
            for pk, own in rests.items()
            if pk not in standing and _stands(own, standing)
        }
        standing |= risen
        grew = bool(risen)
    return {pk: standing[pk] for pk in clients if pk in standing}


def _confirmed(clients: Iterable[int], *, on: date) -> dict[int, InvestorStatus]:
    rows = InvestorStatus.objects.holding(on=on).filter(client__in=list(clients))
    return {status.client_id: status for status in rows}


def _rests(found: dict[int, InvestorStatus]) -> dict[int, list[RestsOn]]:
    """By client, what each holding corporation rests on: nothing at all is an empty list."""
    holding = {
        status.pk: client for client, status in found.items() if status.category == Category.HOLDING
    }
    by_client: dict[int, list[RestsOn]] = {client: [] for client in holding.values()}
    if holding:
        for rest in RestsOn.objects.filter(status__in=holding).order_by("pk"):
            by_client[holding[rest.status_id]].append(rest)
    return by_client


def _stands(own: list[RestsOn], standing: dict[int, InvestorStatus]) -> bool:
    owners = [rest for rest in own if rest.is_owner]
    if owners and sum((rest.share for rest in owners), Decimal(0)) == 1:
        if all(rest.other_id in standing for rest in owners):
            return True
    return any(
        rest.share == 1 and rest.other_id in standing and is_corporate(standing[rest.other_id])
        for rest in own
        if not rest.is_owner
    )


def is_corporate(status: InvestorStatus) -> bool:
    return status.category in _CORPORATE


def rests_of(rows: Iterable[tuple[Client, bool, Decimal]], *, on: date) -> list[Rest]:
    """What a holding corporation would rest on: (other, whether owner, share) of each, that day."""
    rows = list(rows)
    standing = professional([other.pk for other, _, _ in rows], on=on)
    return [
        Rest(
            name=str(other),
            is_owner=is_owner,
            share=share,
            is_professional=other.pk in standing,
            is_corporate=other.pk in standing and is_corporate(standing[other.pk]),
        )
        for other, is_owner, share in rows
    ]


def status_of(client: Client, *, on: date) -> InvestorStatus | None:
    """The status that makes `client` a professional investor on that day; None: retail (PI-9)."""
    return professional([client.pk], on=on).get(client.pk)


def pi_gates(clients: Sequence[Client], *, on: date) -> dict[int, str]:
    """Why nothing is lent, by the key of each of `clients` that is retail on that day (PI-9)."""
    standing = professional([client.pk for client in clients], on=on)
    retail = [client.pk for client in clients if client.pk not in standing]
    if not retail:
        return {}
    once = set(
        InvestorStatus.objects.filter(client__in=retail, until_date__isnull=False).values_list(
            "client", flat=True
        )
    )
    return {pk: ENDED if pk in once else RETAIL for pk in retail}


def pi_gate(client: Client, *, on: date) -> str | None:
    """None where `client` is a professional investor that day; else why not, for it (PI-9)."""
    return pi_gates([client], on=on).get(client.pk)
