"""The books: entries and their postings, accounts of the ledger, interest accrued day by day."""

from decimal import Decimal

from django.contrib import admin
from django.db.models import Sum
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from collateral.admin.figures import MINUS, money, number, numeral, ratio
from lending.admin.measured import OfAccount
from lending.ledger.chart import HOUSE_WIDE, LedgerAccount
from lending.ledger.journal import Entry, Posting
from lending.loans.accrue import Accrual
from onboarding.admin.look_only import LookOnly, LookOnlyInline, day, link, moment, text, word


class PostingInline(LookOnlyInline):
    model = Posting
    tab = False
    fields = (
        link("debit", "Debit"),
        link("credit", "Credit"),
        money("amount", "Amount, HKD"),
    )
    ordering = ("pk",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("debit", "credit")


@admin.register(Entry)
class EntryAdmin(LookOnly):
    list_display = (
        moment("booked_at", "Booked"),
        word("kind", "Kind"),
        "narrative",
        day("value_date", "Value date"),
        "key",
    )
    search_fields = ("=key", "narrative")
    search_help_text = "Whole key, or narrative"
    ordering = ("-pk",)
    paginator = InfinitePaginator
    show_full_result_count = False
    fields = (
        word("kind", "Kind"),
        "narrative",
        moment("booked_at", "Booked"),
        day("value_date", "Value date"),
        link("reverses", "Reverses"),
        "key",
    )
    inlines = (PostingInline,)


@admin.register(Posting)
class PostingAdmin(LookOnly):
    list_display = (
        moment("booked_at", "Booked"),
        link("entry", "Entry"),
        link("debit", "Debit"),
        link("credit", "Credit"),
        money("amount", "Amount, HKD"),
    )
    list_select_related = ("entry", "debit", "credit")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    show_full_result_count = False
    fields = list_display


@admin.register(LedgerAccount)
class LedgerAccountAdmin(LookOnly):
    list_display = (
        "number",
        "kind",
        "book",
        link("subledger__account", "Margin account"),
        "currency",
        "num_debits",
        "num_credits",
        "num_balance",
    )
    list_filter = ("kind", "book")
    list_select_related = ("subledger__account",)
    search_fields = ("subledger__account__number", "subledger__account__client__name")
    search_help_text = "Margin account or client"
    ordering = ("pk",)
    fields = (
        "number",
        "kind",
        "book",
        link("subledger__account", "Margin account"),
        "currency",
        "num_debits",
        "num_credits",
        "num_balance",
    )

    def get_object(self, request, object_id, from_field=None):
        """The house's own accounts have no kept totals: their journal is summed for their page."""
        account = super().get_object(request, object_id, from_field)
        if account and account.kind in HOUSE_WIDE:
            nothing = {"total": Sum("amount", default=Decimal(0))}
            account.debits = account.debit_postings.aggregate(**nothing)["total"]
            account.credits = account.credit_postings.aggregate(**nothing)["total"]
            account.is_summed = True
        return account

    @display(description="Account", ordering="pk")
    def number(self, account):
        return f"#{account.pk}"

    @display(description="Debits")
    def num_debits(self, account):
        return self._total(account, account.debits)

    @display(description="Credits")
    def num_credits(self, account):
        return self._total(account, account.credits)

    @display(description="Balance")
    def num_balance(self, account):
        return self._total(account, account.debits - account.credits)

    @staticmethod
    def _total(account, amount: Decimal):
        if account.kind in HOUSE_WIDE and not getattr(account, "is_summed", False):
            return "on its page"
        return numeral(f"{amount:,.2f}".replace("-", MINUS))


@admin.register(Accrual)
class AccrualAdmin(OfAccount):
    list_display = (
        day("on_date", "Day"),
        link("account", "Account"),
        text("account__client__name", "Client"),
        money("balance", "Closing debt, HKD"),
        ratio("rate", "Rate a year"),
        number("amount", "Interest, HKD"),
    )
    list_select_related = ("account__client",)
    search_fields = ("account__number", "account__client__name")
    search_help_text = "Account or client"
    ordering = ("-pk",)
    paginator = InfinitePaginator
    show_full_result_count = False
    fields = (
        link("account", "Account"),
        day("on_date", "Day"),
        money("balance", "Closing debt, HKD"),
        ratio("rate", "Rate a year"),
        number("amount", "Interest, HKD"),
        moment("accrued_at", "Written"),
    )
