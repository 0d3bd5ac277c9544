"""
Change the levels of the house: the risk officer proposes, compliance approves.

The change is a new row of the same name; accounts on those terms follow it when it is in force.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction

from lending.margin.account import MarginAccount
from lending.margin.terms import MarginTerms
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.hands import MARGIN_TERMS, Area
from onboarding.payloads import (
    as_hkd,
    as_moment,
    as_percent,
    fraction,
    moment,
    money,
    number,
    text,
)

LEVELS = {
    "recommended": "Recommended",
    "draw": "Draws and releases up to",
    "calm": "A warning ends at",
    "warn": "A warning above",
    "cure": "A call closes at",
    "target": "A sale aims at",
    "mta_fraction": "Minimum transfer, share of the debt",
}
WINDOWS = {
    "cure_window": "Time to cure, minutes",
    "accelerated_window": "Time to cure when accelerated, minutes",
    "renewed_window": "Time to cure when renewed, minutes",
    "hard_confirm": "Hard line confirmed after, seconds",
}
_UNIT = {name: timedelta(minutes=1) for name in WINDOWS} | {"hard_confirm": timedelta(seconds=1)}
_LONGEST = 60 * 24 * 7


def terms_now(name: str, *, now: datetime) -> MarginTerms | None:
    """The row of that name in force."""
    rows = MarginTerms.objects.filter(name=name, effective_at__lte=now)
    return rows.order_by("-effective_at", "-pk").first()


def _base(payload: dict, *, at: datetime) -> MarginTerms:
    name = text(payload, "name", "The terms")
    terms = terms_now(name, now=at)
    if terms is None:
        raise Invalid(f"There are no terms called {name[:60]}.")
    return terms


def _changed(payload: dict) -> dict[str, Decimal | timedelta]:
    """The fields that the payload names; the others stay as they are."""
    changed: dict[str, Decimal | timedelta] = {
        name: fraction(payload, name, called)
        for name, called in LEVELS.items()
        if payload.get(name)
    }
    if payload.get("mta_amount"):
        changed["mta_amount"] = money(payload, "mta_amount", "The minimum transfer amount")
    for name, called in WINDOWS.items():
        if payload.get(name):
            changed[name] = int(number(payload, name, called, most=_LONGEST)) * _UNIT[name]
    return changed


def _differs(payload: dict, *, now: datetime) -> Difference:
    asked = moment(payload, "effective_at", now=now)
    base = _base(payload, at=asked or now)
    changed = _changed(payload)
    _refuse_disorder(base, changed)
    lines = [
        (f"{base.name}: {_called(name)}", _said(name, getattr(base, name)), _said(name, value))
        for name, value in changed.items()
        if getattr(base, name) != value
    ]
    if not lines:
        raise Invalid(f"Nothing of {base.name} would change.")
    return [*lines, ("In force from", "", as_moment(asked))]


def _refuse_disorder(base: MarginTerms, changed: dict) -> None:
    """The same order as `terms_levels_in_order`, in words."""
    level = {name: changed.get(name, getattr(base, name)) for name in LEVELS}
    order = ("recommended", "draw", "calm", "warn", "cure")
    for lower, upper in zip(order, order[1:], strict=False):
        if level[lower] > level[upper]:
            raise Invalid(f"{LEVELS[lower]} would lie above {LEVELS[upper].lower()}.")
    if level["target"] > level["cure"] or not level["target"] or not level["recommended"]:
        raise Invalid("A sale aims at a level above nothing, and at most where a call closes.")


def _called(name: str) -> str:
    return LEVELS.get(name) or WINDOWS.get(name) or "Minimum transfer amount"


def _said(name: str, value) -> str:
    if name in WINDOWS:
        return f"{value // _UNIT[name]}"
    return as_hkd(value) if name == "mta_amount" else as_percent(value)


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    at = moment(payload, "effective_at", now=now) or now
    terms = _base(payload, at=at)
    # The row is copied: whatever the change does not name stays as it is.
    terms.pk = None
    terms._state.adding = True
    for name, value in _changed(payload).items():
        setattr(terms, name, value)
    terms.effective_at, terms.reason = at, proposal.reason
    terms.maker, terms.checker = proposal.maker, proposal.checker
    terms.save()
    moved = follow_terms(now=now)
    return {"terms": str(terms.pk), "effective_at": at.isoformat(), "accounts": str(moved)}


@transaction.atomic
def follow_terms(*, now: datetime) -> int:
    """
    Put each open account on the row of its terms' name that is in force, and return how many.

    A second run finds nothing to do.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH in_force AS (
                SELECT DISTINCT ON (name) id, name FROM lending_marginterms
                 WHERE effective_at <= %(now)s
                 ORDER BY name, effective_at DESC, id DESC
            )
            SELECT account.id, in_force.id
              FROM lending_marginaccount account
              JOIN lending_marginterms terms ON terms.id = account.terms_id
              JOIN in_force ON in_force.name = terms.name AND in_force.id <> terms.id
             WHERE account.state <> 'closed'
             ORDER BY account.id
               FOR UPDATE OF account
            """,
            {"now": now},
        )
        by_terms: dict[int, list[int]] = {}
        for account_id, terms_id in cursor.fetchall():
            by_terms.setdefault(terms_id, []).append(account_id)
    return sum(
        MarginAccount.objects.filter(pk__in=ids).update(terms_id=terms_id)
        for terms_id, ids in by_terms.items()
    )


register(
    Command(
        name="margin_terms",
        title="Margin terms",
        proposes=MARGIN_TERMS.proposes,
        approves=lambda payload, *, now: MARGIN_TERMS.approves,
        apply=_apply,
        differs=_differs,
        area=Area.RISK_PARAMETER,
        dated=True,
    )
)
