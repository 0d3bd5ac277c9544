"""Incidents: each time prices or a venue were not as they should be, from when to when, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import F, Q

from collateral.assets import Kind
from collateral.prices.consensus import HeldBack, Standing
from collateral.prices.live_round import Verdict
from collateral.prices.price import Price, cut
from collateral.prices.venue_health import Health, VenueHealth


class Trouble(models.TextChoices):
    FALLBACK = "fallback", "Not at the platform's price"
    THIN = "thin", "Too few sources"
    AGED = "aged", "Not renewed"
    UNPRICED = "unpriced", "No price"
    HELD_BACK = "held_back", "Not believed"
    JUMP = "jump", "Jumped"
    VOLATILE = "volatile", "Moves a lot"
    DEGRADED = "degraded", "Venue degraded"
    DOWN = "down", "Venue down"


class PriceIncident(models.Model):
    """
    One trouble of one asset or venue, `subject`, by its code or name. Open until `closed_at`.

    `told_at` and `told_end_at`: when staff were alarmed, and when they heard that it is over.
    """

    trouble = models.CharField(max_length=10, choices=Trouble.choices)
    subject = models.CharField(max_length=20)
    why = models.CharField(max_length=200)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    told_end_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "incident of prices"
        verbose_name_plural = "incidents of prices"
        constraints = [
            models.UniqueConstraint(
                fields=["trouble", "subject"],
                condition=Q(closed_at=None),
                name="price_incident_open_once",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")),
                name="price_incident_ends_after_it_began",
            ),
        ]
        indexes = [models.Index(fields=["-opened_at"], name="price_incident_newest")]

    def __str__(self):
        return f"{self.get_trouble_display()}: {self.subject}"


@dataclass(frozen=True, slots=True)
class Found:
    """A trouble that there is now."""

    trouble: str
    subject: str
    why: str


_OF_STANDING = {
    Standing.FALLBACK: Trouble.FALLBACK,
    Standing.THIN: Trouble.THIN,
    Standing.AGED: Trouble.AGED,
}


def watch(verdicts: Sequence[Verdict], *, now: datetime) -> None:
    """
    Open an incident for each trouble of this round that has none, and close those that are over.

    Assets that nobody is configured to quote are left out, unless they were priced before.
    """
    last = {price.asset_id: price for price in Price.objects.latest_of_each(now=now)}
    settle(
        [*_of_prices(verdicts, last, now=now), *_of_venues()],
        among=set(Trouble) - {Trouble.VOLATILE},
        now=now,
    )


def settle(troubles: Iterable[Found], *, among: set[str], now: datetime) -> None:
    """Of the kinds `among` exactly `troubles` are open afterwards."""
    found = {(each.trouble, each.subject): each for each in troubles}
    still_open = {
        (each.trouble, each.subject): each
        for each in PriceIncident.objects.filter(closed_at=None, trouble__in=among)
    }
    over = [each.pk for key, each in still_open.items() if key not in found]
    if over:
        PriceIncident.objects.filter(pk__in=over).update(closed_at=now)
    new = [
        PriceIncident(
            trouble=each.trouble, subject=each.subject, why=cut(each.why, 200), opened_at=now
        )
        for key, each in found.items()
        if key not in still_open
    ]
    PriceIncident.objects.bulk_create(new, ignore_conflicts=True)


def _of_prices(
    verdicts: Sequence[Verdict], last: dict[int, Price], *, now: datetime
) -> Iterable[Found]:
    for each in verdicts:
        code, price = each.asset.code, last.get(each.asset.pk)
        if isinstance(each.found, HeldBack):
            yield Found(Trouble.HELD_BACK, code, each.found.reason)
        if price is None:
            if each.answers:
                yield Found(Trouble.UNPRICED, code, getattr(each.found, "reason", "no price yet"))
            continue
        if price.fresh_until < now:
            yield Found(Trouble.UNPRICED, code, getattr(each.found, "reason", "past its time"))
        elif price.standing in _OF_STANDING and each.asset.kind == Kind.VA:
            yield Found(_OF_STANDING[price.standing], code, price.why)
        if price.jump_until and now < price.jump_until:
            yield Found(Trouble.JUMP, code, f"HKD {price.value.normalize():f}")


def _of_venues() -> Iterable[Found]:
    for row in VenueHealth.objects.exclude(state=Health.NORMAL).order_by("venue"):
        yield Found(Trouble(row.state), row.venue, row.why or "no reason given")
