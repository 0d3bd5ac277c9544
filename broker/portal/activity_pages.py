"""The page of what happened, by kind and period, and the same as a file."""

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from broker.portal.access import client_page, margin_account_of
from broker.portal.account_documents import SENSIBLE
from broker.portal.activity import Kind, Wanted, activity_of
from broker.reports import export
from broker.reports.archive import CONTENT_TYPES
from broker.reports.export import Column, Sheet, to_csv
from broker.reports.period import day_of
from broker.reports.views import as_file

A_PAGE = 50
COLUMNS = (
    Column("Time", export.Kind.TIME),
    Column("Kind"),
    Column("What", width=60),
    Column("Reference"),
    Column("Cash HKD", export.Kind.EXACT),
    Column("Owed HKD", export.Kind.EXACT),
)


class WantedForm(forms.Form):
    kind = forms.ChoiceField(required=False, choices=[("", "Everything"), *Kind.choices])
    since = forms.DateField(required=False, validators=SENSIBLE)
    until = forms.DateField(required=False, validators=SENSIBLE)

    @property
    def wanted(self) -> Wanted:
        """What was asked for, as far as it could be read; the last day is in it."""
        asked = getattr(self, "cleaned_data", {})
        since, until = asked.get("since"), asked.get("until")
        return Wanted(
            kind=asked.get("kind") or "",
            since=since and day_of(since).starts_at,
            until=until and day_of(until).starts_at + timedelta(days=1),
        )


@require_safe
@client_page
def activity(request: HttpRequest, number: str) -> HttpResponse:
    now = timezone.now()
    account = margin_account_of(request.user, number, now=now)
    form = _asked(request)
    page = _page(request)
    found, count = activity_of(
        account, request.user, form.wanted, limit=A_PAGE, offset=(page - 1) * A_PAGE
    )
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {
        "page": "activity",
        "account": account,
        "now": now,
        "form": form,
        "found": found,
        "count": count,
        "first": (page - 1) * A_PAGE + 1,
        "last": (page - 1) * A_PAGE + len(found),
        "newer": page - 1,
        "older": page + 1 if page * A_PAGE < count else 0,
        "asked": kept.urlencode(),
    }
    return render(request, "portal/activity/page.html", context)


@require_safe
@client_page
def activity_file(request: HttpRequest, number: str) -> HttpResponse:
    """All that the page finds, as CSV, to the cent."""
    now = timezone.now()
    account = margin_account_of(request.user, number, now=now)
    found, _ = activity_of(account, request.user, _asked(request).wanted)
    rows = [
        (one.at, one.label, one.told.text, one.told.reference, one.told.cash, one.told.owed)
        for one in found
    ]
    content = to_csv(Sheet("Activity", now, COLUMNS, rows))
    return as_file(content, f"{account.number}-activity.csv", CONTENT_TYPES["csv"])


def _asked(request: HttpRequest) -> WantedForm:
    form = WantedForm(request.GET)
    form.is_valid()
    return form


def _page(request: HttpRequest) -> int:
    """The page asked for; the first where that is no number. Beyond the last there is nothing."""
    asked = request.GET.get("page", "")
    is_page = asked.isascii() and asked.isdecimal() and 0 < len(asked) < 7
    return max(1, int(asked)) if is_page else 1
