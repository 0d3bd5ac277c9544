"""The deficit: what is still owed when nothing is left to sell, never hidden in the loan."""

from datetime import datetime
from decimal import Decimal

from django.db import models, transaction
from django.db.models import Q

from collateral.fields import MoneyField
from lending.ledger import entries
from lending.ledger.balances import owed_by_kind
from lending.ledger.chart import Subledger
from lending.ledger.post import Event, post
from lending.loans.accrue import make_due
from lending.margin.account import MarginAccount
from lending.margin.call import MarginCall
from onboarding.lifecycle import move


class Deficit(models.Model):
    """What one sale left uncovered, HKD to the cent. Claimed, provided for or written off later."""

    account = models.ForeignKey(MarginAccount, models.PROTECT, related_name="deficits")
    call = models.OneToOneField(MarginCall, models.PROTECT, related_name="deficit")
    amount = MoneyField()
    arose_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="deficit_amount_positive"),
        ]

    def __str__(self):
        return f"{self.amount} of {self.account}"


@transaction.atomic
def book_deficit(account: MarginAccount, call: MarginCall, *, now: datetime) -> Deficit | None:
    """
    Take what `account` still owes out of its receivables into its deficit, and end the call.

    The caller holds the account's lock and has found nothing left to sell. None, and nothing is
    ended, where what is owed came to less than a cent and so is owed no more.

    :raises TransitionNotAllowed: the account is not being sold down
    """
    subledger = Subledger.objects.select_for_update(no_key=True).get(pk=account.subledger_id)
    make_due(
        [subledger], key=f"due:deficit:{call.pk}", narrative="interest due at deficit", now=now
    )
    owed = owed_by_kind([subledger.pk])[subledger.pk]
    amount = sum(owed.values(), Decimal(0))
    if not amount:
        return None
    event = Event(
        f"deficit:{call.pk}",
        "deficit",
        f"uncovered after the sale for {call}",
        subledger.pk,
        entries.left_uncovered(owed),
    )
    post(event, now=now)
    reason = f"nothing is left to sell and HKD {amount:,.2f} is uncovered"
    move(account, MarginAccount.fall_into_deficit, reason=reason, now=now)
    move(call, MarginCall.close, reason=reason, now=now)
    return Deficit.objects.create(account=account, call=call, amount=amount, arose_at=now)
