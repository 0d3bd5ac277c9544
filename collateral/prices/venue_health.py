"""
How each venue is: it answers, it answers in part, or it is silent; and what that stops.

Only the state of the platform that executes for clients stops anything (VAF-12). Margin calls run
on whatever happens, at the others' price with a wider haircut; sales wait for a venue to trade at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import models
from django_fsm import transition

from collateral.prices.live import Answer
from collateral.prices.stops import Act
from onboarding.lifecycle import Lifecycle, Move, StateField, move
from onboarding.parameters import Unit, declare, values_of

DEGRADED_AFTER = declare(
    "venue_degraded_after",
    "Venues: so long one must fail, in part or whole, to be degraded",
    unit=Unit.SECONDS,
    initial=Decimal(30),
    verified=False,
    source="The house's own, for VAF-12.",
    least=Decimal(5),
    most=Decimal(600),
)
DOWN_AFTER = declare(
    "venue_down_after",
    "Venues: so long one must be silent to be down",
    unit=Unit.SECONDS,
    initial=Decimal(60),
    verified=False,
    source="The house's own, for VAF-12.",
    least=Decimal(10),
    most=Decimal(600),
)
WELL_AFTER = declare(
    "venue_well_after",
    "Venues: so long one must answer to be normal again",
    unit=Unit.SECONDS,
    initial=Decimal(60),
    verified=False,
    source="The house's own: a venue that comes and goes stays what it was.",
    least=Decimal(5),
    most=Decimal(3600),
)


class Health(models.TextChoices):
    NORMAL = "normal", "Normal"
    DEGRADED = "degraded", "Degraded"
    DOWN = "down", "Down"


# What the state of the executing platform stops. A sale past the hard line is never stopped here:
# it goes to the venue, and waits there if nobody answers.
STOPS: dict[str, frozenset[Act]] = {
    Health.NORMAL: frozenset(),
    Health.DEGRADED: frozenset({Act.PURCHASE}),
    Health.DOWN: frozenset({Act.ADVANCE, Act.PURCHASE, Act.RELEASE, Act.SOFT_SALE}),
}


class VenueHealth(Lifecycle):
    """
    One venue. `failing_since`: since when not everything asked of it is answered; `silent_since`:
    since when nothing is; `answering_since`: since when something is.
    """

    STEP_FIELDS = ("since", "why")

    venue = models.CharField(max_length=20, unique=True)
    executes = models.BooleanField(default=False)
    state = StateField(default=Health.NORMAL, choices=Health.choices, protected=True)
    since = models.DateTimeField()
    failing_since = models.DateTimeField(null=True)
    silent_since = models.DateTimeField(null=True)
    answering_since = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "venue health"

    def __str__(self):
        return f"{self.venue} {self.state}"

    @transition(state, source=Health.NORMAL, target=Health.DEGRADED)
    def degrade(self, *, now: datetime, why: str):
        """It has failed for a while, in part or whole."""
        self.since, self.why = now, why

    @transition(state, source=[Health.NORMAL, Health.DEGRADED], target=Health.DOWN)
    def fall(self, *, now: datetime, why: str):
        """It has been silent for a while."""
        self.since, self.why = now, why

    @transition(state, source=Health.DOWN, target=Health.DEGRADED)
    def mend(self, *, now: datetime, why: str):
        """It answers again, in part."""
        self.since, self.why = now, why

    @transition(state, source=[Health.DEGRADED, Health.DOWN], target=Health.NORMAL)
    def recover(self, *, now: datetime, why: str):
        """It has answered everything for a while."""
        self.since, self.why = now, why


class VenueHealthMove(Move):
    subject = models.ForeignKey(VenueHealth, models.PROTECT, related_name="moves")


@dataclass(frozen=True, slots=True)
class Heard:
    """What a round heard of one venue: everything asked, something, or why nothing."""

    venue: str
    all_well: bool
    anything: bool
    why: str


def heard_of(answers: Sequence[Answer], *, now: datetime) -> list[Heard]:
    """By venue, in the order of their names. A stale quote is no answer."""
    found = []
    for venue in sorted({each.venue for each in answers}):
        own = [each for each in answers if each.venue == venue]
        well = [each for each in own if each.quote and not is_frozen(each, now)]
        failed = [each for each in own if each not in well]
        why = f"{failed[0].asset}: {failed[0].why or 'stale'}" if failed else ""
        found.append(Heard(venue, not failed, bool(well), why[:200]))
    return found


def is_frozen(answer: Answer, now: datetime) -> bool:
    """A quote of a market that never shuts, past its time."""
    return answer.quote is not None and not answer.quote.is_fresh(now) and not answer.has_hours


def observe(answers: Sequence[Answer], *, executing: str, now: datetime) -> list[VenueHealth]:
    """Bring the health of every venue asked up to date; the venues that changed their state."""
    limits = {
        name: timedelta(seconds=int(value))
        for name, value in values_of((DEGRADED_AFTER, DOWN_AFTER, WELL_AFTER), now=now).items()
    }
    changed = []
    for heard in heard_of(answers, now=now):
        row, _ = VenueHealth.objects.get_or_create(venue=heard.venue, defaults={"since": now})
        clocks = {
            "failing_since": None if heard.all_well else row.failing_since or now,
            "silent_since": None if heard.anything else row.silent_since or now,
            "answering_since": (row.answering_since or now) if heard.anything else None,
            "executes": heard.venue == executing,
        }
        if any(getattr(row, name) != value for name, value in clocks.items()):
            VenueHealth.objects.filter(pk=row.pk).update(**clocks)
            for name, value in clocks.items():
                setattr(row, name, value)
        step = _step(row, limits, now=now)
        if step:
            why = heard.why or "answers everything"
            changed.append(move(row, step, reason=why, now=now, why=why))
    return changed


def _step(row: VenueHealth, limits: dict[str, timedelta], *, now: datetime):
    def for_long(since: datetime | None, limit) -> bool:
        return since is not None and now - since >= limits[limit.name]

    if row.state != Health.DOWN and for_long(row.silent_since, DOWN_AFTER):
        return VenueHealth.fall
    if row.state == Health.NORMAL and for_long(row.failing_since, DEGRADED_AFTER):
        return VenueHealth.degrade
    if row.state == Health.NORMAL or not for_long(row.answering_since, WELL_AFTER):
        return None
    if row.failing_since is None:
        return VenueHealth.recover
    return VenueHealth.mend if row.state == Health.DOWN else None


def venue_stop(act: Act) -> str | None:
    """Why `act` waits for the executing platform, in words; None where it does not."""
    row = VenueHealth.objects.filter(executes=True).exclude(state=Health.NORMAL).first()
    if row is None or act not in STOPS[row.state]:
        return None
    return f"the trading platform is {row.get_state_display().lower()}"
