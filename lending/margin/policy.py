"""What a reading asks of an account: the margin policy, whole, as one table."""

from collections.abc import Callable
from dataclasses import dataclass

from lending.margin.account import MarginAccount
from lending.margin.bands import Band, Standing
from lending.margin.call import MarginCall


@dataclass(frozen=True, slots=True)
class Act:
    """A step of the account, of its call, or of both; `issue` makes the call first."""

    account: Callable | None = None
    call: Callable | None = None
    issue: bool = False


WARN = Act(MarginAccount.warn)
RECOVER = Act(MarginAccount.recover)
CALL = Act(MarginAccount.call, issue=True)
GAP = Act(MarginAccount.liquidate, MarginCall.liquidate, issue=True)
CURE = Act(MarginAccount.cure, MarginCall.cure)
EASE = Act(MarginAccount.ease, MarginCall.cure)
ACCELERATE = Act(call=MarginCall.accelerate)
LAPSE = Act(call=MarginCall.lapse)
RENEW = Act(call=MarginCall.renew)
EXPIRE = Act(MarginAccount.liquidate, MarginCall.expire)
BREACH = Act(MarginAccount.liquidate, MarginCall.liquidate)

# A pair that is missing asks for nothing. A sale that has begun ends where it is carried out
# (liquidation/execute.py), because orders may be at the venue.
POLICY: dict[tuple[Standing, Band], Act] = {
    (Standing.HEALTHY, Band.WARN): WARN,
    (Standing.HEALTHY, Band.CALL): CALL,
    (Standing.HEALTHY, Band.ACCELERATED): CALL,
    (Standing.HEALTHY, Band.HARD): GAP,
    (Standing.WARNED, Band.COVERED): RECOVER,
    (Standing.WARNED, Band.CALL): CALL,
    (Standing.WARNED, Band.ACCELERATED): CALL,
    (Standing.WARNED, Band.HARD): GAP,
    (Standing.CALLED, Band.COVERED): CURE,
    (Standing.CALLED, Band.WARN): EASE,
    (Standing.CALLED, Band.ACCELERATED): ACCELERATE,
    (Standing.CALLED, Band.LAPSED): LAPSE,
    (Standing.CALLED, Band.OVERDUE): EXPIRE,
    (Standing.CALLED, Band.HARD): BREACH,
    (Standing.ACCELERATED, Band.COVERED): CURE,
    (Standing.ACCELERATED, Band.WARN): EASE,
    (Standing.ACCELERATED, Band.LAPSED): LAPSE,
    (Standing.ACCELERATED, Band.OVERDUE): EXPIRE,
    (Standing.ACCELERATED, Band.HARD): BREACH,
    (Standing.OVERDUE, Band.COVERED): CURE,
    (Standing.OVERDUE, Band.WARN): EASE,
    (Standing.OVERDUE, Band.CALL): RENEW,
    (Standing.OVERDUE, Band.ACCELERATED): RENEW,
    (Standing.OVERDUE, Band.HARD): BREACH,
}

# Where a first reading past the hard line is marked, to be confirmed by the next.
WATCHED = (
    Standing.HEALTHY,
    Standing.WARNED,
    Standing.CALLED,
    Standing.ACCELERATED,
    Standing.OVERDUE,
)
