"""
How clients answer their calls in a replay: a documented mix, drawn from the seed.

40% pay what cures them, 20% pledge what cures them, 40% do nothing; the answer comes after a
log-normal time with a median of six hours (sigma 1). An account that is no longer in call when its
answer is due gives none.
"""

import heapq
import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from collateral.amounts import round_up
from collateral.assets import Kind
from collateral.valuation.pools import pool_lines
from lending.loans.repay import repay
from lending.margin.account import MarginAccount, State
from lending.margin.call import MarginCall
from lending.margin.cure import cash_to_cure, units_to_cure
from lending.margin.pledge import pledge
from lending.margin.readings import Reading, read

PAYS, PLEDGES = 0.40, 0.60  # Of the draw: below the first pays, below the second pledges.
MEDIAN = timedelta(hours=6)
SIGMA = 1.0
CALL_STEP = Decimal(1000)


@dataclass(frozen=True, slots=True, order=True)
class Answer:
    at: datetime
    account_id: int
    call_id: int
    pays: bool


class Answers:
    """The answers still to come, in the order of their times."""

    def __init__(self, *, seed: int):
        self.seed = seed
        self._due: list[Answer] = []
        self._last_call = 0

    def expect(self) -> None:
        """Draw an answer for every call that was issued since this was asked last."""
        calls = MarginCall.objects.filter(pk__gt=self._last_call).order_by("pk")
        for call in calls.select_related("account"):
            self._last_call = call.pk
            earlier = call.account.calls.filter(pk__lt=call.pk).count()
            answer = drawn(self.seed, call.account.number, earlier)
            if answer is not None:
                after, pays = answer
                heapq.heappush(
                    self._due, Answer(call.issued_at + after, call.account_id, call.pk, pays)
                )

    def next_at(self) -> datetime | None:
        return self._due[0].at if self._due else None

    def take(self) -> Answer:
        return heapq.heappop(self._due)


def drawn(seed: int, account_number: str, earlier_calls: int) -> tuple[timedelta, bool] | None:
    """After how long the account answers this call, and whether it pays; None where it does not."""
    chance = random.Random(f"answer:{seed}:{account_number}:{earlier_calls}")  # noqa: S311
    choice = chance.random()
    seconds = MEDIAN.total_seconds() * math.exp(chance.gauss(0, SIGMA))
    if choice >= PLEDGES:
        return None
    return timedelta(seconds=round(seconds)), choice < PAYS


def give(answer: Answer, *, now: datetime) -> bool:
    """Pay or pledge what cures the call as it stands at `now`; False where it no longer runs."""
    account = MarginAccount.objects.select_related("terms").get(pk=answer.account_id)
    [reading] = read(now=now, account_ids=[account.pk])
    if account.state != State.CALLED or reading.call_id != answer.call_id:
        return False
    if not reading.is_priced:
        return False
    if answer.pays:
        return _pay(account, reading, key=f"answer-{answer.call_id}", now=now)
    return _pledge(account, reading, key=f"answer-{answer.call_id}", now=now)


def _figures(account: MarginAccount, reading: Reading) -> dict:
    return {
        "debt": reading.debt,
        "margin_value": reading.margin_value,
        "credit_limit": reading.credit_limit,
        "policy_amount": reading.policy_amount,
        "level": account.terms.cure,
    }


def _pay(account: MarginAccount, reading: Reading, *, key: str, now: datetime) -> bool:
    cash = cash_to_cure(**_figures(account, reading))
    if not cash:
        return False
    repay(account, round_up(cash, CALL_STEP), key=key, now=now)
    return True


def _pledge(account: MarginAccount, reading: Reading, *, key: str, now: datetime) -> bool:
    """More of the VA the account holds most of; where it holds none, its largest line."""
    lines = pool_lines([account.pool_id], now=now).get(account.pool_id, [])
    vas = [line for line in lines if line.kind == Kind.VA]
    line = max(vas or lines, key=lambda line: line.market_value, default=None)
    if line is None:
        return False
    units = units_to_cure(
        **_figures(account, reading),
        price=line.price,
        lending_haircut=line.lending_haircut,
        step=line.step,
    )
    if not units:
        return False
    asset = account.pool.holdings.select_related("asset").get(asset_id=line.asset_id).asset
    pledge(account, asset, units, key=key, now=now)
    return True
