"""The client's page: where its units rest, under which authority, and what does not agree."""

from datetime import datetime

from django.urls import reverse

from broker.backoffice.panels import ROWS_SHOWN, Fact, Panel, chip
from collateral.admin.figures import units_of
from collateral.custody.authority import authority_of
from collateral.custody.difference import Difference, DifferenceState
from collateral.custody.pool import HeldAt
from onboarding.clients import Client
from onboarding.payloads import as_day, today


def custody(client: Client, user, now: datetime) -> Panel:
    held = HeldAt.objects.filter(pool__client=client, units__gt=0).select_related("asset", "place")
    frozen = Difference.objects.filter(client=client, state=DifferenceState.OPEN)
    codes = sorted(set(frozen.values_list("code", flat=True)))
    rows = [
        (
            line.asset.code,
            units_of(line.units, line.asset.places),
            str(line.place),
            chip("Frozen", "danger") if line.asset.code in codes else "",
        )
        for line in held.order_by("asset__code", "place__code")[:ROWS_SHOWN]
    ]
    return Panel(
        "Custody",
        facts=[
            Fact("Standing authority", *_authority(client, now)),
            Fact("Differences open", ", ".join(codes) or "none"),
        ],
        head=("Asset", "Units", "Rests at", "Releases"),
        rows=rows,
        none="Nothing is pledged.",
        more=(reverse("reconciliation"), "Reconciliation")
        if user.has_perm("collateral.view_difference")
        else None,
    )


def _authority(client: Client, now: datetime) -> tuple[str, str]:
    found = authority_of(client, on=today(now))
    if found is None:
        return "none in force", "nothing of it may be pledged on"
    until = f"until {as_day(found.expires_on)}" if found.expires_on else "without end"
    return until, found.get_given_display()
