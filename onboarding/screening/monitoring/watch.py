"""Watch: run the rules over the movements of everybody's, circle by circle, and raise alerts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction

from onboarding.clients import Signatory
from onboarding.groups import groups
from onboarding.payloads import today
from onboarding.screening.monitoring.alerts import Alert
from onboarding.screening.monitoring.flows import RULES, Finding, Flow, findings
from onboarding.screening.monitoring.thresholds import thresholds


def horizon(*, now: datetime) -> datetime:
    """How far back the movements must reach for every threshold."""
    at = thresholds(now=now)
    longest = max(at.structuring_days, at.in_and_out_days, at.means_days, at.addresses_days)
    return now - timedelta(days=2 * longest + 2 * at.dormant_days)


@transaction.atomic
def watch(
    flows: Iterable[Flow], *, means: Mapping[int, Decimal] | None = None, now: datetime
) -> int:
    """
    Raise an alert for each thing found that no alert has shown before; how many that are.

    `flows` are handed in by who keeps them, far enough back for every threshold. `means` are the
    declared means of clients, HKD: without them the rule that asks for them finds nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('monitoring', 0))")
    by_client: dict[int, list[Flow]] = defaultdict(list)
    for flow in flows:
        by_client[flow.client_id].append(flow)
    at = thresholds(now=now)
    raised = []
    for circle in circles(on=today(now)):
        moving = circle & by_client.keys()
        if moving:
            own = [flow for client in sorted(moving) for flow in by_client.pop(client)]
            raised += [(circle, each) for each in _found(own, circle, means, at)]
    for client, own in sorted(by_client.items()):
        circle = frozenset({client})
        raised += [(circle, each) for each in _found(own, circle, means, at)]
    new = [pair for pair in raised if not _is_known(pair[1])]
    Alert.objects.bulk_create([_alert(circle, found, at, now=now) for circle, found in new])
    return len(new)


def _found(flows: list[Flow], circle, means, at) -> list[Finding]:
    declared = [means[client] for client in circle if means and client in means]
    return findings(flows, means=sum(declared) if declared else None, at=at)


def _is_known(found: Finding) -> bool:
    """An alert has shown these movements, or these and more, by the same rule."""
    refs = [flow.ref for flow in found.flows]
    return Alert.objects.filter(rule=found.rule, refs__contains=refs).exists()


def _alert(circle: frozenset[int], found: Finding, at, *, now: datetime) -> Alert:
    return Alert(
        rule=found.rule,
        rules=RULES,
        thresholds={name: str(value) for name, value in asdict(at).items()},
        client_id=found.flows[-1].client_id,
        clients=sorted(circle),
        said=found.said,
        flows=[
            [str(f.kind), f"{f.amount:,.2f}", f.at.isoformat(), f.ref, f.client_id]
            for f in found.flows
        ],
        refs=[flow.ref for flow in found.flows],
        raised_at=now,
    )


def circles(*, on: date) -> list[frozenset[int]]:
    """
    The clients who belong together: one person signs for them, or they are a connected group
    (SMF-7). Each client is in one circle.
    """
    of_user: dict[int, set[int]] = defaultdict(set)
    for user, client in Signatory.objects.values_list("user", "client"):
        of_user[user].add(client)
    of_group = [{client.pk for client in group.clients} for group in groups(on)]
    found: list[set[int]] = []
    for clients in (*of_user.values(), *of_group):
        touching = [circle for circle in found if circle & clients]
        found = [circle for circle in found if not circle & clients]
        found.append(set().union(clients, *touching))
    return [frozenset(circle) for circle in found if len(circle) > 1]
