"""
How every page writes money, units, prices, ratios and times, and the words of the zones.

What is owed is rounded up, what is had is rounded down. A minus is a true minus, times are in
Hong Kong. The filters return text, so that no locale groups it a second time.
"""

from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import NamedTuple

from django import template
from django.utils.html import format_html

from collateral.amounts import CENT, EXACT, round_down, round_up
from collateral.prices.market_hours import HKT
from lending.margin.account import MarginAccount
from lending.margin.bands import Band, Standing
from lending.margin.ratios import margin_usage
from lending.margin.readings import Reading

register = template.Library()

DOLLAR = Decimal(1)
HUNDRED = Decimal(100)
NO_FIGURE = "—"
MINUS = "−"


class Zone(NamedTuple):
    """A word, and the name of the colour that stands with it in the theme."""

    word: str
    colour: str


SAFE, WATCH = Zone("Safe", "safe"), Zone("Watch", "watch")
NOT_MEASURED = Zone("Not measured", "none")
OVER_THE_LINE = Zone("Over the call line", "call")
PAST_HARD_LINE = Zone("Past the hard line", "sale")
_BY_STANDING = {
    Standing.LIQUIDATING: Zone("Being sold", "sale"),
    Standing.IN_DEFICIT: Zone("In deficit", "sale"),
    Standing.ACCELERATED: Zone("Margin call, accelerated", "call"),
    Standing.OVERDUE: Zone("Margin call, overdue", "call"),
    Standing.CALLED: Zone("Margin call", "call"),
}


def zone_of(reading: Reading) -> Zone:
    """The zone of an account: what it is in by its state, or else where the reading puts it."""
    if reading.standing == Standing.IN_DEFICIT:
        return _BY_STANDING[reading.standing]
    if not reading.is_priced:
        return NOT_MEASURED
    if reading.standing != Standing.LIQUIDATING and reading.band == Band.HARD:
        return PAST_HARD_LINE
    if reading.standing in _BY_STANDING:
        return _BY_STANDING[reading.standing]
    # A shortfall too small to call for is still one.
    return OVER_THE_LINE if reading.shortfall else WATCH if reading.band == Band.WARN else SAFE


@register.simple_tag
def zone(of: Reading | Zone):
    """The zone of a reading, or a zone that is known already, as a chip."""
    known = of if isinstance(of, Zone) else zone_of(of)
    return format_html('<span class="zone {}">{}</span>', known.colour, known.word)


@register.simple_tag
def usage_of(reading: Reading) -> Decimal | None:
    """The margin usage of a reading, for the filter of that name."""
    return margin_usage(reading.debt, reading.margin_value)


@register.simple_tag
def owed_in_all(reading: Reading, account: MarginAccount) -> Decimal:
    """The debt that is measured, and what a sale left uncovered, which is owed all the same."""
    with localcontext(EXACT):
        return reading.debt + account.subledger.deficit


# --- Money, units, prices -----------------------------------------------------------------------


@register.filter
def owed(amount: Decimal | None, step: Decimal = CENT) -> str:
    """HKD that somebody owes or must bring, rounded up to the cent."""
    return _grouped(amount, round_up, step)


@register.filter
def had(amount: Decimal | None, step: Decimal = CENT) -> str:
    """HKD that somebody has or may have, rounded down to the cent."""
    return _grouped(amount, round_down, step)


@register.filter
def effect(amount: Decimal) -> str:
    """What something added, with its sign, HKD to the cent: +1,234.56, −0.01."""
    return f"{MINUS if amount < 0 else '+'}{abs(amount):,.2f}"


@register.filter
def owed_whole(amount: Decimal | None) -> str:
    return owed(amount, DOLLAR)


@register.filter
def had_whole(amount: Decimal | None) -> str:
    return had(amount, DOLLAR)


@register.filter
def cents_apart(text: str):
    """The same text with what follows the point set smaller, for a figure that stands large."""
    whole, point, cents = text.partition(".")
    return format_html('{}<span class="cents">{}{}</span>', whole, point, cents)


@register.filter
def units(amount: Decimal | None, step: Decimal) -> str:
    """Units of an asset with the decimals of its smallest step."""
    if amount is None:
        return NO_FIGURE
    places = max(0, -step.normalize().as_tuple().exponent)
    return _signed(amount, f"{amount.copy_abs():,.{places}f}")


@register.filter
def units_short(amount: Decimal) -> str:
    """Units as they stand in a sentence, without idle zeros."""
    whole, point, rest = f"{amount:,f}".partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole


@register.filter
def price(value: Decimal | None) -> str:
    """HKD for one unit: two decimals, four where a unit costs less than ten dollars."""
    if value is None:
        return NO_FIGURE
    return f"{value:,.4f}" if value < 10 else f"{value:,.2f}"


