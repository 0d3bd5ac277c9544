"""What changes for a client by two people's word: suspended, reactivated, served by another RM."""

from collections.abc import Callable
from datetime import datetime

from django_fsm import can_proceed

from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.clients import Client, ClientState, Service
from onboarding.hands import HANDOVER, REACTIVATE_CLIENT, SUSPEND_CLIENT
from onboarding.lifecycle import move
from onboarding.payloads import as_day, day, text, today
from onboarding.users import Role, User


def client_named(payload: dict) -> Client:
    """
    The client that the payload names by number.

    :raises Invalid: there is none
    """
    number = text(payload, "client", "The client")
    client = Client.objects.filter(number=number).first()
    if client is None:
        raise Invalid(f"There is no client {number[:12]}.")
    return client


def state_change(client: Client, step: Callable, target: ClientState) -> Difference:
    """
    The line of a change of state; `step` is the client's own, `client.suspend`.

    :raises Invalid: the client's state does not permit the step
    """
    if not can_proceed(step):
        raise Invalid(f"{client} is {client.get_state_display().lower()}.")
    return [("State", client.get_state_display(), target.label)]


def _suspension(payload: dict) -> Difference:
    client = client_named(payload)
    return state_change(client, client.suspend, ClientState.SUSPENDED)


def _suspend(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    return _moved(payload, Client.suspend, proposal=proposal, now=now)


def _reactivation(payload: dict) -> Difference:
    client = client_named(payload)
    return state_change(client, client.reactivate, ClientState.ACTIVE)


def _reactivate(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    return _moved(payload, Client.reactivate, proposal=proposal, now=now)


def _moved(payload: dict, step, *, proposal: Proposal, now: datetime) -> dict:
    client = move(
        client_named(payload), step, reason=proposal.reason, mover=proposal.checker, now=now
    )
    return {"client": client.number, "state": client.state}


def _service_now(client: Client) -> Service | None:
    """The service without an end: who serves, or will serve, until further notice."""
    return client.services.filter(until_date=None).select_related("manager").first()


def _successor(payload: dict) -> User:
    username = text(payload, "manager", "The new relationship manager")
    manager = User.objects.filter(username=username, role=Role.RM, is_active=True).first()
    if manager is None:
        raise Invalid(f"There is no relationship manager {username[:150]}.")
    return manager


def _handover(payload: dict, *, now: datetime) -> Difference:
    client, manager = client_named(payload), _successor(payload)
    from_date = day(payload, "from_date", "The first day")
    serving = _service_now(client)
    if client.state == ClientState.CLOSED:
        raise Invalid(f"{client} is closed.")
    if from_date < today(now):
        raise Invalid("A handover is not dated back.")
    if serving and serving.manager_id == manager.pk:
        raise Invalid(f"{manager} serves {client} already.")
    if serving and serving.from_date >= from_date:
        raise Invalid(f"{serving.manager} begins on {as_day(serving.from_date)}: date it later.")
    before = str(serving.manager) if serving else "nobody"
    return [
        ("Relationship manager", before, str(manager)),
        ("From", "", as_day(from_date)),
    ]


def _hand_over(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    """The one service ends on the day that the other begins: no day without, none with two."""
    client = Client.objects.locked().get(pk=client_named(payload).pk)
    manager, from_date = _successor(payload), day(payload, "from_date", "The first day")
    client.services.filter(until_date=None).update(until_date=from_date)
    service = client.services.create(manager=manager, from_date=from_date, proposal=proposal)
    return {"service": str(service.pk), "manager": manager.username}


register(
    Command(
        name="suspend_client",
        title="Suspend a client",
        proposes=SUSPEND_CLIENT.proposes,
        approves=lambda payload: SUSPEND_CLIENT.approves,
        apply=_suspend,
        differs=_suspension,
        client_of=client_named,
    )
)
register(
    Command(
        name="reactivate_client",
        title="Reactivate a client",
        proposes=REACTIVATE_CLIENT.proposes,
        approves=lambda payload: REACTIVATE_CLIENT.approves,
        apply=_reactivate,
        differs=_reactivation,
        client_of=client_named,
    )
)
register(
    Command(
        name="handover",
        title="Hand a client over",
        proposes=HANDOVER.proposes,
        approves=lambda payload, *, now: HANDOVER.approves,
        apply=_hand_over,
        differs=_handover,
        client_of=client_named,
        dated=True,
    )
)
