"""The live book for staff: the market, the whole book, who is most urgent, what was sold, jobs."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from csp.decorators import csp_replace
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect

from broker.jobs import JobRun
from broker.templatetags.harbour import Zone, zone_of
from collateral.amounts import EXACT, NOTHING
from collateral.assets import Asset
from collateral.custody.pool import Holding
from collateral.prices.price import Price
from lending.margin.account import MarginAccount
from lending.margin.bands import IN_CALL, Band, Standing
from lending.margin.call import MarginCall
from lending.margin.cure import cash_to_cure
from lending.margin.ratios import margin_usage
from lending.margin.readings import Reading, read
from lending.margin.terms import MarginTerms
from lending.trading.order import AT_VENUE, Order, OrderState, Side
from onboarding.users import Role

QUEUE_LENGTH = 60
CALLS_SHOWN = 30
SALES_SHOWN = 15
# The full bar of a usage in the queue.
BAR_END = Decimal("1.5")
# The colours of the theme in the order of the bar over the book.
COLOURS = ("safe", "watch", "call", "sale", "none")


@dataclass(frozen=True, slots=True)
class Quoted:
    asset: Asset
    price: Price | None
    is_fresh: bool


@dataclass(frozen=True, slots=True)
class Share:
    """One colour's part of the bar over the book: `x` and `width` of 1000, and how many."""

    colour: str
    x: int
    width: int
    count: int


@dataclass(frozen=True, slots=True)
class Totals:
    """HKD. `collateral` leaves out the `unpriced` accounts, which cannot be measured."""

    accounts: int
    debt: Decimal
    collateral: Decimal
    shortfall: Decimal
    unpriced: int
    by_zone: list[tuple[Zone, int]]
    bar: list[Share]


@dataclass(frozen=True, slots=True)
class Row:
    """`bar`: usage as a part of 100. `to_cure`: the cash that cures now, None where unpriced."""

    reading: Reading
    account: MarginAccount
    zone: Zone
    usage: Decimal | None
    bar: int
    call: MarginCall | None
    to_cure: Decimal | None


@require_safe
@csp_replace({})  # Nothing in place of the strict policy.
@never_cache
@vary_on_headers("HX-Request")
def book(request: HttpRequest) -> HttpResponse:
    """Staff who may look at the whole book; to a client there is no such page."""
    user = request.user
    if not user.is_authenticated:
        if request.htmx:
            return HttpResponseClientRedirect(reverse("login"))
        return redirect_to_login(request.get_full_path())
    if user.role == Role.CLIENT:
        raise Http404
    if not user.has_perm("broker.view_live_book"):
        raise PermissionDenied
    template = "backoffice/book/_book.html" if request.htmx else "backoffice/book/page.html"
    return render(request, template, _context(user, now=timezone.now()))


def _context(user, *, now: datetime) -> dict:
    readings = read(now=now)
    queue = sorted(readings, key=_urgency)
    # By deadline: an account in call is never behind one that is not.
    in_call = [reading for reading in queue if reading.call_id]
    shown = queue[:QUEUE_LENGTH]
    rows = _rows(user, shown, in_call[:CALLS_SHOWN], now=now)
    return {
        "now": now,
        "market": _market(now=now),
        "totals": _totals(readings),
        "queue": [rows[reading.account_id] for reading in shown if reading.account_id in rows],
        "behind": len(queue) - len(shown),
        "open_calls": len(in_call),
        "calls": [rows[r.account_id] for r in in_call[:CALLS_SHOWN] if r.account_id in rows],
        "at_venue": Order.objects.filter(state__in=AT_VENUE).count(),
        "sales": _sales(),
        "jobs": JobRun.objects.order_by("name"),
    }


def _market(*, now: datetime) -> list[Quoted]:
    """Every asset that is held or was ever priced, with its last price."""
    last = Price.objects.filter(asset=OuterRef("pk"), observed_at__lte=now).order_by("-observed_at")
    held = Holding.objects.filter(asset=OuterRef("pk"), units__gt=0)
    assets = (
        Asset.objects.annotate(price_id=Subquery(last.values("pk")[:1]), held=Exists(held))
        .filter(Q(price_id__isnull=False) | Q(held=True))
        .order_by("pk")
    )
    assets = list(assets)
    prices = Price.objects.in_bulk([asset.price_id for asset in assets if asset.price_id])
    return [_quoted(asset, prices.get(asset.price_id), now=now) for asset in assets]


