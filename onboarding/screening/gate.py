"""
What screening stops, in neutral words (AML-12).

- A stop of the MLRO: draws, releases and sales.
- A match on the PEP list that senior management has not approved (AML-8): draws and releases.

An open hit stops nothing by itself: it is a question. Where business begins, `party_gate` asks for
its answer.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from onboarding.clients import Client
from onboarding.parameters import Unit, declare
from onboarding.screening.cases import Stop, StopState
from onboarding.screening.hits import Hit, HitState
from onboarding.screening.lists import ListCode, versions_in_force
from onboarding.screening.screened import Screened

ALARM_EVERY = declare(
    "alarm_held_sales_minutes",
    "Minutes between two alarms of a short account that is not sold",
    unit=Unit.COUNT,
    initial=Decimal(30),
    verified=False,
    source="house",
    least=Decimal(1),
    most=Decimal(1440),
)
NEUTRAL = "We cannot do this at the moment. Please speak with your relationship manager."


class Act(StrEnum):
    DRAW = "draw"
    RELEASE = "release"
    SALE = "sale"


def stopped(act: Act):
    """The keys of the clients for whom `act` stands still, as a subquery."""
    held = Stop.objects.filter(state=StopState.ACTIVE).values_list("client", flat=True)
    if act is Act.SALE:
        return held
    waiting = Hit.objects.filter(
        code=ListCode.PEP,
        state=HitState.TRUE,
        pep_approval=None,
        screened__client__isnull=False,
        screened__retired_at=None,
    ).values_list("screened__client", flat=True)
    return held.union(waiting)


def screening_gate(client: Client, act: Act, *, on: datetime) -> str | None:
    """None where `act` may be done for `client`; else the neutral refusal."""
    return NEUTRAL if client.pk in set(_of_one(client, act)) else None


def _of_one(client: Client, act: Act) -> Iterable[int]:
    yield from Stop.objects.filter(state=StopState.ACTIVE, client=client).values_list(
        "client", flat=True
    )
    if act is not Act.SALE:
        yield from Hit.objects.filter(
            code=ListCode.PEP,
            state=HitState.TRUE,
            pep_approval=None,
            screened__client=client,
            screened__retired_at=None,
        ).values_list("screened__client", flat=True)


def party_gate(keys: Iterable[str], *, now: datetime) -> str | None:
    """
    None where business may begin with all of these subjects; else why not, for the house.

    Each is screened against the lists in force (OFAC, UN and PEP are loaded, or it says which is
    not), none has an open hit or a true one on a sanctions list, and each PEP is approved.
    """
    keys, versions = set(keys), versions_in_force()
    never = [c.label for c in (ListCode.OFAC, ListCode.UN, ListCode.PEP) if c not in versions]
    if never:
        return f"Never loaded: {', '.join(never)}."
    rows = {row.key: row for row in Screened.objects.filter(key__in=keys, retired_at=None)}
    late = [key for key in sorted(keys) if key not in rows or rows[key].versions != versions]
    if late:
        return f"Not screened against the lists in force: {', '.join(late)}."
    hits = Hit.objects.filter(screened__in=rows.values())
    if hits.filter(state=HitState.OPEN).exists():
        return "A screening hit waits for its decision."
    if hits.filter(state=HitState.TRUE).exclude(code=ListCode.PEP).exists():
        return "Compliance has not cleared it."
    if hits.filter(state=HitState.TRUE, code=ListCode.PEP, pep_approval=None).exists():
        return "Senior management has not approved it."
    return None
