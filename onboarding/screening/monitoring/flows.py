"""
What the monitoring looks for in the movements of clients who belong together. Pure.

Each rule is given the flows of one circle of related clients, in their order, and returns what it
found with the flows that show it. Thresholds are dated parameters (`thresholds.py`); `RULES` names
this text and changes whenever a finding could.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

RULES = "monitoring-1"


class Kind(StrEnum):
    IN = "in"
    OUT = "out"
    NEW_ADDRESS = "new address"


class Rule(StrEnum):
    STRUCTURING = "structuring"
    IN_AND_OUT = "rapid in and out"
    ABOVE_MEANS = "far above declared means"
    ADDRESSES = "many new addresses"
    AWAKE = "dormant, then active"


@dataclass(frozen=True, slots=True)
class Flow:
    """A movement of a client's: HKD in or out, or an address newly used; `ref` is its own."""

    client_id: int
    kind: Kind
    amount: Decimal
    at: datetime
    ref: str


@dataclass(frozen=True, slots=True)
class Thresholds:
    """See `thresholds.py`, which declares each of them."""

    structuring_amount: Decimal
    structuring_count: int
    structuring_days: int
    in_and_out_amount: Decimal
    in_and_out_share: Decimal
    in_and_out_days: int
    means_share: Decimal
    means_days: int
    addresses: int
    addresses_days: int
    dormant_days: int
    awake_amount: Decimal


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, in words for who looks into it, and the flows that show it."""

    rule: Rule
    said: str
    flows: tuple[Flow, ...]


def findings(flows: Sequence[Flow], *, means: Decimal | None, at: Thresholds) -> list[Finding]:
    """
    Everything found in the flows of one circle; `means` are its declared means, HKD, where known.

    Source: AML-10.
    """
    ordered = sorted(flows, key=lambda flow: (flow.at, flow.ref))
    found = [
        _structuring(ordered, at),
        _in_and_out(ordered, at),
        _above_means(ordered, means, at),
        _addresses(ordered, at),
        _awake(ordered, at),
    ]
    return [each for each in found if each]


def _total(flows: Sequence[Flow]) -> Decimal:
    return sum((flow.amount for flow in flows), Decimal(0))


def _windows(flows: list[Flow], days: int):
    """For each flow, those that lie in the `days` up to it."""
    first = 0
    for last, flow in enumerate(flows):
        while flow.at - flows[first].at > timedelta(days=days):
            first += 1
        yield flows[first : last + 1]


def _structuring(flows: list[Flow], at: Thresholds) -> Finding | None:
    """Several payments in, each below the amount, that together come to it or more."""
    small = [f for f in flows if f.kind is Kind.IN and f.amount < at.structuring_amount]
    fitting = [
        window
        for window in _windows(small, at.structuring_days)
        if len(window) >= at.structuring_count and _total(window) >= at.structuring_amount
    ]
    if not fitting:
        return None
    most = max(fitting, key=len)
    said = (
        f"{len(most)} payments below HKD {at.structuring_amount:,.0f}, together"
        f" HKD {_total(most):,.2f}, within {at.structuring_days} days"
    )
    return Finding(Rule.STRUCTURING, said, tuple(most))


def _in_and_out(flows: list[Flow], at: Thresholds) -> Finding | None:
    """Money in, and a large part of it out again within days."""
    moved = [flow for flow in flows if flow.kind in (Kind.IN, Kind.OUT)]
    for position, flow in enumerate(moved):
        if flow.kind is not Kind.IN or flow.amount < at.in_and_out_amount:
            continue
        out = [
            later
            for later in moved[position + 1 :]
            if later.kind is Kind.OUT and later.at - flow.at <= timedelta(days=at.in_and_out_days)
        ]
        if out and _total(out) >= at.in_and_out_share * flow.amount:
            said = (
                f"HKD {flow.amount:,.2f} in and HKD {_total(out):,.2f} out within"
                f" {at.in_and_out_days} days"
            )
            return Finding(Rule.IN_AND_OUT, said, (flow, *out))
    return None


def _above_means(flows: list[Flow], means: Decimal | None, at: Thresholds) -> Finding | None:
    """More in than a multiple of what the circle has declared to have."""
    if means is None:
        return None
    paid = [flow for flow in flows if flow.kind is Kind.IN]
    fitting = [w for w in _windows(paid, at.means_days) if _total(w) > at.means_share * means]
    if not fitting:
        return None
    most = max(fitting, key=_total)
    said = (
        f"HKD {_total(most):,.2f} in within {at.means_days} days against declared means of"
        f" HKD {means:,.2f}"
    )
    return Finding(Rule.ABOVE_MEANS, said, tuple(most))


def _addresses(flows: list[Flow], at: Thresholds) -> Finding | None:
    new = [flow for flow in flows if flow.kind is Kind.NEW_ADDRESS]
    fitting = [w for w in _windows(new, at.addresses_days) if len(w) >= at.addresses]
    if not fitting:
        return None
    most = max(fitting, key=len)
    said = f"{len(most)} new addresses within {at.addresses_days} days"
    return Finding(Rule.ADDRESSES, said, tuple(most))


def _awake(flows: list[Flow], at: Thresholds) -> Finding | None:
    """Nothing for a long time, then a large movement."""
    moved = [flow for flow in flows if flow.kind in (Kind.IN, Kind.OUT)]
    for before, flow in zip(moved, moved[1:], strict=False):
        quiet = flow.at - before.at
        if quiet >= timedelta(days=at.dormant_days) and flow.amount >= at.awake_amount:
            said = f"Nothing for {quiet.days} days, then HKD {flow.amount:,.2f} {flow.kind}"
            return Finding(Rule.AWAKE, said, (before, flow))
    return None
