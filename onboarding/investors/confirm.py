"""Confirm: two people answer for a passing assessment, or take a status back."""

from datetime import datetime

from django_fsm import TransitionNotAllowed

from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.client_changes import client_named
from onboarding.clients import Client, ClientState
from onboarding.eligibility import CATEGORIES, Category
from onboarding.hands import CONFIRM_INVESTOR, WITHDRAW_INVESTOR
from onboarding.investors.assess import again
from onboarding.investors.renew import let_fall
from onboarding.investors.status import InvestorStatus, StatusState
from onboarding.lifecycle import move
from onboarding.payloads import as_day, as_hkd, text, today

CONFIRM, WITHDRAW = "confirm_investor", "withdraw_investor"


def status_named(payload: dict) -> InvestorStatus:
    """
    The assessment that the payload names by its number.

    :raises Invalid: there is none
    """
    number = text(payload, "status", "The assessment")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise Invalid(f"There is no assessment {number[:20]}.")
    status = InvestorStatus.objects.select_related("client").filter(pk=number).first()
    if status is None:
        raise Invalid(f"There is no assessment {number}.")
    return status


def _client_of(payload: dict) -> Client:
    return status_named(payload).client


def confirmed_of(client: Client) -> InvestorStatus | None:
    """The one confirmed status of `client`, whether or not its days are over."""
    return client.investor_statuses.filter(state=StatusState.CONFIRMED).first()


def _confirmation(payload: dict, *, now: datetime) -> Difference:
    status = status_named(payload)
    if status.state != StatusState.ASSESSED:
        raise Invalid(f"The assessment is {status.get_state_display().lower()} already.")
    if status.client.state == ClientState.CLOSED:
        raise Invalid(f"{status.client} is closed.")
    newer = status.client.investor_statuses.filter(confirmed_at__gt=status.assessed_at)
    if newer.exists():
        raise Invalid("A status was confirmed after this assessment: assess again.")
    verdict, until = again(status, now=now)
    if not verdict.passed:
        raise Invalid(verdict.why)
    before = confirmed_of(status.client)
    said = "retail" if before is None else CATEGORIES[Category(before.category)]
    lines = [
        ("Client is", said, CATEGORIES[Category(status.category)]),
        ("Holds until, and not on", as_day(before.until_date) if before else "", as_day(until)),
        ("Verdict", "", verdict.why),
    ]
    for answer in verdict.answers:
        counted = f"{as_hkd(answer.counted)} of {as_hkd(answer.line.amount)}: {answer.why}"
        lines.append((f"Line: {answer.line.said or answer.line.asset_class}", "", counted))
    lines += [("Evidence", "", str(paper)) for paper in status.evidence.order_by("pk")]
    return lines


def _confirm(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    status = status_named(payload)
    Client.objects.locked().get(pk=status.client_id)
    _, until = again(status, now=now)
    before = confirmed_of(status.client)
    signed = {"reason": proposal.reason, "mover": proposal.checker, "now": now}
    if before is not None:
        move(before, InvestorStatus.replace, **signed)
    try:
        move(
            status,
            InvestorStatus.confirm,
            proposal=proposal,
            from_date=today(now),
            until_date=until,
            **signed,
        )
    except TransitionNotAllowed:
        raise Invalid("The assessment was decided already.") from None
    let_fall(now=now)
    return {"status": str(status.pk), "until": until.isoformat()}


def _withdrawal(payload: dict) -> Difference:
    client = client_named(payload)
    status = confirmed_of(client)
    if status is None:
        raise Invalid(f"{client} is not confirmed as a professional investor.")
    return [("Client is", CATEGORIES[Category(status.category)], "retail")]


def _withdraw(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    status = confirmed_of(client_named(payload))
    if status is None:
        raise Invalid("There is no confirmed status any more.")
    move(status, InvestorStatus.withdraw, reason=proposal.reason, mover=proposal.checker, now=now)
    fallen = let_fall(now=now)
    return {"status": str(status.pk), "fell_with_it": str(fallen)}


register(
    Command(
        name=CONFIRM,
        title="Professional investor",
        proposes=CONFIRM_INVESTOR.proposes,
        approves=lambda payload, *, now: CONFIRM_INVESTOR.approves,
        apply=_confirm,
        differs=_confirmation,
        client_of=_client_of,
        dated=True,
    )
)
register(
    Command(
        name=WITHDRAW,
        title="Withdraw a professional-investor status",
        proposes=WITHDRAW_INVESTOR.proposes,
        approves=lambda payload: WITHDRAW_INVESTOR.approves,
        apply=_withdraw,
        differs=_withdrawal,
        client_of=client_named,
    )
)
