"""
Close a client: refused while anything is owed, pledged or under way.

The securities margin relation closes with its client, and the accounts under it with the relation:
no virtual asset is financed where the parent is gone (VAF-3). The database holds each of these.
"""

from datetime import datetime
from decimal import localcontext

from collateral.amounts import EXACT
from lending.margin.account import MarginAccount, State
from lending.margin.relation import MarginRelation, RelationState
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.client_changes import client_named, state_change
from onboarding.clients import Client, ClientState
from onboarding.hands import CLOSE_CLIENT
from onboarding.lifecycle import move
from onboarding.payloads import as_hkd

CLOSABLE = (State.HEALTHY, State.WARNED)


def ties_of(client: Client) -> list[str]:
    """What still ties the client to the house, in words; empty where it may be closed."""
    accounts = client.margin_accounts.exclude(state=State.CLOSED).select_related("subledger")
    return [tie for account in accounts.order_by("pk") for tie in _ties(account)]


def _ties(account: MarginAccount) -> list[str]:
    subledger = account.subledger
    with localcontext(EXACT):
        owed = subledger.owed + subledger.accrued + subledger.deficit
    ties = []
    if owed:
        ties.append(f"{as_hkd(owed)} is owed on {account}")
    if subledger.cash:
        ties.append(f"{as_hkd(subledger.cash)} of the client's cash is in {account}")
    held = account.pool.holdings.filter(units__gt=0).select_related("asset")
    ties += [f"{line.units.normalize():f} {line.asset} is pledged to {account}" for line in held]
    if account.calls.filter(ended_at=None).exists():
        ties.append(f"a margin call of {account} is open")
    if account.orders.filter(ended_at=None).exists():
        ties.append(f"an order of {account} is at the venue")
    if not ties and account.state not in CLOSABLE:
        ties.append(f"{account} is {account.get_state_display().lower()}")
    return ties


def _differs(payload: dict) -> Difference:
    client = client_named(payload)
    lines = state_change(client, client.close, ClientState.CLOSED)
    ties = ties_of(client)
    if ties:
        raise Invalid(f"{client} cannot be closed: {'; '.join(ties)}.")
    closed = RelationState.CLOSED.label
    for relation in client.relations.exclude(state=RelationState.CLOSED).order_by("pk"):
        lines.append(("Securities margin relation", relation.get_state_display(), closed))
    for account in client.margin_accounts.exclude(state=State.CLOSED).order_by("pk"):
        lines.append((f"Account {account}", account.get_state_display(), State.CLOSED.label))
    return lines


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    """Client and accounts are locked; what ties them is looked for again under the locks."""
    client = Client.objects.locked().get(pk=client_named(payload).pk)
    accounts = list(client.margin_accounts.exclude(state=State.CLOSED).locked())
    ties = ties_of(client)
    if ties:
        raise Invalid(f"{client} cannot be closed: {'; '.join(ties)}.")
    how = {"reason": proposal.reason, "mover": proposal.checker, "now": now}
    for account in accounts:
        move(account, MarginAccount.close, **how)
    for relation in client.relations.exclude(state=RelationState.CLOSED).order_by("pk"):
        move(relation, MarginRelation.close, **how)
    client = move(client, Client.close, **how)
    return {"client": client.number, "accounts": [account.number for account in accounts]}


register(
    Command(
        name="close_client",
        title="Close a client",
        proposes=CLOSE_CLIENT.proposes,
        approves=lambda payload: CLOSE_CLIENT.approves,
        apply=_apply,
        differs=_differs,
        client_of=client_named,
    )
)
