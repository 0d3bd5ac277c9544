"""
The figures that prices are judged by: dated, set by two people, passed as values to the pure code.

None of them is the regulator's: VAF-10 to VAF-12 ask for the mechanisms, the house sets the sizes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from collateral.prices.ageing import AgeStep
from collateral.prices.consensus import Rule
from collateral.prices.shares import ShareRule
from collateral.prices.spot import Ages
from onboarding.parameters import Parameter, Unit, declare, value_of, values_of

_DECLARED: list[Parameter] = []


def _house(name: str, title: str, unit: Unit, initial, source: str, **bounds) -> Parameter:
    known = declare(
        name,
        title,
        unit=unit,
        initial=Decimal(initial),
        verified=False,
        source=f"The house's own. {source}",
        **bounds,
    )
    _DECLARED.append(known)
    return known


NEEDED = _house(
    "price_sources_needed",
    "Prices: sources that must agree on a virtual asset",
    Unit.COUNT,
    3,
    "VAF-11: the platform's price, cross-checked.",
    least=Decimal(2),
    most=Decimal(10),
)
NEAR = _house(
    "price_near_median",
    "Prices: how far the executing platform may be from the median",
    Unit.FRACTION,
    "0.02",
    "VAF-11.",
)
OUTLIER = _house(
    "price_outlier",
    "Prices: within this of the median no source is an outlier",
    Unit.FRACTION,
    "0.02",
    "VAF-11.",
)
MADS = _house(
    "price_outlier_mads",
    "Prices: nor within so many median deviations",
    Unit.COUNT,
    6,
    "VAF-11.",
    most=Decimal(20),
)
APART = _house(
    "price_apart",
    "Prices: beyond this every source is an outlier",
    Unit.FRACTION,
    "0.10",
    "Three that disagree wholly have a wide deviation and prove nothing.",
)
WIDEST = _house(
    "price_widest_book",
    "Prices: the widest book that says a price",
    Unit.FRACTION,
    "0.02",
    "A thin pair in HKD may show nobody's price.",
)
HELD_BACK = _house(
    "price_held_back",
    "Prices: a move from the last price that waits for two people",
    Unit.FRACTION,
    "0.60",
    "Bitcoin was printed at 0.06 on 2017-04-15.",
)
THIN_WAIT = _house(
    "price_thin_wait",
    "Prices: how long two sources alone hold up a sale past the hard line",
    Unit.SECONDS,
    120,
    "VAF-12.",
    most=Decimal(3600),
)
JUMP = _house(
    "price_jump",
    "Prices: a move that stops soft sales",
    Unit.FRACTION,
    "0.10",
    "VAF-10.",
)
JUMP_WINDOW = _house("price_jump_window", "Prices: within this time", Unit.SECONDS, 300, "VAF-10.")
JUMP_STOP = _house(
    "price_jump_stop",
    "Prices: how long soft sales wait after a jump",
    Unit.SECONDS,
    600,
    "Bounded on purpose: a breaker that stays open is a breaker against the client.",
    most=Decimal(3600),
)
MARK = _house(
    "price_fallback_mark",
    "Prices: what the lending haircut widens by while the executing platform is not heard",
    Unit.FRACTION,
    "0.01",
    "VAF-12: a conservative mark.",
)
LIVES = _house(
    "price_lives", "Prices: how long a quote lives", Unit.SECONDS, 30, "VAF-10.", least=Decimal(5)
)
LAST_CHANGE = _house(
    "price_last_change", "Prices: how long a book may stand still", Unit.SECONDS, 120, "VAF-10."
)
LAST_TRADE = _house(
    "price_last_trade", "Prices: how old the last trade may be", Unit.SECONDS, 600, "VAF-10."
)
AHEAD = _house(
    "price_clock_ahead",
    "Prices: how far a venue's clock may be ahead of ours",
    Unit.SECONDS,
    5,
    "A time to come is a wrong time.",
)
SHARE_LIVES = _house(
    "price_share_lives",
    "Prices: how many minutes of trading a share's price lives",
    Unit.MINUTES,
    20,
    "A halted share keeps its last price, and must not lend on it.",
)
SHARE_MOVE = _house(
    "price_share_move",
    "Prices: a share's move from yesterday's file that waits for a second source",
    Unit.FRACTION,
    "0.15",
    "0700 was printed at 1.51 instead of 15.1 on 2009-07-07.",
)
RATE_LEAST = _house(
    "price_rate_least",
    "Prices: the least rate of the US dollar that needs nobody",
    Unit.HKD,
    "7.75",
    "The convertibility undertaking, strong side.",
)
RATE_MOST = _house(
    "price_rate_most",
    "Prices: the highest rate of the US dollar that needs nobody",
    Unit.HKD,
    "7.85",
    "The convertibility undertaking, weak side.",
)
RATE_DAYS = _house(
    "price_rate_days",
    "Prices: how long a published rate of the US dollar lives",
    Unit.DAYS,
    7,
    "Longer than any run of bank holidays.",
    most=Decimal(14),
)
AGE_1 = _house("price_age_1", "Prices: first age", Unit.MINUTES, 10, "Domain facts 5.8.")
AGE_2 = _house("price_age_2", "Prices: second age", Unit.MINUTES, 30, "Domain facts 5.8.")
AGE_3 = _house("price_age_3", "Prices: third age", Unit.MINUTES, 60, "Domain facts 5.8.")
AGE_END = _house(
    "price_age_end",
    "Prices: the age past which there is none",
    Unit.MINUTES,
    120,
    "Domain facts 5.8.",
    most=Decimal(1440),
)
WIDEN_1 = _house(
    "price_widen_1", "Prices: haircut wider at the first age", Unit.FRACTION, "0.005", "5.8."
)
WIDEN_2 = _house(
    "price_widen_2", "Prices: haircut wider at the second age", Unit.FRACTION, "0.01", "5.8."
)
WIDEN_3 = _house(
    "price_widen_3", "Prices: haircut wider at the third age", Unit.FRACTION, "0.015", "5.8."
)

THIN_SOURCES = 2  # The executing platform and one more (VAF-12).


@dataclass(frozen=True, slots=True)
class Rules:
    """All of it as plain values, as it holds at one moment."""

    va: Rule
    rate: Rule
    share: ShareRule
    ages: Ages
    steps: tuple[AgeStep, ...]
    ends_after: timedelta
    mark: Decimal
    jump: Decimal
    jump_window: timedelta
    jump_stop: timedelta


def rules_at(now: datetime, *, executing: str) -> Rules:
    """What holds at `now`, for prices whose clients trade at `executing`; one query."""
    held = values_of(_DECLARED, now=now)

    def of(parameter: Parameter) -> Decimal:
        return held[parameter.name]

    def seconds(parameter: Parameter) -> timedelta:
        return timedelta(seconds=int(of(parameter)))

    def minutes(parameter: Parameter) -> timedelta:
        return timedelta(minutes=int(of(parameter)))

    return Rules(
        va=Rule(
            min_sources=int(of(NEEDED)),
            spread=of(OUTLIER),
            mads=of(MADS),
            apart=of(APART),
            held_back=of(HELD_BACK),
            executing=executing,
            near=of(NEAR),
            thin_sources=THIN_SOURCES,
            widest=of(WIDEST),
        ),
        rate=Rule(min_sources=1, least=of(RATE_LEAST), most=of(RATE_MOST)),
        share=ShareRule(move=of(SHARE_MOVE), spread=of(OUTLIER)),
        ages=Ages(
            lives=seconds(LIVES),
            last_change=seconds(LAST_CHANGE),
            last_trade=seconds(LAST_TRADE),
            close=minutes(SHARE_LIVES),
            day=timedelta(days=int(of(RATE_DAYS))),
            ahead=seconds(AHEAD),
        ),
        steps=tuple(
            AgeStep(minutes(after), of(widen))
            for after, widen in ((AGE_1, WIDEN_1), (AGE_2, WIDEN_2), (AGE_3, WIDEN_3))
        ),
        ends_after=minutes(AGE_END),
        mark=of(MARK),
        jump=of(JUMP),
        jump_window=seconds(JUMP_WINDOW),
        jump_stop=seconds(JUMP_STOP),
    )


def thin_wait(now: datetime) -> timedelta:
    """How long a thin price holds up a sale past the hard line."""
    return timedelta(seconds=int(value_of(THIN_WAIT, now=now)))
