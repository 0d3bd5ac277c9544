"""Where you stand: one account measured now, what is asked of it, and what happened."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from broker.portal.access import client_page, margin_account_of, margin_accounts_of
from broker.portal.figures import figures_of
from broker.portal.happened import happened
from broker.portal.market import Quoted, quoted
from collateral.amounts import CENT, EXACT
from collateral.prices.market_hours import HKT
from collateral.valuation.pools import PoolLine, pool_lines
from lending.loans.admission import why_not_lent
from lending.loans.rates import NoBenchmark, benchmark
from lending.margin.account import MarginAccount
from lending.margin.call import MarginCall
from lending.margin.readings import Reading, read
from lending.margin.triggers import trigger_price
from lending.margin.ways_out import ways_out
from onboarding.clients import manager_of

SHOWN = 12  # Of what happened.


@dataclass(frozen=True, slots=True)
class Row:
    """
    A line of the collateral as it is shown: `share` of the whole at market; `call_at`, the price
    at which it alone brings the debt to the margin value, None where it never does, and `distance`
    from today's price to there, a fraction.
    """

    line: PoolLine
    share: Decimal | None = None
    call_at: Decimal | None = None
    distance: Decimal | None = None


@require_safe
@client_page
def home(request: HttpRequest, number: str) -> HttpResponse:
    now = timezone.now()
    account = margin_account_of(request.user, number, now=now)
    template = "portal/home/_standing.html" if request.htmx else "portal/home/page.html"
    context = {
        "account": account,
        "page": "home",
        "now": now,
        "has_others": margin_accounts_of(request.user, now=now).exclude(pk=account.pk).exists(),
        "manager": manager_of(account.client, on=now.astimezone(HKT).date()),
        "happened": happened(account, limit=SHOWN),
        "quoted": quoted(now=now),
        "rate": _rate(account, now=now),
        "reading": None,
    }
    for reading in read(now=now, account_ids=[account.pk]):
        context |= _measured(account, reading, context["quoted"], now=now)
    return render(request, template, context)


def _measured(
    account: MarginAccount, reading: Reading, market: tuple[Quoted, ...], *, now: datetime
) -> dict:
    lines = pool_lines([reading.pool_id], now=now).get(reading.pool_id, [])
    call = MarginCall.objects.filter(pk=reading.call_id).first() if reading.call_id else None
    measured = {
        "reading": reading,
        "call": call,
        "lines": [Row(line) for line in lines],
        "silent": [line for line in lines if not line.is_fresh],
    }
    if reading.is_priced:
        stopped = why_not_lent(account, reading, now=now)
        measured |= {
            "figures": figures_of(account, reading, stopped=stopped),
            "lines": [_row(line, reading) for line in lines],
            "cash_share": _part(reading.cash, reading.market_value),
        }
        if call:
            measured |= _ways_out(account, reading, call, market)
    return measured


def _ways_out(
    account: MarginAccount, reading: Reading, call: MarginCall, market: tuple[Quoted, ...]
) -> dict:
    """What cures the call now. An asset without a fresh price offers nothing to be sure of."""
    offered = [quote.top_up for quote in market if quote.is_fresh]
    cure = ways_out(reading, account.terms, offered)
    return {
        "cure": cure,
        "cured_part": _cured_part(call, cure.cash),
        "pledges": [(quote, cure.units.get(quote.asset.code)) for quote in market],
    }


def _cured_part(call: MarginCall, missing: Decimal) -> int:
    """How much of what the call asked for is no longer missing, in whole hundredths, downwards."""
    if not call.call_amount:
        return 0
    return max(0, int(100 - 100 * missing / call.call_amount))


def _part(amount: Decimal, whole: Decimal) -> Decimal | None:
    """Which part of `whole` it is, to the digits a page shows; None of nothing."""
    with localcontext() as context:
        context.prec = 28
        return amount / whole if whole else None


def _row(line: PoolLine, reading: Reading) -> Row:
    call_at = trigger_price(
        debt=reading.debt,
        value=reading.margin_value,
        units=line.units,
        price=line.price,
        haircut=line.lending_haircut,
        level=Decimal(1),
        step=CENT,
    )
    return Row(
        line,
        share=_part(line.market_value, reading.market_value),
        call_at=call_at,
        distance=None if call_at is None else call_at / line.price - 1,
    )


def _rate(account: MarginAccount, *, now: datetime) -> Decimal | None:
    """What the loan costs a year today, benchmark and spread; None where no benchmark is set."""
    try:
        base = benchmark(account.subledger.currency, on=now.astimezone(HKT).date())
    except NoBenchmark:
        return None
    with localcontext(EXACT):
        return base + account.spread
