"""The effective limit: the tighter of the client's own room and the room of its group (SMF-6)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from collateral.amounts import CENT, EXACT, NOTHING, round_down
from lending.limits.group_limit import GroupRoom, group_room
from lending.margin.account import MarginAccount


@dataclass(frozen=True, slots=True)
class EffectiveRoom:
    """
    HKD that the two limits still leave on an account, rounded down to the cent, never negative.

    Collateral may leave less. `group` is None where the client is in no group.
    """

    own: Decimal
    group: GroupRoom | None

    @property
    def left(self) -> Decimal:
        return self.own if self.group is None else min(self.own, self.group.left)

    @property
    def is_groups(self) -> bool:
        """Whether the group is what binds."""
        return self.group is not None and self.group.left < self.own


def effective_room(account: MarginAccount, *, now: datetime) -> EffectiveRoom:
    """What `account` may still owe under its credit limit and its group's, by the books now."""
    books = account.subledger
    with localcontext(EXACT):
        own = round_down(max(NOTHING, account.credit_limit - books.owed - books.accrued), CENT)
    return EffectiveRoom(own, group_room(account.client_id, now=now))
