"""The staff site's first page: who needs a person now, as far as the reader may see."""

from dataclasses import dataclass

from django.contrib import admin
from django.db.models import Count
from django.utils import timezone

from collateral.admin.figures import owed, usage
from lending.admin.measured import ACCOUNT_TONES, BANDS, UNPRICED, measured, usage_of
from lending.margin.account import MarginAccount, State
from onboarding.admin.clients import manager_now
from onboarding.admin.look_only import this_week, to_the_second

QUEUE_LENGTH = 12
UNEASY = (State.WARNED, State.CALLED, State.LIQUIDATING, State.IN_DEFICIT)


@dataclass(frozen=True, slots=True)
class Row:
    """One account of the queue, as the page says it."""

    account: MarginAccount
    manager: str
    state: str
    tone: str
    usage: str
    band: str
    band_tone: str
    debt: str
    shortfall: str
    due: str


def overview(request, context: dict) -> dict:
    """`context` of the first page with the reader's accounts by state and the head of the queue."""
    model_admin = admin.site._registry[MarginAccount]
    if not model_admin.has_view_permission(request):
        return context
    now = timezone.now()
    seen = MarginAccount.objects.visible_to(request.user, now=now)
    counts = dict(seen.order_by().values_list("state").annotate(count=Count("pk")))
    uneasy = (
        model_admin.get_queryset(request)
        .filter(state__in=UNEASY)
        .select_related("client")
        .order_by(*model_admin.get_ordering(request))
    )
    queue = measured(uneasy[:QUEUE_LENGTH], lambda account: account.pk, now=now)
    return context | {
        "by_state": [
            {"state": state, "tone": ACCOUNT_TONES[state], "count": counts.get(state, 0)}
            for state in State
            if state != State.CLOSED
        ],
        "queue": [_row(account) for account in queue],
        "behind": sum(counts.get(state, 0) for state in UNEASY) - len(queue),
        "now": to_the_second(now),
    }


def _row(account: MarginAccount) -> Row:
    reading = account.reading
    band, band_tone = BANDS[reading.band or UNPRICED]
    used = usage_of(reading)
    return Row(
        account=account,
        manager=manager_now(account.client),
        state=account.get_state_display(),
        tone=ACCOUNT_TONES[account.state],
        usage="–" if used is None else usage(used),
        band=band,
        band_tone=band_tone,
        debt=owed(reading.debt),
        shortfall="–" if reading.shortfall is None else owed(reading.shortfall),
        due=this_week(account.due_at) if account.due_at else "–",
    )
