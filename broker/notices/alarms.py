"""Alarms: staff hear of a trouble of prices or venues, once, and once that it is over."""

from datetime import datetime, timedelta

from django.db import transaction

from broker.notices.announce import announce
from collateral.prices.incident import PriceIncident, Trouble
from onboarding.users import Role

# Who can do something about it: trade elsewhere, set a price by hand, stop the business.
WATCH = (Role.DEALING, Role.RISK_OFFICER, Role.RESPONSIBLE_OFFICER, Role.MIC_RM)

# What one round said, the next may take back; nobody is woken for that.
PATIENCE = timedelta(seconds=30)
AT_ONCE = (Trouble.JUMP, Trouble.HELD_BACK, Trouble.DOWN)

# What follows from each, for who is woken by it.
MEANS = {
    Trouble.FALLBACK: "It is valued at the others' price, and lends less until the platform"
    " is heard again.",
    Trouble.THIN: "Nothing is lent or released on it and no soft sale goes on. Sales past the hard"
    " line go on after two minutes.",
    Trouble.AGED: "It is valued at its last price, lends less by steps, and nothing is sold on it.",
    Trouble.UNPRICED: "Accounts that hold it are not measured: nothing is lent, called or sold.",
    Trouble.HELD_BACK: "It has no price until two people set one, or the sources say another.",
    Trouble.JUMP: "Soft sales wait for a bounded time. Sales past the hard line go on.",
    Trouble.VOLATILE: "Calls come close together. Look at who would be called next on the live"
    " book.",
    Trouble.DEGRADED: "If clients trade there, purchases of virtual assets are stopped.",
    Trouble.DOWN: "If clients trade there, advances and purchases are stopped and soft sales wait."
    " Margin calls go on.",
}


@transaction.atomic
def announce_incidents(*, now: datetime) -> int:
    """
    Tell of every incident that nobody was told of; how many that were.

    One that ended before it could be told is never told. Doing it twice is doing it once.
    """
    fresh = PriceIncident.objects.filter(told_at=None, closed_at=None)
    over = PriceIncident.objects.filter(told_at__isnull=False, told_end_at=None).exclude(
        closed_at=None
    )
    told = 0
    for incident in fresh.select_for_update(skip_locked=True).order_by("pk"):
        if incident.trouble in AT_ONCE or now - incident.opened_at >= PATIENCE:
            _tell(incident, "incident/begins", now=now)
            PriceIncident.objects.filter(pk=incident.pk).update(told_at=now)
            told += 1
    for incident in over.select_for_update(skip_locked=True).order_by("pk"):
        _tell(incident, "incident/ends", now=now)
        PriceIncident.objects.filter(pk=incident.pk).update(told_end_at=now)
        told += 1
    return told


def _tell(incident: PriceIncident, occasion: str, *, now: datetime) -> None:
    announce(
        f"{occasion}:{incident.pk}",
        occasion,
        roles=WATCH,
        context={"incident": incident, "means": MEANS[incident.trouble]},
        now=now,
    )
