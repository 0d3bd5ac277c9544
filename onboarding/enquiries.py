"""
Enquiries (SMF-8): a sign that somebody may act for another opens a question, and somebody owns it.

Rooms that learn an address, a device or a bank account say so with `observe`; only its fingerprint
is kept. A second client with the same one, or money from a third party, opens the enquiry.
"""

import hashlib
import hmac
import unicodedata
from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django_fsm import transition

from onboarding.approvals import Invalid, NotAllowed
from onboarding.clients import Client, manager_of
from onboarding.hands import CONNECT_CLIENTS
from onboarding.lifecycle import Lifecycle, LifecycleQuerySet, Move, StateField, move
from onboarding.payloads import today
from onboarding.users import Role


class Indicator(models.TextChoices):
    ADDRESS = "address", "Shared address"
    DEVICE = "device", "Shared device"
    BANK_ACCOUNT = "bank_account", "Shared bank account"
    THIRD_PARTY = "third_party", "Funding by a third party"


class EnquiryState(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class Observation(models.Model):
    """That a client was seen with a value, once for each; the value itself is not kept."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="+")
    indicator = models.CharField(max_length=16, choices=Indicator.choices)
    fingerprint = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "fingerprint", "client"], name="observation_kept_once"
            ),
        ]

    def __str__(self):
        return f"{self.client}: {self.get_indicator_display().lower()}"


class EnquiryQuerySet(LifecycleQuerySet):
    def visible_to(self, user, *, now: datetime):
        """An RM sees those of clients served; other staff with the right see every one."""
        if not user.has_perm("onboarding.view_enquiry"):
            return self.none()
        if user.role == Role.RM:
            served = Client.objects.served_by(user, on=today(now))
            return self.filter(client__in=served.values("pk"))
        return self


class Enquiry(Lifecycle):
    """`client` may act for `other`, or for the third party that pays; `owner` asks."""

    STEP_FIELDS = ("closed_at", "outcome")

    indicator = models.CharField(max_length=16, choices=Indicator.choices)
    client = models.ForeignKey(Client, models.PROTECT, related_name="enquiries")
    other = models.ForeignKey(Client, models.PROTECT, null=True, blank=True, related_name="+")
    fingerprint = models.CharField(max_length=64)
    owner_role = models.CharField(max_length=24, choices=Role.choices)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(blank=True)
    state = StateField(
        default=EnquiryState.OPEN, choices=EnquiryState.choices, protected=True, max_length=20
    )

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "enquiries"
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "client", "other", "fingerprint"],
                nulls_distinct=False,
                name="enquiry_opened_once",
            ),
            models.CheckConstraint(
                condition=Q(state=EnquiryState.OPEN, outcome="", closed_at=None)
                | (Q(state=EnquiryState.CLOSED, closed_at__isnull=False) & ~Q(outcome="")),
                name="enquiry_closed_says_what_came_of_it",
            ),
            models.CheckConstraint(
                condition=Q(owner_role=Role.RM, owner__isnull=False)
                | Q(owner_role=Role.COMPLIANCE),
                name="enquiry_has_an_owner",
            ),
        ]

    def __str__(self):
        return f"#{self.pk} {self.get_indicator_display().lower()}: {self.client}"

    @transition(state, source=EnquiryState.OPEN, target=EnquiryState.CLOSED)
    def close(self, *, now: datetime, outcome: str):
        """It was asked, and this came of it."""
        self.closed_at, self.outcome = now, outcome


class EnquiryMove(Move):
    subject = models.ForeignKey(Enquiry, models.PROTECT, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "enquiry move"


def fingerprint_of(indicator: Indicator, value: str) -> str:
    """The same for one value however it is written; it cannot be turned back without our key."""
    plain = "".join(unicodedata.normalize("NFKC", value).casefold().split())
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"{indicator}:{plain}".encode(), hashlib.sha256).hexdigest()


@transaction.atomic
def observe(client: Client, indicator: Indicator, value: str, *, now: datetime) -> list[Enquiry]:
    """
    Note that `client` was seen with `value`, and return the enquiries that this opens.

    For a third party, the value is who pays: that alone is the sign. Saying it twice is saying it
    once; what was asked and closed is not asked again.

    :raises Invalid: an empty value
    """
    if not value.strip():
        raise Invalid("There is nothing to compare.")
    print_ = fingerprint_of(indicator, value)
    _, is_new = Observation.objects.get_or_create(
        client=client, indicator=indicator, fingerprint=print_, defaults={"seen_at": now}
    )
    if not is_new:
        return []
    if indicator == Indicator.THIRD_PARTY:
        return [_opened(client, None, indicator, print_, now=now)]
    others = Client.objects.filter(
        pk__in=Observation.objects.filter(indicator=indicator, fingerprint=print_)
        .exclude(client=client)
        .values("client")
    )
    return [
        _opened(client, other, indicator, print_, now=now) for other in others.order_by("number")
    ]


def _opened(
    client: Client, other: Client | None, indicator: Indicator, print_: str, *, now: datetime
) -> Enquiry:
    """The relationship manager asks; compliance where nobody serves the client."""
    manager = manager_of(client, on=today(now))
    return Enquiry.objects.create(
        indicator=indicator,
        client=client,
        other=other,
        fingerprint=print_,
        owner=manager,
        owner_role=Role.RM if manager else Role.COMPLIANCE,
        opened_at=now,
    )


def close(enquiry: Enquiry, *, outcome: str, by, now: datetime) -> Enquiry:
    """
    Say what came of it; a tie that was found is proposed by itself (`groups.py`).

    :raises NotAllowed: neither its owner nor compliance
    :raises Invalid: no outcome, or closed already
    """
    owns = by.pk == enquiry.owner_id or by.role == Role.COMPLIANCE
    if not (by.is_active and owns and by.role in CONNECT_CLIENTS.proposes):
        raise NotAllowed("This enquiry is somebody else's.")
    if not outcome.strip():
        raise Invalid("Say what came of it.")
    if enquiry.state != EnquiryState.OPEN:
        raise Invalid("It is closed already.")
    words = outcome.strip()
    return move(enquiry, Enquiry.close, reason=words, mover=by, now=now, outcome=words)
