"""Draw: an amount and what it is for, what it would change, and the advance itself."""

import uuid
from datetime import datetime
from decimal import Decimal, localcontext

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from broker.portal.access import client_page, margin_account_of
from broker.portal.figures import after_drawing, figures_of
from broker.portal.forms import KEEP, DrawForm
from broker.portal.market import Quoted, quoted
from broker.signin.step_up import second_factor_to_act
from broker.templatetags.harbour import had, owed, price, units_short
from collateral.amounts import CENT, EXACT, quotient_down
from lending.loans.admission import why_not_lent
from lending.loans.draw import BINDS, DrawRefused, KeyReused, power_of
from lending.loans.draw import draw as lend
from lending.margin.account import MarginAccount
from lending.margin.readings import Reading, read
from lending.trading.buy import SLIPPAGE_CAP, buy
from lending.trading.order import Order, OrderState
from lending.trading.venue import VenueError
from lending.trading.venues import venue_named

VENUE = "paper"


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
@second_factor_to_act
def draw(request: HttpRequest, number: str) -> HttpResponse:
    """A form, then the same with what it would change, then the advance."""
    now = timezone.now()
    account = margin_account_of(request.user, number, now=now)
    reading = _reading(account, now=now)
    market = quoted(now=now)
    codes = [quote.asset.code for quote in market]
    if request.method != "POST":
        form = _asked(request, codes)
        return _show(request, account, reading, form, market, now=now)
    form = DrawForm(request.POST, codes=codes)
    if not form.is_valid() or "change" in request.POST:
        return _show(request, account, reading, form, market, now=now)
    if "confirmed" not in request.POST:
        refusal = _refusal(account, reading, form.cleaned_data["amount"], now=now)
        if refusal:
            form.add_error("amount", refusal)
        return _show(request, account, reading, form, market, now=now, confirm=not refusal)
    try:
        _act(request, account, form, market, now=now)
    except DrawRefused as refusal:
        form.add_error("amount", str(refusal))
        return _show(request, account, reading, form, market, now=now)
    except KeyReused:
        form = _renewed(form, codes)
        return _show(request, account, reading, form, market, now=now)
    return redirect("portal:home", account.number)


def _reading(account: MarginAccount, *, now: datetime) -> Reading:
    for reading in read(now=now, account_ids=[account.pk]):
        return reading
    raise Http404("a closed account lends nothing")


def _refusal(
    account: MarginAccount, reading: Reading, amount: Decimal, *, now: datetime
) -> str | None:
    """Why `amount` would be refused as things stand, so that nobody confirms it in vain."""
    stopped = why_not_lent(account, reading, now=now)
    power = power_of(account, reading)
    if stopped or amount <= power.amount:
        return stopped
    return f"You may draw at most HKD {power.amount:,.2f}: {BINDS[power.limit]}."


def _act(
    request: HttpRequest,
    account: MarginAccount,
    form: DrawForm,
    market: tuple[Quoted, ...],
    *,
    now: datetime,
) -> None:
    """Lend, and buy where that is the purpose; say what came of it."""
    amount, key = form.cleaned_data["amount"], form.cleaned_data["key"].hex
    if form.cleaned_data["purpose"] == KEEP:
        made = lend(account, amount, key=key, by=request.user, now=now)
        is_new = made.drawn_at == now
        text = f"HKD {owed(amount)} is drawn and lies in your account as purchasing cash."
    else:
        [asset] = [q.asset for q in market if q.asset.code == form.cleaned_data["purpose"]]
        try:
            order = buy(
                account, asset, amount, venue=venue_named(VENUE), key=key, by=request.user, now=now
            )
        except VenueError:
            messages.warning(
                request,
                f"HKD {owed(amount)} is drawn. The venue has not said yet what became of your"
                " order; it is asked again and is never sent twice.",
            )
            return
        is_new, text = order.planned_at == now, _outcome(order, amount)
    if is_new:
        messages.success(request, text)
    else:
        messages.info(request, "That advance was made before; nothing was drawn twice.")


def _outcome(order: Order, amount: Decimal) -> str:
    if order.state == OrderState.FILLED:
        with localcontext(EXACT):
            rest = amount - order.gross - order.costs
        text = (
            f"Bought {units_short(order.filled_units)} {order.asset} at"
            f" {price(order.price)}, costs HKD {owed(order.costs)}."
        )
        return f"{text} HKD {had(rest)} stays in your account as cash." if rest else text
    if order.state == OrderState.CANCELLED:
        return (
            f"HKD {owed(amount)} is drawn and lies in your account as cash: the order did not"
            " trade."
        )
    return f"HKD {owed(amount)} is drawn; the order is at the venue."


def _asked(request: HttpRequest, codes: list[str]) -> DrawForm:
    """An empty form, or one with the amount that a link asks for."""
    amount = request.GET.get("amount")
    if amount is None:
        return DrawForm(codes=codes)
    asked = {"amount": amount, "key": uuid.uuid4(), "purpose": request.GET.get("purpose", KEEP)}
    return DrawForm(asked, codes=codes)


def _renewed(form: DrawForm, codes: list[str]) -> DrawForm:
    """The same form under a new key, and why."""
    renewed = DrawForm({**form.data.dict(), "key": uuid.uuid4()}, codes=codes)
    renewed.add_error(
        "amount",
        "This form was used for another advance before. Look at your account, then send it again"
        " if you still mean it.",
    )
    return renewed


def _show(
    request: HttpRequest,
    account: MarginAccount,
    reading: Reading,
    form: DrawForm,
    market: tuple[Quoted, ...],
    *,
    now: datetime,
    confirm: bool = False,
) -> HttpResponse:
    template = "portal/draw/page.html"
    if confirm:
        template = "portal/draw/confirm.html"
    elif request.htmx:
        template = "portal/draw/_after.html"
    stopped = why_not_lent(account, reading, now=now)
    context = {
        "page": "draw",
        "account": account,
        "reading": reading,
        "form": form,
        "now": now,
        "demonstration": not settings.PRODUCTION,
        "figures": figures_of(account, reading, stopped=stopped) if reading.is_priced else None,
        "stopped": stopped,
        "quoted": market,
        "after": _after(account, reading, form, market, now=now),
    }
    return render(request, template, context)


def _after(
    account: MarginAccount,
    reading: Reading,
    form: DrawForm,
    market: tuple[Quoted, ...],
    *,
    now: datetime,
):
    """What the form would change; None where it says no amount or nothing can be measured."""
    if not (reading.is_priced and form.is_bound and form.is_valid()):
        return None
    amount, purpose = form.cleaned_data["amount"], form.cleaned_data["purpose"]
    if purpose == KEEP:
        return after_drawing(account, reading, amount, lends=amount)
    [quote] = [q for q in market if q.asset.code == purpose]
    if not quote.is_fresh:
        return None
    return after_drawing(account, reading, amount, lends=_least_lent(quote, amount, now=now))


def _least_lent(quote: Quoted, amount: Decimal, *, now: datetime) -> Decimal:
    """What a purchase for `amount` lends if it trades at the worst it may, HKD, rounded down."""
    cost = venue_named(VENUE).cost(quote.asset.pk, quote.asset.lot, now=now)
    with localcontext(EXACT):
        dear = (1 + SLIPPAGE_CAP) * (1 + cost)
        return quotient_down(amount * (1 - quote.lending_haircut), dear, CENT)