def _grouped(amount: Decimal | None, rounded, step: Decimal) -> str:
    if amount is None:
        return NO_FIGURE
    places = 2 if step == CENT else 0
    return _signed(amount, f"{rounded(amount.copy_abs(), step):,.{places}f}")


def _signed(amount: Decimal, text: str) -> str:
    return MINUS + text if amount < 0 else text


# --- Ratios -------------------------------------------------------------------------------------


@register.filter
def usage(ratio: Decimal | None) -> str:
    """Margin usage to a hundredth of a percent, rounded up: it never looks better than it is."""
    return NO_FIGURE if ratio is None else f"{_hundredths(ratio, 2, ROUND_CEILING)}%"


@register.filter
def fall(ratio: Decimal | None) -> str:
    """A fall that can still be borne, to a tenth of a percent, rounded down."""
    return NO_FIGURE if ratio is None else f"{_hundredths(ratio, 1, ROUND_FLOOR)}%"


@register.filter
def rise(ratio: Decimal | None) -> str:
    """A rise that is needed, to a tenth of a percent, rounded up."""
    return NO_FIGURE if ratio is None else f"{_hundredths(ratio, 1, ROUND_CEILING)}%"


@register.filter
def signed_percent(ratio: Decimal | None, places: int = 1) -> str:
    """A change with its sign: −21.5%, +3.0%."""
    if ratio is None:
        return NO_FIGURE
    text = f"{abs(ratio * HUNDRED):,.{places}f}%"
    return (MINUS if ratio < 0 else "+") + text


@register.filter
def worse(ratio: Decimal | None) -> str:
    """Slippage to a hundredth of a percent: 0.12% worse, 0.03% better."""
    if ratio is None:
        return NO_FIGURE
    return f"{abs(ratio * HUNDRED):.2f}% {'better' if ratio < 0 else 'worse'}"


@register.filter
def percent(ratio: Decimal | None) -> str:
    """A haircut, a level, a yearly rate: as it is, without idle zeros."""
    return NO_FIGURE if ratio is None else f"{(ratio * HUNDRED).normalize():f}%"


@register.filter
def share(ratio: Decimal | None) -> str:
    return NO_FIGURE if ratio is None else f"{ratio * HUNDRED:.1f}%"


def _hundredths(ratio: Decimal, places: int, rounding: str) -> str:
    step = Decimal(1).scaleb(-places)
    return f"{(ratio * HUNDRED).quantize(step, rounding):,}"


# --- Times --------------------------------------------------------------------------------------


@register.filter
def hkt(at: datetime | None) -> str:
    """Tue 24 Nov 2026, 08:15 HKT"""
    return NO_FIGURE if at is None else f"{at.astimezone(HKT):%a %-d %b %Y, %H:%M} HKT"


@register.filter
def hkt_clock(at: datetime | None) -> str:
    """08:15:07"""
    return NO_FIGURE if at is None else f"{at.astimezone(HKT):%H:%M:%S}"


@register.filter
def day(at: datetime, now: datetime) -> str:
    """Today 10:27, or 22 Nov 10:27, or 22 Nov 2025."""
    local, today = at.astimezone(HKT), now.astimezone(HKT)
    if local.date() == today.date():
        return f"Today {local:%H:%M}"
    return f"{local:%-d %b %H:%M}" if local.year == today.year else f"{local:%-d %b %Y}"


@register.filter
def age(at: datetime | None, now: datetime) -> str:
    """4 s ago, 3 min ago, 2 h ago, 5 d ago."""
    if at is None:
        return "never"
    seconds = max(0, int((now - at).total_seconds()))
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {name} ago"
    return f"{seconds} s ago"


@register.filter
def left(until: datetime | None, now: datetime) -> str:
    """21 h 48 min, 48 min, 35 s, or that the time is up."""
    if until is None:
        return NO_FIGURE
    seconds = int((until - now).total_seconds())
    if seconds <= 0:
        return "time is up"
    hours, minutes = seconds // 3_600, seconds % 3_600 // 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


@register.filter
def iso(at: datetime) -> str:
    """For a program to read: the countdown takes it from here."""
    return at.isoformat()


@register.filter
def duration(seconds: Decimal | None) -> str:
    """0.43 s, 12.1 s, 3 min 2 s."""
    if seconds is None:
        return NO_FIGURE
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


@register.filter
def job_name(name: str) -> str:
    """The job's own words: `lending.tasks.sweep_margins` sweeps margins."""
    return name.rpartition(".")[2].replace("_", " ").capitalize()
