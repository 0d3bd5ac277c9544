"""
Acceptance: a signatory agrees to one version of one text, read in one language (JC-11, AML-7).

A row says who, for whom, when, to which letters, from which address and with which device. It is
never edited; an applicant's becomes the client's once, when the account is opened.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, models, transaction

from onboarding.clients import Client, Kind, Signatory
from onboarding.disclosures import second_factor
from onboarding.disclosures.text import (
    Disclosure,
    Language,
    Purpose,
    codes_for,
    still_good,
    versions,
)
from onboarding.parameters import Unit, declare, value_of
from onboarding.users import Role

GRACE = declare(
    "terms_grace_days",
    "Days in which the last version of a text still counts",
    unit=Unit.DAYS,
    initial=Decimal(30),
    verified=False,
    source="JC-11 asks for acknowledgement and names no period: the house's own",
    most=Decimal(365),
)
LONGEST_AGENT = 400


class AcceptanceRefused(Exception):
    """It was not accepted, and nothing is kept. Says why in words for who would accept."""


class Acceptance(models.Model):
    """`client` is empty while an applicant has no account; it is then named once."""

    disclosure = models.ForeignKey(Disclosure, models.PROTECT, related_name="acceptances")
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="acceptances"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="acceptances")
    language = models.CharField(max_length=2, choices=Language.choices)
    sha256 = models.CharField(max_length=64)
    accepted_at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=LONGEST_AGENT, blank=True)
    second_factor = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "client", "disclosure"],
                nulls_distinct=False,
                name="acceptance_once",
            ),
        ]
        indexes = [models.Index(fields=["client", "disclosure"], name="acceptance_of_client")]

    def __str__(self):
        return f"{self.user} accepted {self.disclosure}"


def required_of(
    *, now: datetime, exempt: bool = False, purpose: str = Purpose.VIRTUAL_ASSETS
) -> list[Disclosure]:
    """The newest version of each text that has to be accepted, in reading order."""
    codes = codes_for(purpose, exempt=exempt)
    return [rows[0] for code, rows in versions(now=now).items() if code in codes]


def outstanding(
    user,
    *,
    now: datetime,
    client: Client | None = None,
    exempt: bool = False,
    purpose: str = Purpose.VIRTUAL_ASSETS,
) -> list[Disclosure]:
    """Of what is required, what `user` has not accepted for `client` in its newest version."""
    done = set(
        Acceptance.objects.filter(user=user, client=client).values_list("disclosure", flat=True)
    )
    return [
        each for each in required_of(now=now, exempt=exempt, purpose=purpose) if each.pk not in done
    ]


def accept(
    disclosure: Disclosure,
    *,
    by,
    language: str,
    sha256: str,
    now: datetime,
    client: Client | None = None,
    ip: str | None = None,
    user_agent: str = "",
    shown: bool = False,
) -> Acceptance:
    """
    Keep that `by` agrees to the letters with the hash `sha256`, for `client` or as an applicant.

    Doing it twice is doing it once. `shown` is whether the door was just shown the login's second
    factor; where the login has one, nothing is accepted without it.

    :raises AcceptanceRefused: not a signatory, not the text in force, no second factor was shown
    """
    if by.role != Role.CLIENT or not by.is_active:
        raise AcceptanceRefused("Only a client's own signatory accepts.")
    if client and not client.signatories.filter(user=by).exists():
        raise AcceptanceRefused("You do not sign for this client.")
    if language not in Language.values or sha256 != disclosure.sha256(language):
        raise AcceptanceRefused("This is not the text that was shown. Please read it again.")
    newest = {rows[0].pk for rows in versions(now=now).values()}
    if disclosure.pk not in newest:
        raise AcceptanceRefused("There is a newer version of this text. Please read that one.")
    done = Acceptance.objects.filter(user=by, client=client, disclosure=disclosure)
    known = done.first()
    if known:
        return known
    factor = second_factor.second_factor_of(by)
    if factor and not shown:
        raise AcceptanceRefused(f"Please show your {factor} again, then accept.")
    try:
        with transaction.atomic():
            return Acceptance.objects.create(
                disclosure=disclosure,
                client=client,
                user=by,
                language=language,
                sha256=sha256,
                accepted_at=now,
                ip=ip,
                user_agent=user_agent[:LONGEST_AGENT],
                second_factor=factor or "",
            )
    except IntegrityError:
        # Sent twice at one moment: the other was first.
        return done.get()


def accept_for_many(signatories: Iterable[Signatory], *, language: str, now: datetime) -> int:
    """
    Each of `signatories` accepts all that is in force, in one statement: for a made-up book.

    The database looks at every row as it does at one.
    """
    texts = required_of(now=now)
    rows = [
        Acceptance(
            disclosure=text,
            client_id=each.client_id,
            user_id=each.user_id,
            language=language,
            sha256=text.sha256(language),
            accepted_at=now,
        )
        for each in signatories
        for text in texts
    ]
    return len(Acceptance.objects.bulk_create(rows, batch_size=5_000))


def carry_to(client: Client, users: Iterable) -> int:
    """What `users`, its signatories, accepted as applicants is accepted for `client`; how many."""
    known = Acceptance.objects.filter(client=client, user__in=users)
    return (
        Acceptance.objects.filter(client=None, user__in=users)
        .exclude(
            models.Exists(
                known.filter(user=models.OuterRef("user"), disclosure=models.OuterRef("disclosure"))
            )
        )
        .update(client=client)
    )


def terms_gate(
    client: Client,
    *,
    now: datetime,
    exempt: bool = False,
    purpose: str = Purpose.VIRTUAL_ASSETS,
) -> str | None:
    """
    None where all that is required is accepted; else what is missing, in the client's words.

    Of joint holders each accepts; for any other client one signatory does. A new version replaces
    the last one after the days of grace. `exempt` needs no risk statement (JC-11). A house that
    has put no text in force has nothing that could be accepted, and lends nothing.
    """
    without = {client.pk} if exempt else set()
    return terms_missing([client], now=now, exempt=without, purpose=purpose).get(client.pk)


def terms_missing(
    clients: Sequence[Client],
    *,
    now: datetime,
    exempt: Collection[int] = (),
    purpose: str = Purpose.VIRTUAL_ASSETS,
) -> dict[int, str]:
    """
    What `terms_gate` says, by the key of each of `clients` of whom something is missing.

    `exempt` are keys of clients. Four statements, however many clients.
    """
    known = versions(now=now)
    grace = timedelta(days=int(value_of(GRACE, now=now)))
    good = {
        each.pk: code
        for code, rows in known.items()
        for each in still_good(rows, grace=grace, now=now)
    }
    keys = [client.pk for client in clients]
    signing: dict[int, set[int]] = defaultdict(set)
    for client, user in Signatory.objects.filter(client__in=keys, user__is_active=True).values_list(
        "client", "user"
    ):
        signing[client].add(user)
    agreed: dict[tuple[int, str], set[int]] = defaultdict(set)
    for client, disclosure, user in Acceptance.objects.filter(
        client__in=keys, disclosure__in=good
    ).values_list("client", "disclosure", "user"):
        agreed[client, good[disclosure]].add(user)
    missing = {}
    for client in clients:
        codes = codes_for(purpose, exempt=client.pk in exempt)
        if not codes <= set(known):
            missing[client.pk] = "Our terms are not in force yet, so nothing can be drawn."
            continue
        texts = [
            rows[0].title_en
            for code, rows in known.items()
            if code in codes and not _is_agreed(client, signing[client.pk], agreed[client.pk, code])
        ]
        if texts:
            who = " from each holder" if client.kind == Kind.JOINT else ""
            missing[client.pk] = (
                f"Before you draw we need your agreement{who} to: {'; '.join(texts)}."
            )
    return missing


def _is_agreed(client: Client, signing: set[int], agreed: set[int]) -> bool:
    if client.kind == Kind.JOINT:
        return bool(signing) and signing <= agreed
    return bool(agreed)
