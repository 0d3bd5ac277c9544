"""The client: a person or firm we may lend to, who signs for it, and which RM serves it."""

from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from onboarding.lifecycle import Lifecycle, LifecycleQuerySet, Move, StateField
from onboarding.proposals import Proposal
from onboarding.users import Role


class Kind(models.TextChoices):
    PERSON = "person", "Person"
    JOINT = "joint", "Joint persons"
    CORPORATE = "corporate", "Corporate"
    TRUST = "trust", "Trust"
    INSTITUTION = "institution", "Institution"


class ClientState(models.TextChoices):
    """Who is no client yet is an application; a client is born active."""

    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    CLOSED = "closed", "Closed"


class ClientQuerySet(LifecycleQuerySet):
    def of(self, user):
        """The clients that `user` signs for."""
        return self.filter(signatories__user=user)

    def visible_to(self, user, *, on: date):
        """The clients that staff may see on that date: an RM those served, others all."""
        return self.served_by(user, on=on) if user.role == Role.RM else self

    def served_by(self, user, *, on: date):
        """The clients that `user` is relationship manager of on that date."""
        return self.filter(
            Q(services__until_date=None) | Q(services__until_date__gt=on),
            services__manager=user,
            services__from_date__lte=on,
        )


class Client(Lifecycle):
    """A change of state is approved by a second person (`client_changes.py`, lending's closing)."""

    number = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=120)
    name_chinese = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = StateField(
        default=ClientState.ACTIVE, choices=ClientState.choices, protected=True, max_length=20
    )

    objects = ClientQuerySet.as_manager()

    def __str__(self):
        return f"{self.number} {self.name}"

    @transition(state, source=ClientState.ACTIVE, target=ClientState.SUSPENDED)
    def suspend(self, *, now: datetime):
        """Nothing more is lent or released; margin is watched, called and sold as before."""

    @transition(state, source=ClientState.SUSPENDED, target=ClientState.ACTIVE)
    def reactivate(self, *, now: datetime):
        """Business goes on."""

    @transition(
        state, source=[ClientState.ACTIVE, ClientState.SUSPENDED], target=ClientState.CLOSED
    )
    def close(self, *, now: datetime):
        """Nothing is owed and nothing is held: the relationship has ended."""


class ClientMove(Move):
    subject = models.ForeignKey(Client, models.PROTECT, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "client move"


class Signatory(models.Model):
    """A login that may see and act for a client."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="signatories")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "signatories"
        constraints = [
            models.UniqueConstraint(fields=["client", "user"], name="signatory_named_once"),
        ]

    def __str__(self):
        return f"{self.user} for {self.client}"


class Service(models.Model):
    """
    A relationship manager serves a client from a date until, and not on, another.

    Dated, so that who served whom when the call went out can be told years later. `proposal` is
    the handover that two people agreed to, where it was one.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="services")
    manager = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    from_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client"], condition=Q(until_date=None), name="client_has_one_manager"
            ),
            models.CheckConstraint(
                condition=Q(until_date=None) | Q(until_date__gt=F("from_date")),
                name="service_ends_after_it_begins",
            ),
        ]

    def __str__(self):
        return f"{self.manager} serves {self.client}"


def manager_of(client: Client, *, on: date):
    """The relationship manager who serves `client` on that date, or None."""
    service = (
        client.services.filter(Q(until_date=None) | Q(until_date__gt=on), from_date__lte=on)
        .select_related("manager")
        .order_by("from_date")
        .last()
    )
    return service.manager if service else None


_NOT_ACTIVE = {
    ClientState.SUSPENDED: (
        "Your account is suspended. Please speak with your relationship manager."
    ),
    ClientState.CLOSED: "Your account is closed.",
}


def client_gate(client: Client) -> str | None:
    """None where business may be done with `client`; else why not, in the client's words."""
    return _NOT_ACTIVE.get(client.state)