def _quoted(asset: Asset, price: Price | None, *, now: datetime) -> Quoted:
    return Quoted(asset, price, is_fresh=price is not None and price.fresh_until >= now)


def _totals(readings: list[Reading]) -> Totals:
    zones = Counter(zone_of(reading) for reading in readings)
    by_colour = Counter()
    for zone, count in zones.items():
        by_colour[zone.colour] += count
    in_order = sorted(zones.items(), key=lambda item: (COLOURS.index(item[0].colour), item[0].word))
    return Totals(
        accounts=len(readings),
        debt=_sum(reading.debt for reading in readings),
        collateral=_sum(reading.market_value for reading in readings),
        shortfall=_sum(reading.shortfall for reading in readings),
        unpriced=sum(not reading.is_priced for reading in readings),
        by_zone=in_order,
        bar=_bar(by_colour, len(readings)),
    )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    with localcontext(EXACT):
        return sum((amount for amount in amounts if amount is not None), NOTHING)


def _bar(by_colour: Counter, total: int) -> list[Share]:
    """The parts of the bar, without a gap or an overlap: each ends where the running count does."""
    shares, before = [], 0
    for colour in COLOURS:
        count = by_colour[colour]
        if count:
            x = 1000 * before // total
            shares.append(Share(colour, x, 1000 * (before + count) // total - x, count))
        before += count
    return shares


def _urgency(reading: Reading) -> tuple:
    """
    Being sold first, the largest shortfall ahead; then past the hard line; then open calls by
    deadline; then what cannot be measured; then the thinnest cover; deficits last.
    """
    if reading.standing == Standing.LIQUIDATING:
        return (0, -(reading.shortfall or NOTHING), reading.account_id)
    if reading.band == Band.HARD:
        return (1, -reading.shortfall, reading.account_id)
    if reading.standing in IN_CALL:
        return (2, reading.cure_due_at.timestamp(), reading.account_id)
    if reading.standing == Standing.IN_DEFICIT:
        return (5, 0, reading.account_id)
    if not reading.is_priced:
        return (3, -reading.debt, reading.account_id)
    usage = margin_usage(reading.debt, reading.margin_value)
    # Money owed against a margin value of nothing has no ratio: it is the thinnest cover there is.
    return (4, -(Decimal("Infinity") if usage is None else usage), reading.account_id)


def _rows(user, *parts: list[Reading], now: datetime) -> dict[int, Row]:
    """A row of each reading, by account: two look-ups and the terms, however many rows."""
    readings = {reading.account_id: reading for part in parts for reading in part}
    accounts = (
        MarginAccount.objects.visible_to(user, now=now)
        .select_related("client", "subledger")
        .in_bulk(readings)
    )
    calls = MarginCall.objects.in_bulk({r.call_id for r in readings.values() if r.call_id})
    terms = MarginTerms.objects.in_bulk({account.terms_id for account in accounts.values()})
    return {
        pk: _row(readings[pk], account, calls, terms[account.terms_id])
        for pk, account in accounts.items()
    }


def _row(
    reading: Reading, account: MarginAccount, calls: dict[int, MarginCall], terms: MarginTerms
) -> Row:
    usage = margin_usage(reading.debt, reading.margin_value)
    return Row(
        reading=reading,
        account=account,
        zone=zone_of(reading),
        usage=usage,
        bar=0 if usage is None else int(min(usage, BAR_END) / BAR_END * 100),
        call=calls.get(reading.call_id),
        to_cure=cash_to_cure(
            debt=reading.debt,
            margin_value=reading.margin_value,
            credit_limit=reading.credit_limit,
            policy_amount=reading.policy_amount,
            level=terms.cure,
        )
        if reading.is_priced
        else None,
    )


def _sales() -> list[Order]:
    sold = Order.objects.filter(side=Side.SELL, state=OrderState.FILLED)
    return list(
        sold.select_related("account__client", "asset").order_by("-ended_at", "-pk")[:SALES_SHOWN]
    )
