"""
The standing authority of a client over its securities: dated, and over when it is over (CSR-4).

It lasts at most twelve months, but for a professional investor, and is given and ended in writing,
by two people. A reminder at least fourteen days before its last day renews it for twelve months
where the client does not object; without one, or against the client's word, it lapses, and the
database lets nobody say otherwise (`authority_renewed_only_as_the_rule_allows`). While there is
none, nothing of the client's is pledged on.
"""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q

from onboarding.clients import Client, ClientState
from onboarding.payloads import today
from onboarding.proposals import Proposal

# The rule asks for fourteen days; the house begins a week before, so that a failed mail is seen.
REMINDED_BEFORE = timedelta(days=14)
REMINDS_FROM = timedelta(days=21)


class Given(models.TextChoices):
    WRITTEN = "written", "In writing"
    DEEMED = "deemed", "Renewed without an answer"


class AuthorityQuerySet(models.QuerySet):
    def in_force(self, *, on: date):
        """Those that hold on that day in Hong Kong."""
        return self.filter(
            Q(expires_on=None) | Q(expires_on__gte=on),
            Q(revoked_on=None) | Q(revoked_on__gt=on),
            starts_on__lte=on,
        )


class StandingAuthority(models.Model):
    """
    `expires_on` is its last day. `reminded_on`, `objected_on` and `revoked_on` are each written
    once; nothing else ever changes. `professional` is what shows that the client is one.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="authorities")
    given = models.CharField(max_length=8, choices=Given.choices)
    starts_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True)
    professional = models.CharField(max_length=200, blank=True)
    evidence = models.TextField()
    renews = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="renewed_by"
    )
    reminded_on = models.DateField(null=True, blank=True)
    objected_on = models.DateField(null=True, blank=True)
    revoked_on = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    proposal = models.OneToOneField(
        Proposal, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = AuthorityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "standing authorities"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    given=Given.WRITTEN, maker__isnull=False, checker__isnull=False, renews=None
                )
                & ~Q(maker=F("checker"))
                & ~Q(evidence="")
                | Q(given=Given.DEEMED, maker=None, checker=None, renews__isnull=False),
                name="authority_given_by_two_people_or_deemed",
            ),
            models.CheckConstraint(
                condition=~Q(professional="") | Q(expires_on__isnull=False),
                name="authority_ends_but_for_a_professional",
            ),
        ]
        indexes = [models.Index(fields=["client", "-starts_on"], name="authority_of_client")]

    def __str__(self):
        return f"standing authority of {self.client} from {self.starts_on}"

    @property
    def renews_by_itself(self) -> bool:
        """Whether silence renews it: reminded in time, and neither objected nor revoked."""
        return bool(
            self.expires_on
            and self.reminded_on
            and self.reminded_on <= self.expires_on - REMINDED_BEFORE
            and self.objected_on is None
            and self.revoked_on is None
        )


def authority_of(client: Client, *, on: date) -> StandingAuthority | None:
    """The one that holds on that day, or None."""
    rows = StandingAuthority.objects.filter(client=client).in_force(on=on)
    return rows.order_by("-starts_on", "-pk").first()


def twelve_months_from(starts_on: date) -> date:
    """The last day of twelve months that begin on `starts_on`."""
    try:
        return starts_on.replace(year=starts_on.year + 1) - timedelta(days=1)
    except ValueError:
        return date(starts_on.year + 1, 2, 27)  # From 29 February: as the database counts.


def to_remind(*, now: datetime) -> models.QuerySet:
    """Those whose reminder is due and still in time: from 21 to 14 days before the last day."""
    on = today(now)
    return (
        StandingAuthority.objects.in_force(on=on)
        .filter(
            reminded_on=None,
            objected_on=None,
            revoked_on=None,
            renewed_by=None,
            expires_on__gte=on + REMINDED_BEFORE,
            expires_on__lte=on + REMINDS_FROM,
        )
        .exclude(client__state=ClientState.CLOSED)
        .select_related("client")
        .order_by("expires_on", "pk")
    )


def mark_reminded(authority: StandingAuthority, *, now: datetime) -> None:
    """The client was told; the caller tells it in the same transaction."""
    StandingAuthority.objects.filter(pk=authority.pk, reminded_on=None).update(
        reminded_on=today(now)
    )


def renew_silent(*, now: datetime) -> list[StandingAuthority]:
    """
    The authorities that silence renewed: a row of twelve months for each that ended so.

    One that the client has replaced in writing meanwhile is left. Twice is once.
    """
    on = today(now)
    made = []
    with transaction.atomic():
        ended = (
            StandingAuthority.objects.filter(expires_on__lt=on, renewed_by=None)
            .exclude(client__state=ClientState.CLOSED)
            .select_for_update(of=("self",), skip_locked=True)
            .order_by("pk")
        )
        for row in ended:
            starts_on = row.expires_on + timedelta(days=1)
            replaced = StandingAuthority.objects.filter(
                client=row.client_id, starts_on__gt=row.starts_on
            ).exists()
            if replaced or not row.renews_by_itself:
                continue
            made.append(
                StandingAuthority.objects.create(
                    client_id=row.client_id,
                    given=Given.DEEMED,
                    starts_on=starts_on,
                    expires_on=twelve_months_from(starts_on),
                    evidence=f"Reminded on {row.reminded_on}, no objection by {row.expires_on}.",
                    renews=row,
                    recorded_at=now,
                )
            )
    return made
