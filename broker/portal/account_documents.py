"""Documents of an account: what was made for it, and a statement of any days on demand (STM-8)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from broker.portal.access import client_page, margin_account_of
from broker.reports.archive import CONTENT_TYPES
from broker.reports.documents import AccountDocument, DocumentRun, Kind, last_made
from broker.reports.export import to_csv
from broker.reports.paper.print import pdf
from broker.reports.paper.sheet import sheet_of
from broker.reports.paper.whole import content_of
from broker.reports.period import Period
from broker.reports.statement_make import statements
from broker.reports.views import as_file, handed_out
from onboarding.entity import LegalEntity

LONGEST = timedelta(days=366)
# Days that a calendar of ours can reckon with.
SENSIBLE = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 1, 1))]


@dataclass(slots=True)
class Shown:
    """One document with its files, by format."""

    first: AccountDocument
    files: dict[str, AccountDocument] = field(default_factory=dict)


class DaysForm(forms.Form):
    """Days that are over, a year of them at most."""

    first = forms.DateField(validators=SENSIBLE)
    last = forms.DateField(validators=SENSIBLE)

    def clean(self):
        first, last = (self.cleaned_data.get(name) for name in ("first", "last"))
        if not (first and last):
            return
        if last < first:
            raise forms.ValidationError("The last day comes before the first.")
        made_up = last_made(DocumentRun.Of.DAY)
        if made_up is None or last > made_up:
            raise forms.ValidationError("A statement is of days that are over and made up.")
        if last - first > LONGEST:
            raise forms.ValidationError("A statement is of a year at most.")


@require_safe
@client_page
def documents(request: HttpRequest, number: str) -> HttpResponse:
    """A year at a time, by month; the newest first."""
    now = timezone.now()
    account = margin_account_of(request.user, number, now=now)
    kept = AccountDocument.objects.filter(account=account)
    years = [day.year for day in kept.dates("last", "year", order="DESC")]
    asked = {f"{year}": year for year in years}
    year = asked.get(request.GET.get("year", ""), years[0] if years else None)
    kind = request.GET.get("kind", "")
    shown = kept.filter(last__year=year) if year else kept.none()
    if kind in Kind.values:
        shown = shown.filter(kind=kind)
    is_asked = "first" in request.GET
    context = {
        "page": "account_documents",
        "account": account,
        "now": now,
        "years": years,
        "year": year,
        "kind": kind,
        "kinds": Kind.choices,
        "months": _by_month(shown.order_by("-last", "kind", "-format")),
        "form": DaysForm(request.GET if is_asked else None),
    }
    return render(request, "portal/account_documents/page.html", context)


def _by_month(kept: Iterable[AccountDocument]) -> list[tuple[date, list[Shown]]]:
    months: dict[date, dict[str, Shown]] = {}
    for each in kept:
        month = months.setdefault(each.last.replace(day=1), {})
        month.setdefault(each.number, Shown(each)).files[each.format] = each
    # A month's own statement stands above those of its days.
    return [
        (month, sorted(of.values(), key=lambda shown: shown.first.kind != Kind.MONTHLY))
        for month, of in months.items()
    ]


@require_safe
@client_page
def document(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The file; one of another account is not found."""
    account = margin_account_of(request.user, number, now=timezone.now())
    return handed_out(get_object_or_404(AccountDocument, account=account, pk=pk))


@require_safe
@client_page
def statement_of_days(request: HttpRequest, number: str) -> HttpResponse:
    """One of the days asked for, made now and not kept; else the page says what is wrong."""
    now = timezone.now()
    account = margin_account_of(request.user, number, now=now)
    form = DaysForm(request.GET)
    if not form.is_valid():
        return documents(request, number)
    period = Period(form.cleaned_data["first"], form.cleaned_data["last"])
    [made] = statements([account], period)
    name = f"{account.number}-{period.first:%Y%m%d}-{period.last:%Y%m%d}"
    if request.GET.get("format") == "csv":
        return as_file(to_csv(sheet_of(made)), f"{name}.csv", CONTENT_TYPES["csv"])
    broker = LegalEntity.objects.order_by("pk")[0]
    content = content_of(made, "asked", number=name, broker=broker)
    return as_file(pdf("document", content, at=period.ends_at), f"{name}.pdf", CONTENT_TYPES["pdf"])
