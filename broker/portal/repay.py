"""Repay: an amount, what it would change, and the payment itself."""

import uuid
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from broker.portal.access import client_page, margin_account_of
from broker.portal.figures import after_repaying, owed_and_limits
from broker.portal.forms import RepayForm
from broker.templatetags.harbour import had
from collateral.amounts import CENT, round_up
from lending.loans.repay import KeyReused, Repayment, RepaymentRefused, Source
from lending.loans.repay import repay as take
from lending.margin.account import MarginAccount
from lending.margin.call import CallState, MarginCall
from lending.margin.cure import cash_to_cure
from lending.margin.readings import Reading, read


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def repay(request: HttpRequest, number: str) -> HttpResponse:
    """A form, then the same with what it would change, then the payment."""
    now = timezone.now()
    account = margin_account_of(request.user, number, now=now)
    reading = _reading(account, now=now)
    if request.method != "POST":
        return _show(request, account, reading, _asked(request), now=now)
    form = RepayForm(request.POST)
    if not form.is_valid() or "change" in request.POST:
        return _show(request, account, reading, form, now=now)
    if "confirmed" not in request.POST:
        refusal = _refusal(reading, form)
        if refusal:
            form.add_error("amount", refusal)
        return _show(request, account, reading, form, now=now, confirm=not refusal)
    try:
        made = take(
            account,
            form.cleaned_data["amount"],
            source=form.cleaned_data["source"],
            key=form.cleaned_data["key"].hex,
            by=request.user,
            now=now,
        )
    except RepaymentRefused as refusal:
        form.add_error("amount", str(refusal))
        return _show(request, account, reading, form, now=now)
    except KeyReused:
        form = _renewed(form)
        return _show(request, account, reading, form, now=now)
    _tell(request, made, reading, now=now)
    return redirect("portal:home", account.number)


def _reading(account: MarginAccount, *, now: datetime) -> Reading:
    for reading in read(now=now, account_ids=[account.pk]):
        return reading
    raise Http404("a closed account takes no repayment")


def _refusal(reading: Reading, form: RepayForm) -> str:
    """Why it would be refused as things stand, so that nobody confirms it in vain."""
    from_cash = form.cleaned_data["source"] == Source.CASH
    if from_cash and form.cleaned_data["amount"] > reading.cash:
        return f"There is HKD {reading.cash:,.2f} of cash in the account."
    return ""


def _asked(request: HttpRequest) -> RepayForm:
    """An empty form, or one with the amount that a link asks for."""
    amount = request.GET.get("amount")
    if amount is None:
        return RepayForm()
    return RepayForm(
        {"amount": amount, "key": uuid.uuid4(), "source": request.GET.get("source", "")}
    )


def _renewed(form: RepayForm) -> RepayForm:
    """The same form under a new key, and why."""
    renewed = RepayForm({**form.data.dict(), "key": uuid.uuid4()})
    renewed.add_error(
        "amount",
        "This form was used for another payment before. Look at your account, then send it again"
        " if you still mean it.",
    )
    return renewed


def _show(
    request: HttpRequest,
    account: MarginAccount,
    reading: Reading,
    form: RepayForm,
    *,
    now: datetime,
    confirm: bool = False,
) -> HttpResponse:
    template = "portal/repay/page.html"
    if confirm:
        template = "portal/repay/confirm.html"
    elif request.htmx:
        template = "portal/repay/_after.html"
    context = {
        "page": "repay",
        "account": account,
        "reading": reading,
        "form": form,
        "now": now,
        "paper_bank": settings.PAPER_BANK,
        "presets": _presets(account, reading),
        "after": _after(account, reading, form),
        "from_cash": form["source"].value() == Source.CASH,
    }
    return render(request, template, context)


def _presets(account: MarginAccount, reading: Reading) -> list[tuple[str, Decimal]]:
    """Amounts that mean something now, HKD, rounded up to the cent; those of nothing left out."""
    presets = []
    if reading.is_priced:
        levels = account.terms.levels
        owed = owed_and_limits(reading)
        if reading.call_id:
            presets.append(("To cure the call", cash_to_cure(**owed, level=levels.cure)))
        presets.append(
            (f"Down to {levels.warn * 100:.0f}% usage", cash_to_cure(**owed, level=levels.warn))
        )
    presets.append(("All that is owed", round_up(reading.debt + account.subledger.deficit, CENT)))
    return [(name, amount) for name, amount in presets if amount]


def _after(account: MarginAccount, reading: Reading, form: RepayForm):
    """What the form would change; None where it says no amount or nothing can be measured."""
    if not (reading.is_priced and form.is_bound and form.is_valid()):
        return None
    from_cash = form.cleaned_data["source"] == Source.CASH
    amount = form.cleaned_data["amount"]
    if from_cash and amount > reading.cash:
        return None
    return after_repaying(account, reading, amount, from_cash=from_cash)


def _tell(request: HttpRequest, made: Repayment, before: Reading, *, now: datetime) -> None:
    if made.paid_at != now:
        messages.info(request, "That payment was recorded before; nothing was taken twice.")
        return
    text = f"HKD {had(made.amount)} is recorded as paid."
    cured = MarginCall.objects.filter(pk=before.call_id, state=CallState.CURED).exists()
    if cured:
        text += " Your margin call is cured."
    messages.success(request, text)
