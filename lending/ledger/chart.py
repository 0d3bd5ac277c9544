"""The chart of accounts: what kinds there are, whose money each holds, and their totals."""

from django.db import models
from django.db.models import F, Q

from collateral.fields import AccrualField, MoneyField


class Book(models.TextChoices):
    """House and client money never mix: a posting has both its ends in one book."""

    HOUSE = "house", "House"
    CLIENT = "client", "Client money"


class Kind(models.TextChoices):
    # A borrower's receivables, in the order a repayment meets them.
    COSTS = "costs", "Costs due"
    OVERDUE_INTEREST = "overdue_interest", "Interest overdue"
    INTEREST = "interest", "Interest due"
    FEES = "fees", "Fees due"
    PRINCIPAL = "principal", "Principal"
    # What is left of a debt when nothing more can be sold.
    DEFICIT = "deficit", "Deficit"
    # The client's own money, and the segregated bank account it lies in.
    CLIENT_CASH = "client_cash", "Client's cash"
    CLIENT_BANK = "client_bank", "Segregated bank account"
    # The house's own.
    HOUSE_BANK = "house_bank", "House bank account"
    INTEREST_INCOME = "interest_income", "Interest income"
    FEE_INCOME = "fee_income", "Fee income"


RECEIVABLES = (Kind.COSTS, Kind.OVERDUE_INTEREST, Kind.INTEREST, Kind.FEES, Kind.PRINCIPAL)
BORROWERS = (*RECEIVABLES, Kind.DEFICIT, Kind.CLIENT_CASH)
CLIENT_BOOK = (Kind.CLIENT_CASH, Kind.CLIENT_BANK)
HOUSE_WIDE = (
    Kind.CLIENT_BANK,
    Kind.HOUSE_BANK,
    Kind.INTEREST_INCOME,
    Kind.FEE_INCOME,
)


class Subledger(models.Model):
    """
    All accounts of one borrower, with the totals a reading needs, kept by the database alone.

    - `owed`: what the receivables add up to. `cash`: the client's own money in the account.
    - `accrued`: interest earned since the last posting; part of the debt from the moment it
      accrues, to ten places.
    """

    currency = models.CharField(max_length=3, default="HKD")
    owed = MoneyField(default=0)
    cash = MoneyField(default=0)
    deficit = MoneyField(default=0)
    accrued = AccrualField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(owed__gte=0), name="subledger_owed_not_negative"),
            models.CheckConstraint(condition=Q(cash__gte=0), name="subledger_cash_not_negative"),
            models.CheckConstraint(
                condition=Q(accrued__gte=0), name="subledger_accrued_not_negative"
            ),
        ]

    def __str__(self):
        return f"subledger #{self.pk}"


class LedgerAccount(models.Model):
    """
    `debits` and `credits` are running totals of the journal, kept for borrowers' accounts.

    A bound is enforced on those (nobody repays more than is owed, nobody's money is spent
    twice). The house's own accounts are touched by every posting, so theirs stay at zero and are
    summed from the journal when somebody asks.
    """

    kind = models.CharField(max_length=16, choices=Kind.choices)
    book = models.CharField(max_length=6, choices=Book.choices)
    subledger = models.ForeignKey(Subledger, models.PROTECT, null=True, related_name="accounts")
    currency = models.CharField(max_length=3, default="HKD")
    debits = MoneyField(default=0)
    credits = MoneyField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=[*RECEIVABLES, Kind.DEFICIT]) | Q(debits__gte=F("credits")),
                name="ledger_receivable_not_negative",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.CLIENT_CASH) | Q(credits__gte=F("debits")),
                name="ledger_client_cash_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=CLIENT_BOOK, book=Book.CLIENT)
                | (~Q(kind__in=CLIENT_BOOK) & Q(book=Book.HOUSE)),
                name="ledger_book_follows_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=BORROWERS, subledger__isnull=False)
                | (~Q(kind__in=BORROWERS) & Q(subledger__isnull=True)),
                name="ledger_borrower_accounts_have_a_borrower",
            ),
            models.UniqueConstraint(
                fields=["subledger", "kind"], name="ledger_one_account_of_a_kind"
            ),
            models.UniqueConstraint(
                fields=["kind", "currency"],
                condition=Q(subledger=None),
                name="ledger_one_house_account_of_a_kind",
            ),
        ]

    def __str__(self):
        return f"#{self.pk} {self.get_kind_display()} {self.currency}"


def book_of(kind: Kind) -> Book:
    return Book.CLIENT if kind in CLIENT_BOOK else Book.HOUSE


def open_subledgers(count: int, *, currency: str = "HKD") -> list[Subledger]:
    """`count` new subledgers, each with one account of every borrower's kind."""
    subledgers = Subledger.objects.bulk_create(Subledger(currency=currency) for _ in range(count))
    LedgerAccount.objects.bulk_create(
        LedgerAccount(kind=kind, book=book_of(kind), subledger=subledger, currency=currency)
        for subledger in subledgers
        for kind in BORROWERS
    )
    return subledgers
