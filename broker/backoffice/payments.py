"""Payments: what came in, from whom, and what is held because the payer is somebody else."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from broker.backoffice.desk import show, staff_page
from broker.backoffice.propose_forms import proposable_by
from onboarding.clients import Client, ClientState
from onboarding.screening.payments import Payment, PaymentRefused, PaymentState, receive_payment
from onboarding.users import Role

PER_PAGE = 50
RECORDS = frozenset({Role.OPERATIONS})


class PaymentForm(forms.Form):
    """What the bank says of a payment."""

    client = forms.CharField(label="Client number", max_length=12)
    reference = forms.CharField(label="The bank's reference", max_length=60)
    amount = forms.DecimalField(label="Amount, HKD", min_value=0, decimal_places=2, max_digits=20)
    payer_name = forms.CharField(label="Paid by", max_length=200)
    payer_bank = forms.CharField(label="From the bank", max_length=120, required=False)
    value_date = forms.DateField(label="Value date", widget=forms.DateInput(attrs={"type": "date"}))

    def clean_client(self) -> Client:
        client = Client.objects.filter(number=self.cleaned_data["client"]).first()
        if client is None or client.state == ClientState.CLOSED:
            raise forms.ValidationError("There is no open client of that number.")
        return client


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def payments(request: HttpRequest) -> HttpResponse:
    """Those that are held and, after them, all others; operations record new ones here."""
    if not request.user.has_perm("onboarding.view_held_payments"):
        raise PermissionDenied
    now = timezone.now()
    may_record = request.user.role in RECORDS
    form = PaymentForm(request.POST or None, label_suffix="") if may_record else None
    if request.method == "POST" and form is None:
        messages.error(request, "Operations record payments.")
    elif request.method == "POST":
        if form.is_valid():
            try:
                made = receive_payment(**form.cleaned_data, by=request.user, now=now)
            except PaymentRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"{made}: {made.get_state_display().lower()}.")
                return redirect("payments")
    rows = Payment.objects.select_related("client").order_by("-received_at", "-pk")
    context = {
        "now": now,
        "form": form,
        "held": Payment.objects.held().select_related("client"),
        "page": Paginator(rows.exclude(state=PaymentState.HELD), PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "may_propose": "release_payment" in proposable_by(request.user),
    }
    return show(request, "backoffice/payments/page.html", context, title="Payments")
