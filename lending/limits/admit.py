"""Admit: whether the limits of a client and of its group let anything, or so much, be lent."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, localcontext

from collateral.amounts import EXACT
from lending.limits.exposure import is_exempt, va_exposure
from lending.limits.group_limit import group_room
from lending.limits.review_due import last_changes, review_due
from lending.margin.account import MarginAccount
from lending.margin.affordable import NotMeasurable, worst_case
from onboarding.credit.profile import assessments_on, last_assessment
from onboarding.credit.review import NOT_ASSESSED, OVERDUE, net_worth_check, past_grace_before
from onboarding.payloads import today


def credit_gates(accounts: Sequence[MarginAccount], now: datetime) -> dict[int, str]:
    """
    Why nothing is lent to each of these accounts on the score of credit, by key, in its words.

    An advance needs an assessment, and the reviews of it and of the limit not past by more than the
    grace (VAF-2, SMF-4, SMF-12). Three statements however many accounts.
    """
    on = today(now)
    clients = {account.client_id for account in accounts}
    held = {row.client_id: row for row in assessments_on(on).filter(client__in=clients)}
    changes = last_changes([account.pk for account in accounts])
    too_early = past_grace_before(on)
    why = {}
    for account in accounts:
        due = review_due(held.get(account.client_id), changes.get(account.pk))
        if due is None:
            why[account.pk] = NOT_ASSESSED
        elif due < too_early:
            why[account.pk] = OVERDUE
    return why


def amount_gate(account: MarginAccount, amount: Decimal, *, now: datetime) -> str | None:
    """
    None where the group has room for `amount` HKD and all virtual assets stay reasonable; else why
    not, in the client's words: what others of the group owe is not told.

    Asked under the lock of all connected clients. The amount is taken as if all of it bought
    virtual assets. Source: SMF-6, SMF-9, JC-2, JC-3, JC-12.
    """
    client = account.client
    room = group_room(client.pk, now=now)
    if room is not None and amount > room.left:
        return (
            "This is more than we may lend at present to you and those connected with you together."
            " Please speak with your relationship manager."
        )
    unborne = _not_known_to_be_borne(account, now=now)
    if unborne:
        return unborne
    with localcontext(EXACT):
        exposure = va_exposure(client.pk, now=now) + amount
    return net_worth_check(client, exposure, on=today(now), is_exempt=is_exempt(client, now=now))


def _not_known_to_be_borne(account: MarginAccount, *, now: datetime) -> str | None:
    """
    A limit that an account was opened with has passed no worst case, so it is taken here (JC-3).

    One that was raised has: the result stands with the change.
    """
    if account.limit_changes.filter(
        worst_case__isnull=False, after__gte=account.credit_limit
    ).exists():
        return None
    assessment = last_assessment(account.client, on=today(now))
    try:
        if (
            assessment
            and worst_case(account, account.credit_limit, assessment, now=now).affordability.passes
        ):
            return None
    except NotMeasurable:
        return "One of your assets has no fresh price, so we cannot measure what you may draw."
    return (
        "Your credit limit is more than you could bear if prices fell as far as we reckon with, so"
        " nothing can be drawn on it. Please speak with your relationship manager."
    )
