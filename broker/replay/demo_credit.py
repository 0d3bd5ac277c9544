"""What the demonstration's clients are worth: invented, and enough for the limits they have."""

from decimal import Decimal, localcontext

from broker.replay.credit import Means
from broker.replay.demo_people import MIXES, Person
from broker.replay.house import PLAYABLE_VA
from collateral.amounts import EXACT, round_up
from lending.margin.account import MarginAccount
from onboarding.credit.score import History

MILLION = Decimal(1_000_000)
STEP = Decimal(100_000)
# Of net worth: money at a bank, the rest, what is owed on a mortgage, income of a year.
AT_BANK, ELSEWHERE, MORTGAGE, INCOME = (Decimal(p) for p in ("0.5", "0.9", "0.15", "0.05"))


def means_of(place: int, person: Person, account: MarginAccount) -> Means:
    """Five times the limit and twice the virtual assets pledged, spread as such people do."""
    with localcontext(EXACT):
        pledged = Decimal(person.worth) * MILLION
        parts = MIXES[person.mix]
        virtual = pledged * sum(Decimal(parts.get(code, "0")) for code in PLAYABLE_VA)
        worth = 5 * account.credit_limit + 2 * virtual
        pressed = person.story.startswith("called") and place % 2 == 1
        return Means(
            account.client,
            fiat=round_up(worth * AT_BANK, STEP),
            other=round_up(worth * ELSEWHERE, STEP),
            virtual=round_up(virtual, STEP),
            debts=round_up(worth * MORTGAGE, STEP) if place % 3 == 0 or pressed else Decimal(0),
            income=round_up(worth * INCOME, STEP),
            history=_history(place, pressed=pressed),
            score=4 if pressed else 2 + place % 2,
        )


def _history(place: int, *, pressed: bool) -> History:
    if pressed:
        return History.LATE
    return History.NONE if place % 5 == 4 else History.CLEAN
