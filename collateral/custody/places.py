"""
Custody places: where units rest, under which licence, and until when.

What a place is never changes. Its licence and what it keeps are dated rows by two people
(`place_change.py`). Virtual assets of clients may rest only with the associated entity of a
licensed platform or with an authorised institution, while its licence runs; the database holds
that on every movement into a place (JC-7, `movement_va_rests_where_it_may`).
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from collateral.assets import Kind
from onboarding.payloads import today
from onboarding.proposals import Proposal


class PlaceKind(models.TextChoices):
    PLATFORM = "platform", "Associated entity of a licensed platform"
    INSTITUTION = "institution", "Authorised institution"
    BROKER = "broker", "CCASS participant or broker"
    OTHER = "other", "Other"


# Where virtual assets of clients may rest (JC-7).
FOR_VA = (PlaceKind.PLATFORM, PlaceKind.INSTITUTION)
# So many days before a licence ends somebody is told, and again.
TOLD_BEFORE = (60, 30, 7)


class NoPlace(Exception):
    """The house has no place that keeps such assets."""


class CustodyPlace(models.Model):
    """An account of the house for its clients, with a custodian. `code` is what statements say."""

    code = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=12, choices=PlaceKind.choices)
    name = models.CharField(max_length=120)

    def __str__(self):
        return f"{self.code} ({self.name})"


class LicenceQuerySet(models.QuerySet):
    def in_force(self, *, at: datetime):
        """The one row of each place that holds at that time."""
        return (
            self.filter(effective_at__lte=at)
            .order_by("place_id", "-effective_at", "-pk")
            .distinct("place_id")
        )


class PlaceLicence(models.Model):
    """
    `expires_on` is the last day the licence holds, in Hong Kong; None for one without an end.

    `keeps` are the kinds of asset that rest here where nobody named another place.
    """

    place = models.ForeignKey(CustodyPlace, models.PROTECT, related_name="licences")
    number = models.CharField(max_length=40, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    keeps = ArrayField(models.CharField(max_length=8, choices=Kind.choices), default=list)
    effective_at = models.DateTimeField()
    reason = models.TextField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(
        Proposal, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = LicenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="place_licence_maker_is_not_checker"
            ),
        ]
        indexes = [
            models.Index(fields=["place", "-effective_at"], name="place_licence_in_force"),
        ]

    def __str__(self):
        return f"{self.place.code}: {self.number or 'no licence'}"

    def holds(self, *, on: date) -> bool:
        """Whether it is a licence, and has not run out on that day in Hong Kong."""
        return bool(self.number) and (self.expires_on is None or self.expires_on >= on)

    def may_keep_va(self, *, on: date) -> bool:
        """JC-7, as the database has it."""
        return self.place.kind in FOR_VA and self.holds(on=on)


class Places:
    """Which place keeps what at `now`; read once, in one statement."""

    def __init__(self, *, now: datetime):
        on = today(now)
        rows = list(PlaceLicence.objects.in_force(at=now).select_related("place"))
        # One that may not be used any more is no one's first choice.
        rows.sort(key=lambda row: (row.holds(on=on), row.effective_at, row.pk), reverse=True)
        self._keeps: dict[str, int] = {}
        for row in rows:
            for kind in row.keeps:
                self._keeps.setdefault(kind, row.place_id)

    def keeping(self, kind: str) -> int:
        """
        The key of the place where assets of that kind rest.

        :raises NoPlace: there is none
        """
        try:
            return self._keeps[kind]
        except KeyError:
            raise NoPlace(f"no custody place keeps assets of the kind {kind}") from None


def va_gate(*, now: datetime) -> str | None:
    """Why no virtual asset may be taken in now, in the client's words; None where it may (JC-7)."""
    on = today(now)
    rows = PlaceLicence.objects.in_force(at=now).select_related("place")
    if any(Kind.VA in row.keeps and row.may_keep_va(on=on) for row in rows):
        return None
    return "Virtual assets cannot be taken into custody now."


@dataclass(frozen=True, slots=True)
class Ending:
    """A licence that ends soon or has ended. `told_at` is which of TOLD_BEFORE it has come to."""

    licence: PlaceLicence
    days_left: int

    @property
    def has_lapsed(self) -> bool:
        return self.days_left < 0

    @property
    def told_at(self) -> int:
        """The nearest of the days before the end on which somebody is told; 0 where it is over."""
        if self.has_lapsed:
            return 0
        return min(days for days in TOLD_BEFORE if self.days_left <= days)


def licences_ending(*, now: datetime) -> list[Ending]:
    """The licences in force that end within 60 days, or have ended; the most urgent first."""
    on = today(now)
    rows = PlaceLicence.objects.in_force(at=now).select_related("place")
    endings = [
        Ending(row, (row.expires_on - on).days)
        for row in rows
        if row.expires_on and (row.expires_on - on).days <= max(TOLD_BEFORE)
    ]
    return sorted(endings, key=lambda ending: (ending.days_left, ending.licence.pk))
