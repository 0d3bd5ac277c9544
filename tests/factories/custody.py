"""Makes what stories of custody start with."""

from datetime import date

from collateral.actions.action import CorporateAction
from collateral.custody.authority import Given, StandingAuthority
from collateral.custody.difference import Difference
from collateral.custody.places import CustodyPlace, PlaceLicence
from collateral.custody.reconcile import reconcile
from collateral.custody.statement import load_statement
from lending.trading.actions import apply_due_actions
from onboarding.approvals import approve, propose
from onboarding.users import Role, User
from tests.factories import LONG_AGO, NOON, house, price, staff


def place(
    code: str, *, kind="broker", number="", expires_on=None, keeps=(), at=LONG_AGO
) -> CustodyPlace:
    """A custody place with one licence row, which holds from long ago."""
    house()
    made, _ = CustodyPlace.objects.get_or_create(
        code=code, defaults={"kind": kind, "name": f"Place {code}"}
    )
    PlaceLicence.objects.create(
        place=made,
        number=number,
        expires_on=expires_on,
        keeps=list(keeps),
        effective_at=at,
        reason="test",
        maker=User.objects.get(username="maker"),
        checker=User.objects.get(username="checker"),
    )
    return made


def an_authority(account, *, starts=date(2026, 3, 4), ends=date(2027, 3, 3)) -> StandingAuthority:
    """Of the account's client, in writing."""
    return StandingAuthority.objects.create(
        client=account.client,
        given=Given.WRITTEN,
        starts_on=starts,
        expires_on=ends,
        evidence="test",
        recorded_at=NOON,
        maker=User.objects.get(username="maker"),
        checker=User.objects.get(username="checker"),
    )


def an_action_applied() -> CorporateAction:
    """A dividend of HKD 1 on each share of 0005, ex and applied today; its cash is due."""
    price("0005", "60", at=LONG_AGO)
    payload = {"asset": "0005", "kind": "dividend", "cash": "1", "source": "Circular"}
    payload["ex_date"] = f"{NOON.date()}"
    proposal = propose("corporate_action", payload, by=staff(Role.OPERATIONS), reason="x", now=NOON)
    approve(proposal, by=staff(Role.COMPLIANCE), reason="read", now=NOON)
    [action] = apply_due_actions(now=NOON).applied
    return action


def a_difference(account) -> Difference:
    """The custodian has a share of 0005 of the account's client that nobody here knows of."""
    content = f"asset,client,units\n0005,{account.client.number},1\n".encode()
    by = staff(Role.OPERATIONS)
    where = place("STATED")
    statement = load_statement(where, content, name="s.csv", as_of=NOON, by=by, now=NOON)
    run = reconcile(statement, by=by, now=NOON)
    return Difference.objects.get(first_run=run, code="0005")
