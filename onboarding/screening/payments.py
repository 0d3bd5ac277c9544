"""
Money that comes in: whose it is. A client's own passes; anybody else's is held (AML-15).

It is released by two people, the MLRO one of them, with the payer's identity and relationship
looked into, or returned by two people. Until then it is nobody's money here: nothing is booked.
"""

from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django_fsm import transition

from onboarding.clients import Client
from onboarding.lifecycle import Lifecycle, LifecycleQuerySet, Move, StateField, move
from onboarding.parameters import Unit, declare, value_of
from onboarding.screening.facts import Party
from onboarding.screening.score import score
from onboarding.screening.screen import screen
from onboarding.screening.screened import Subject, client_subject

OWN_NAME = declare(
    "payment_own_name_score",
    "Points from which a payer's name is the client's own",
    unit=Unit.SCORE,
    initial=Decimal(93),
    verified=False,
    source="AML-15; house",
    least=Decimal(85),
    most=Decimal(100),
)


class PaymentRefused(Exception):
    """It was not recorded, and why in words."""


class PaymentState(models.TextChoices):
    RECEIVED = "received", "Received"
    PASSED = "passed", "In the client's own name"
    HELD = "held", "Held: in another name"
    RELEASED = "released", "Released by two people"
    RETURNED = "returned", "Returned"


class PaymentQuerySet(LifecycleQuerySet):
    def held(self):
        """Those that wait for two people, the oldest first."""
        return self.filter(state=PaymentState.HELD).order_by("received_at", "pk")


class Payment(Lifecycle):
    """HKD that a bank says came in for `client`. `reference` is the bank's own: told once."""

    STEP_FIELDS = ("ended_at",)

    client = models.ForeignKey(Client, models.PROTECT, related_name="payments")
    reference = models.CharField(max_length=60, unique=True)
    amount = models.DecimalField(max_digits=24, decimal_places=2)
    payer_name = models.CharField(max_length=200)
    payer_bank = models.CharField(max_length=120, blank=True)
    value_date = models.DateField()
    name_score = models.DecimalField(max_digits=4, decimal_places=1)
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    state = StateField(
        default=PaymentState.RECEIVED, choices=PaymentState.choices, protected=True, max_length=20
    )

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(state__in=[PaymentState.RECEIVED, PaymentState.HELD], ended_at=None)
                | Q(
                    state__in=[PaymentState.PASSED, PaymentState.RELEASED, PaymentState.RETURNED],
                    ended_at__isnull=False,
                ),
                name="payment_ended_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["received_at"], condition=Q(state="held"), name="payment_held")
        ]

    def __str__(self):
        return f"{self.reference}, HKD {self.amount:,.2f} for {self.client}"

    @property
    def payer_key(self) -> str:
        """Under which the payer is screened."""
        return f"payer:{self.pk}"

    @transition(state, source=PaymentState.RECEIVED, target=PaymentState.PASSED)
    def own(self, *, now: datetime):
        """The payer is the client."""
        self.ended_at = now

    @transition(state, source=PaymentState.RECEIVED, target=PaymentState.HELD)
    def hold(self, *, now: datetime):
        """The payer is somebody else."""

    @transition(state, source=PaymentState.HELD, target=PaymentState.RELEASED)
    def release(self, *, now: datetime):
        """Two people, the MLRO one of them, let it in."""
        self.ended_at = now

    @transition(state, source=PaymentState.HELD, target=PaymentState.RETURNED)
    def give_back(self, *, now: datetime):
        """It goes back to where it came from."""
        self.ended_at = now


class PaymentMove(Move):
    subject = models.ForeignKey(Payment, models.PROTECT, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "payment move"


@transaction.atomic
def receive_payment(
    client: Client,
    *,
    reference: str,
    amount: Decimal,
    payer_name: str,
    value_date: date,
    payer_bank: str = "",
    by=None,
    now: datetime,
) -> Payment:
    """
    Record money that came in: passed in the client's own name, else held and its payer screened.

    The same reference twice is one payment.

    :raises PaymentRefused: not an amount in cents, no name, no reference, or the reference stands
        for another payment
    """
    reference, payer_name = reference.strip(), payer_name.strip()
    if not amount.is_finite() or amount <= 0 or round(amount, 2) != amount:
        raise PaymentRefused("Enter an amount above zero, in dollars and cents.")
    if not reference or not payer_name:
        raise PaymentRefused("A payment has the bank's reference and the payer's name.")
    made = Payment.objects.filter(reference=reference).first()
    if made:
        if (made.client_id, made.amount, made.payer_name) != (client.pk, amount, payer_name):
            raise PaymentRefused(f"{reference} is another payment: {made}.")
        return made
    like = score(Party((payer_name,)), Party(client_subject(client).party.names)).total
    made = Payment.objects.create(
        client=client,
        reference=reference[:60],
        amount=amount,
        payer_name=payer_name[:200],
        payer_bank=payer_bank.strip()[:120],
        value_date=value_date,
        name_score=Decimal(str(like)),
        received_at=now,
        received_by=by,
    )
    reason = f"paid by {payer_name}: {like} points like the client's name"
    if made.name_score >= value_of(OWN_NAME, now=now):
        return move(made, Payment.own, reason=reason, mover=by, now=now)
    screen([Subject(made.payer_key, Party((payer_name,)))], now=now)
    return move(made, Payment.hold, reason=reason, mover=by, now=now)
