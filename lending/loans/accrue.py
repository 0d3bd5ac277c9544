"""Accrue interest: a day's interest of the whole book in one statement, missed days caught up."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, models, transaction
from django.db.models import Q

from collateral.fields import AccrualField, MoneyField, RatioField
from lending.ledger import entries
from lending.ledger.balances import owed_by_kind
from lending.ledger.chart import RECEIVABLES, Kind, Subledger
from lending.ledger.post import HONG_KONG, Event, post_many
from lending.loans.interest import posted
from lending.loans.rates import CEILING, NoBenchmark
from lending.margin.account import MarginAccount


class Accrual(models.Model):
    """
    One day's interest on one account's closing debt: HKD to ten places, append-only.

    A trigger adds it to what the account has accrued, so it is part of the debt from the moment
    it is written (INT-7, VAF-14).
    """

    account = models.ForeignKey(MarginAccount, models.PROTECT, related_name="accruals")
    on_date = models.DateField()
    balance = MoneyField()
    rate = RatioField()
    amount = AccrualField()
    accrued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "on_date"], name="accrual_once_a_day"),
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lte=CEILING), name="accrual_rate_within_ceiling"
            ),
            models.CheckConstraint(
                condition=Q(balance__gt=0, amount__gte=0), name="accrual_of_a_debt"
            ),
        ]

    def __str__(self):
        return f"#{self.account_id} {self.on_date}: {self.amount}"


class InterestPosting(models.Model):
    """The posting of one month, Hong Kong time: it happens once."""

    month = models.CharField(max_length=7, unique=True)
    posted_at = models.DateTimeField()
    amount = MoneyField(default=0)

    def __str__(self):
        return f"{self.month}: {self.amount}"


class InterestCharge(models.Model):
    """
    What had accrued to one borrower when it was made due, and what was posted of it; append-only.

    `accrued` is HKD to ten places, `posted` the same half-up to the cent (INT-7), which may be
    nothing. Accruals less charges are what has accrued and is not yet due, at any time.
    """

    subledger = models.ForeignKey(Subledger, models.PROTECT, related_name="interest_charges")
    accrued = AccrualField()
    posted = MoneyField()
    charged_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accrued__gt=0, posted__gte=0), name="interest_charge_of_something"
            ),
        ]

    def __str__(self):
        return f"#{self.subledger_id} {self.charged_at}: {self.posted} of {self.accrued}"


@dataclass(frozen=True, slots=True)
class Accrued:
    """How many account-days were written, and the interest they come to, HKD to ten places."""

    days: int
    amount: Decimal


# The closing balance of a day is today's less what was booked after that day ended, in Hong Kong.
# A day is missed when it is over, lies after the account was opened and after the last one
# written for anybody, and the account has no row of it.
_ACCRUE = """
WITH day AS (
    SELECT d::date AS on_date,
           (d::date + 1)::timestamp AT TIME ZONE 'Asia/Hong_Kong' AS ended_at
      FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') d
), closing AS MATERIALIZED (
    SELECT account.id, account.spread, subledger.currency, day.on_date,
           subledger.owed - coalesce((
               SELECT sum(CASE WHEN posting.debit_id = ledger.id THEN posting.amount
                               ELSE -posting.amount END)
                 FROM lending_ledgeraccount ledger
                 JOIN lending_posting posting
                   ON (posting.debit_id = ledger.id OR posting.credit_id = ledger.id)
                WHERE ledger.subledger_id = subledger.id AND ledger.kind = ANY(%(receivables)s)
                  AND posting.booked_at >= day.ended_at), 0) AS balance
      FROM lending_marginaccount account
      JOIN lending_subledger subledger ON subledger.id = account.subledger_id
      JOIN day ON day.ended_at > account.opened_at AND day.ended_at <= %(now)s
     WHERE account.state NOT IN ('closed', 'in_deficit')
       AND NOT EXISTS (SELECT FROM lending_accrual accrual
                        WHERE accrual.account_id = account.id AND accrual.on_date = day.on_date)
), charged AS (
    SELECT closing.*,
           CASE WHEN benchmark.rate IS NOT NULL
                THEN least(closing.spread + benchmark.rate, %(ceiling)s) END AS rate,
           CASE closing.currency WHEN 'USD' THEN 360 ELSE 365 END AS basis
      FROM closing
      LEFT JOIN LATERAL (
          SELECT rate FROM lending_benchmarkrate
           WHERE currency = closing.currency AND from_date <= closing.on_date
           ORDER BY from_date DESC LIMIT 1) benchmark ON TRUE
     WHERE closing.balance > 0
), written AS (
    INSERT INTO lending_accrual (account_id, on_date, balance, rate, amount, accrued_at)
    SELECT id, on_date, balance, rate, round(round(balance * rate, 24) / basis, 10), %(now)s
      FROM charged
     WHERE rate IS NOT NULL
     ORDER BY on_date, id
    ON CONFLICT ON CONSTRAINT accrual_once_a_day DO NOTHING
    RETURNING amount
)
SELECT count(*), coalesce(sum(amount), 0),
       (SELECT min(currency || ' on ' || on_date) FROM charged WHERE rate IS NULL)
  FROM written
