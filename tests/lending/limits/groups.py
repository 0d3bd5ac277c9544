"""Clients that are connected, and limits of their group, for stories of several."""

from itertools import pairwise

from lending.limits.connected import connected_with
from lending.limits.group_limit import GroupLimit
from lending.margin.account import MarginAccount
from onboarding.approvals import approve, propose
from onboarding.users import Role
from tests.factories import NOON, staff
from tests.factories.investors import tied


def connect(*accounts: MarginAccount) -> None:
    """From now on their clients are one group, with whomever they are tied to already."""
    for one, other in pairwise(accounts):
        if other.client_id not in connected_with(one.client_id, now=NOON):
            tied(one.client, "related", to=other.client)


def payload(account: MarginAccount, amount="1000000", **fields) -> dict:
    return {
        "client": account.client.number,
        "amount": amount,
        "assessment": "Their debts are one risk; net worth together HKD 9m.",
        "review_date": "2027-03-01",
    } | fields


def limited(account: MarginAccount, amount="1000000", *, now=NOON, **fields) -> GroupLimit:
    proposal = propose(
        "group_limit",
        payload(account, amount, **fields),
        by=staff(Role.CREDIT_OFFICER),
        reason="connected",
        now=now,
    )
    approve(proposal, by=staff(Role.MIC_RM), reason="agreed", now=now)
    return GroupLimit.objects.get(proposal=proposal)
