"""Pay what a corporate action left due in cash: into the accounts, when the money has come in."""

from datetime import datetime
from decimal import Decimal

from collateral.actions.action import CorporateAction, Entitlement
from lending.ledger import entries
from lending.ledger.post import Event, post_many
from lending.margin.account import MarginAccount
from lending.margin.sweep import review
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.hands import PAY_CORPORATE_ACTION, Area
from onboarding.payloads import as_hkd, number, text


def _action_of(payload: dict) -> CorporateAction:
    key = int(number(payload, "action", "The corporate action", most=10**15))
    action = CorporateAction.objects.select_related("asset").filter(pk=key).first()
    if action is None or action.applied_at is None:
        raise Invalid("There is no such corporate action, or it is not applied yet.")
    return action


def due_of(action: CorporateAction) -> tuple[int, Decimal]:
    """Of how many holdings cash is due and not paid, and how much together, HKD."""
    due = Entitlement.objects.filter(action=action, cash__gt=0, paid_at=None)
    amounts = list(due.values_list("cash", flat=True))
    return len(amounts), sum(amounts, Decimal(0))


def _differs(payload: dict) -> Difference:
    action = _action_of(payload)
    holdings, amount = due_of(action)
    if not holdings:
        raise Invalid(f"{action}: nothing is due in cash.")
    return [
        (f"{action}: due in cash", as_hkd(amount), "paid into the accounts"),
        ("Holdings", str(holdings), "0"),
        ("Seen", "", text(payload, "evidence", "Where the money came in")),
    ]


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    """Every account of it is locked, credited in one batch, and looked at again."""
    action = _action_of(payload)
    pools = Entitlement.objects.filter(action=action, cash__gt=0, paid_at=None).values("pool")
    accounts = {a.pool_id: a for a in MarginAccount.objects.locked().filter(pool__in=pools)}
    due = list(
        Entitlement.objects.select_for_update(of=("self",), no_key=True)
        .filter(action=action, cash__gt=0, paid_at=None, pool__in=list(accounts))
        .order_by("pk")
    )
    post_many(
        [
            Event(
                f"action:{action.pk}:{each.pk}",
                "corporate_action",
                str(action)[:200],
                accounts[each.pool_id].subledger_id,
                entries.received(each.cash),
            )
            for each in due
        ],
        now=now,
    )
    Entitlement.objects.filter(pk__in=[each.pk for each in due]).update(paid_at=now)
    review([account.pk for account in accounts.values()], now=now, skip_locked=False)
    amount = sum((each.cash for each in due), Decimal(0))
    return {"corporate_action": str(action.pk), "paid": f"{amount:f}", "holdings": str(len(due))}


register(
    Command(
        name="pay_corporate_action",
        title="Pay a corporate action",
        proposes=PAY_CORPORATE_ACTION.proposes,
        approves=lambda payload: PAY_CORPORATE_ACTION.approves,
        apply=_apply,
        differs=_differs,
        area=Area.OPERATIONS,
    )
)