"""


@transaction.atomic
def accrue(*, now: datetime) -> Accrued:
    """
    Write the interest of every Hong Kong day that is over and not yet written, for all accounts.

    Looks back to the oldest day that may be missing: the day after the last one written, or the
    first account's opening. A second run finds nothing to do.

    :raises NoBenchmark: a debt stands in a currency without one; nothing is written
    """
    first = _first_missing_day()
    last = now.astimezone(HONG_KONG).date() - timedelta(days=1)
    if first is None or first > last:
        return Accrued(0, Decimal(0))
    parameters = {
        "first": first,
        "last": last,
        "now": now,
        "receivables": list(RECEIVABLES),
        "ceiling": CEILING,
    }
    with connection.cursor() as cursor:
        # The planner takes days for a thousand, and would compile for longer than it works.
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(_ACCRUE, parameters)
        days, amount, lacking = cursor.fetchone()
    if lacking:
        raise NoBenchmark(f"no benchmark for {lacking}")
    return Accrued(days, amount)


def _first_missing_day() -> date | None:
    """
    The day after the last accrual; where a newer account opened before it, none is missed, since
    every run writes all accounts' days up to the same one.
    """
    last = Accrual.objects.aggregate(last=models.Max("on_date"))["last"]
    if last:
        return last + timedelta(days=1)
    opened = MarginAccount.objects.aggregate(first=models.Min("opened_at"))["first"]
    return opened and opened.astimezone(HONG_KONG).date()


def interest_event(subledger: Subledger, *, key: str, narrative: str) -> Event | None:
    """What `subledger` has accrued, as the entry that makes it due; None where that is nothing."""
    amount = posted(subledger.accrued)
    if not amount:
        return None
    legs = entries.interest_posted(amount)
    return Event(key, "interest", narrative, subledger.pk, legs)


@transaction.atomic
def make_due(subledgers: list[Subledger], *, key: str, narrative: str, now: datetime) -> Decimal:
    """
    Post what each of `subledgers`, locked by the caller, has accrued, rounded half-up to the cent
    once (INT-7), and return the sum. The accrual starts again from nothing.
    """
    events = [
        event
        for subledger in subledgers
        if (event := interest_event(subledger, key=f"{key}:{subledger.pk}", narrative=narrative))
    ]
    post_many(events, now=now)
    InterestCharge.objects.bulk_create(
        InterestCharge(
            subledger=subledger,
            accrued=subledger.accrued,
            posted=posted(subledger.accrued),
            charged_at=now,
        )
        for subledger in subledgers
        if subledger.accrued
    )
    Subledger.objects.filter(pk__in=[subledger.pk for subledger in subledgers]).update(accrued=0)
    return sum((leg.amount for event in events for leg in event.legs), Decimal(0))


@transaction.atomic
def post_interest(*, now: datetime) -> Decimal:
    """
    The monthly posting: what was due and is still unpaid becomes overdue, what accrued becomes due.

    Returns the interest posted, HKD; a second run in the month posts nothing and returns 0.
    """
    accrue(now=now)
    month = f"{now.astimezone(HONG_KONG):%Y-%m}"
    posting, is_new = InterestPosting.objects.get_or_create(
        month=month, defaults={"posted_at": now}
    )
    if not is_new:
        return Decimal(0)
    subledgers = list(
        Subledger.objects.filter(account__isnull=False)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    _make_overdue(subledgers, month, now=now)
    posting.amount = make_due(
        [subledger for subledger in subledgers if subledger.accrued],
        key=f"interest:{month}",
        narrative=f"interest to the posting of {month}",
        now=now,
    )
    posting.save(update_fields=["amount"])
    return posting.amount


def _make_overdue(subledgers: list[Subledger], month: str, *, now: datetime) -> None:
    owed = owed_by_kind([subledger.pk for subledger in subledgers])
    post_many(
        (
            Event(
                f"overdue:{month}:{subledger_id}",
                "interest_overdue",
                f"interest unpaid at the posting of {month}",
                subledger_id,
                entries.interest_overdue(kinds[Kind.INTEREST]),
            )
            for subledger_id, kinds in owed.items()
            if kinds[Kind.INTEREST]
        ),
        now=now,
    )
