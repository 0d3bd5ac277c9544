"""Repay: the client's money meets the debt, in the order the agreement names."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from collateral.amounts import CENT, round_down
from collateral.fields import MoneyField
from lending.ledger import entries
from lending.ledger.balances import owed_by_kind
from lending.ledger.chart import Subledger
from lending.ledger.post import Event, post
from lending.loans.accrue import make_due
from lending.margin.account import MarginAccount, State
from lending.margin.sweep import after_act


class RepaymentRefused(Exception):
    """The amount cannot be taken, and why, in the client's words."""


class KeyReused(Exception):
    """The same key was used for another repayment before."""


class Source(models.TextChoices):
    CLIENT = "client", "Paid in by the client"
    CASH = "cash", "From cash in the account"


class Repayment(models.Model):
    """Money that met the debt: the parts in the order they were met, and what was left over."""

    account = models.ForeignKey(MarginAccount, models.PROTECT, related_name="repayments")
    key = models.CharField(max_length=80, unique=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    amount = MoneyField()
    costs = MoneyField(default=0)
    overdue_interest = MoneyField(default=0)
    interest = MoneyField(default=0)
    fees = MoneyField(default=0)
    principal = MoneyField(default=0)
    deficit = MoneyField(default=0)
    paid_at = models.DateTimeField()
    paid_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="repayment_amount_positive"),
            models.CheckConstraint(
                condition=Q(
                    amount__gte=models.F("costs")
                    + models.F("overdue_interest")
                    + models.F("interest")
                    + models.F("fees")
                    + models.F("principal")
                    + models.F("deficit")
                ),
                name="repayment_meets_no_more_than_it_is",
            ),
        ]

    def __str__(self):
        return f"{self.amount} from {self.account}"

    @property
    def left_over(self) -> Decimal:
        """What stays the client's cash in the account."""
        met = self.costs + self.overdue_interest + self.interest + self.fees + self.principal
        return self.amount - met - self.deficit


@transaction.atomic
def repay(
    account: MarginAccount,
    amount: Decimal,
    *,
    source: Source = Source.CLIENT,
    key: str,
    by=None,
    now: datetime,
) -> Repayment:
    """
    Take `amount` HKD against the debt: costs, overdue interest, interest, fees, principal.

    What has accrued is made due first, so a debt can be paid off to the cent. Money beyond the
    debt stays the client's cash in the account. The account is reviewed at once; a call that
    still runs is part cured.

    :raises RepaymentRefused: not an amount, more than the cash in the account, or a closed account
    :raises KeyReused: the key stands for another repayment
    """
    account = MarginAccount.objects.locked().get(pk=account.pk)
    made = Repayment.objects.filter(key=key).first()
    if made:
        if (made.account_id, made.amount, made.source) != (account.pk, amount, source):
            raise KeyReused(f"{key} was a repayment of {made.amount}")
        return made
    subledger = Subledger.objects.select_for_update(no_key=True).get(pk=account.subledger_id)
    _admit(account, subledger, amount, source)
    made = meet_debt(
        account,
        subledger,
        amount,
        key=key,
        before=entries.received(amount) if source == Source.CLIENT else (),
        kind="repayment",
        narrative=f"repayment on {account}",
        now=now,
    )
    repayment = Repayment.objects.create(
        account=account, key=key, source=source, amount=amount, paid_at=now, paid_by=by, **made
    )
    after_act(account, reason=f"paid HKD {amount:,.2f}", by=by, now=now)
    return repayment


def meet_debt(
    account: MarginAccount,
    subledger: Subledger,
    amount: Decimal,
    *,
    key: str,
    before: tuple[entries.Leg, ...],
    kind: str,
    narrative: str,
    now: datetime,
) -> dict[str, Decimal]:
    """
    Post one entry: the legs `before`, then up to `amount` of the client's cash against the debt.

    Returns what was met, by kind. The caller holds the locks of account and subledger.
    """
    make_due([subledger], key=f"due:{key}", narrative=f"interest due at {narrative}", now=now)
    owed = owed_by_kind([subledger.pk])[subledger.pk]
    split = entries.waterfall(amount, owed)
    to_deficit = min(amount - sum(split.values()), subledger.deficit)
    legs = (*before, *entries.repaid(split), *entries.recovered(to_deficit))
    # Interest that rounds to nothing is a debt of which no cent can be met.
    if legs:
        post(Event(f"{kind}:{key}", kind, narrative, subledger.pk, legs), now=now)
    return split | ({"deficit": to_deficit} if to_deficit else {})


def _admit(account: MarginAccount, subledger: Subledger, amount: Decimal, source: Source) -> None:
    if amount <= 0 or round_down(amount, CENT) != amount:
        raise RepaymentRefused("Enter an amount above zero, in dollars and cents.")
    if account.state == State.CLOSED:
        raise RepaymentRefused("This account is closed.")
    if source == Source.CASH:
        if amount > subledger.cash:
            raise RepaymentRefused(f"There is HKD {subledger.cash:,.2f} of cash in the account.")
        if not (subledger.owed or subledger.accrued or subledger.deficit):
            raise RepaymentRefused("Nothing is owed on this account.")
