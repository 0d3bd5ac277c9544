"""
The book of a replay: clients, pledges and loans drawn from a seeded distribution.

- What is pledged: BTC alone 35%, ETH alone 20%, BTC and ETH 20%, shares with some VA 25% (a fifth
  to two fifths of the pool in BTC or ETH, the rest in two shares). An asset without prices in the
  scenario is left out and the kinds that need it with it.
- How much: log-normal, median HKD 3 million, sigma 0.7. Then all VA pledged is cut to at most four
  days of what the paper venue can trade (1% of the recorded volume), asset by asset, because bad
  debt comes from venue depth: the rule a risk officer would set.
- What is owed: a usage spread evenly over 60% to 95% of the margin value, in whole dollars.
- Credit limit: a quarter above what is owed, rounded up to 100,000. Spread over the benchmark: 3%.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from django.db import transaction

from broker.replay.accounts import Opening, open_accounts
from broker.replay.house import PLAYABLE_VA, House, found_house
from broker.replay.scenario import Scenario
from collateral.amounts import EXACT, round_down, round_up
from collateral.custody.movements import Place, Transfer, record
from lending.ledger import entries
from lending.ledger.post import Event, post_many
from lending.margin.account import MarginAccount
from onboarding.investors.founding import found_investors
from onboarding.users import Role, User

MEDIAN_POOL = 3_000_000
SIGMA = 0.7
LEAST_POOL = 200_000
DEPTH_SHARE = Decimal("0.01")
DAYS_OF_DEPTH = 4
DOLLAR = Decimal(1)
SPREAD = Decimal("0.03")


@dataclass(frozen=True, slots=True)
class Pledge:
    code: str
    units: Decimal


@dataclass(frozen=True, slots=True)
class Borrower:
    """What one account starts with: its pledges, and the usage of their margin value it owes."""

    pledges: tuple[Pledge, ...]
    usage: Decimal


def drawn(count: int, scenario: Scenario, *, seed: int) -> list[Borrower]:
    """`count` borrowers of the distribution above; the same ones for the same seed."""
    chance = random.Random(f"book:{seed}")  # noqa: S311
    borrowers = [_borrower(chance, scenario) for _ in range(count)]
    return _cut_to_depth(borrowers, scenario)


@transaction.atomic
def build(count: int, scenario: Scenario, *, seed: int, now: datetime) -> list[MarginAccount]:
    """Enter the drawn book through the register and the ledger, and return its accounts."""
    maker, checker, officer = _people()
    house = found_house(maker=maker, checker=checker, now=now, codes=set(scenario.opening))
    borrowers = drawn(count, scenario, seed=seed)
    debts = [_debt(borrower, scenario, house) for borrower in borrowers]
    accounts = open_accounts(
        [_opening(number, debt) for number, debt in enumerate(debts, start=1)],
        house.terms,
        now=now,
    )
    found_investors(
        [account.client for account in accounts], maker=officer, checker=checker, now=now
    )
    record(
        [
            Transfer(
                key=f"opening:{account.number}:{pledge.code}",
                asset=house.assets[pledge.code],
                units=pledge.units,
                pool=account.pool_id,
                into_pool=True,
                other_place=Place.CLIENT,
                narrative="pledged at opening",
            )
            for account, borrower in zip(accounts, borrowers, strict=True)
            for pledge in borrower.pledges
        ],
        now=now,
    )
    # The advance has been spent on the dealing it financed, so no cash stands against it.
    post_many(
        [
            Event(
                f"opening:{account.number}",
                "draw",
                "advance at opening, spent on dealing",
                account.subledger_id,
                (*entries.advanced(debt), *entries.paid_away(debt)),
            )
            for account, debt in zip(accounts, debts, strict=True)
        ],
        now=now,
    )
    return accounts


def _people() -> list[User]:
    """Who proposes the house's rows, who approves them, and who knows the clients."""
    return [
        User.objects.create_user(name, role=role, is_staff=True)
        for name, role in (
            ("maker", Role.RISK_OFFICER),
            ("checker", Role.COMPLIANCE),
            ("onboarding", Role.ONBOARDING_OFFICER),
        )
    ]


def _borrower(chance: random.Random, scenario: Scenario) -> Borrower:
    vas = [code for code in PLAYABLE_VA if code in scenario.opening]
    shares = sorted(set(scenario.opening) - set(PLAYABLE_VA))
    value = max(LEAST_POOL, MEDIAN_POOL * chance.lognormvariate(0, SIGMA))
    draw, usage = chance.random(), chance.uniform(0.60, 0.95)
    if draw < 0.25 and shares and vas:
        parts = _mixed_with_shares(chance, vas, shares)
    elif draw < 0.45 and len(vas) > 1:
        share = chance.uniform(0.3, 0.7)
        parts = {vas[0]: share, vas[1]: 1 - share}
    elif vas:
        parts = {vas[0] if draw < 0.80 or len(vas) == 1 else vas[1]: 1.0}
    else:
        parts = {chance.choice(shares): 1.0}
    pledges = tuple(
        Pledge(code, units)
        for code, part in parts.items()
        if (units := _units(code, value * part, scenario)) > 0
    )
    return Borrower(pledges, Decimal(f"{usage:.4f}"))


def _mixed_with_shares(
    chance: random.Random, vas: Sequence[str], shares: Sequence[str]
) -> dict[str, float]:
    va = chance.uniform(0.2, 0.4)
    chosen = chance.sample(shares, k=min(2, len(shares)))
    rest = (1 - va) / len(chosen)
    return {chance.choice(vas): va} | dict.fromkeys(chosen, rest)


def _units(code: str, value: float, scenario: Scenario) -> Decimal:
    step = Decimal("0.00000001") if code in PLAYABLE_VA else Decimal(1)
    return round_down(Decimal(f"{value:.2f}") / scenario.opening[code].price, step)


def _cut_to_depth(borrowers: list[Borrower], scenario: Scenario) -> list[Borrower]:
    """Scale each VA down, for everybody alike, to four days of the paper venue's depth."""
    factor = {}
    for code in PLAYABLE_VA:
        pledged = sum((p.units for b in borrowers for p in b.pledges if p.code == code), Decimal(0))
        most = DAYS_OF_DEPTH * DEPTH_SHARE * scenario.daily_volume.get(code, Decimal(0))
        if pledged > most > 0:
            factor[code] = most / pledged
    step = Decimal("0.00000001")
    return [
        Borrower(
            tuple(
                Pledge(p.code, round_down(p.units * factor[p.code], step))
                if p.code in factor
                else p
                for p in borrower.pledges
            ),
            borrower.usage,
        )
        for borrower in borrowers
    ]


def _debt(borrower: Borrower, scenario: Scenario, house: House) -> Decimal:
    with localcontext(EXACT):
        margin_value = sum(
            (
                pledge.units
                * scenario.opening[pledge.code].price
                * (1 - house.haircut(pledge.code).lending)
                for pledge in borrower.pledges
            ),
            Decimal(0),
        )
        return max(DOLLAR, round_down(borrower.usage * margin_value, DOLLAR))


def _opening(number: int, debt: Decimal) -> Opening:
    with localcontext(EXACT):
        limit = round_up(debt * Decimal("1.25"), Decimal(100_000))
    return Opening(
        client_number=f"R{number:06}",
        client_name=f"Borrower {number}",
        account_number=f"MA{number:06}",
        credit_limit=limit,
        spread=SPREAD,
    )
