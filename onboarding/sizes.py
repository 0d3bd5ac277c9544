"""Dated sizes: above which amount a higher hand decides a command in the place of the usual one."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from onboarding.approvals import Command, Invalid, Proposal, command_named, register
from onboarding.hands import APPROVAL_SIZE, Area, Hands
from onboarding.payloads import as_hkd, as_moment, moment, money, text
from onboarding.users import Role


class ApprovalSize(models.Model):
    """HKD. In force from a time until the next row of the command; a row is never edited."""

    command = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=24, decimal_places=2)
    effective_at = models.DateTimeField()
    reason = models.TextField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(
        Proposal, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="approval_size_not_negative"),
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="approval_size_maker_is_not_checker"
            ),
        ]
        indexes = [models.Index(fields=["command", "-effective_at"], name="approval_size_in_force")]

    def __str__(self):
        return f"{self.command} above {self.amount:,.2f}"


def size_of(command: str, *, now: datetime) -> Decimal | None:
    """The size in force, HKD; None where nobody has set one."""
    return (
        ApprovalSize.objects.filter(command=command, effective_at__lte=now)
        .order_by("-effective_at", "-pk")
        .values_list("amount", flat=True)
        .first()
    )


def deciders(hands: Hands, command: str, amount: Decimal, *, now: datetime) -> frozenset[Role]:
    """Who decides `amount`: the higher hand above the size, or where nobody has set one."""
    size = size_of(command, now=now)
    return hands.approves if size is not None and amount <= size else hands.above


def _differs(payload: dict, *, now: datetime) -> list[tuple[str, str, str]]:
    name = text(payload, "command", "The command")
    title = command_named(name).title
    amount = money(payload, "amount", "The size")
    before = size_of(name, now=now)
    if before == amount:
        raise Invalid(f"The size for {title} is {as_hkd(amount)} already.")
    from_then = as_moment(moment(payload, "effective_at", now=now))
    return [(f"{title}: size", as_hkd(before), as_hkd(amount)), ("In force from", "", from_then)]


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    size = ApprovalSize.objects.create(
        command=payload["command"],
        amount=money(payload, "amount", "The size"),
        effective_at=moment(payload, "effective_at", now=now) or now,
        reason=proposal.reason,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
    )
    return {"approval_size": str(size.pk), "effective_at": size.effective_at.isoformat()}


register(
    Command(
        name="approval_size",
        title="Size above which a higher hand decides",
        proposes=APPROVAL_SIZE.proposes,
        approves=lambda payload, *, now: APPROVAL_SIZE.approves,
        apply=_apply,
        differs=_differs,
        area=Area.RISK_PARAMETER,
        dated=True,
    )
)
