"""
Who is screened: clients, who signs for them, and everybody whom a feature hands in.

A feature hands in parties by a provider (`hand_in`), asked at every bulk run, or one by one
(`screen.screen`), such as an applicant's owner who is no client yet. `key` names the party for
good: `client:C000001`, `signatory:17`, `application:12:owner:3`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import models

from onboarding.clients import Client, ClientState, Kind, Signatory
from onboarding.screening.facts import Party, from_json

NO_PERSON = (Kind.CORPORATE, Kind.TRUST, Kind.INSTITUTION)


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody to be screened; `client_id` is whose business a true match would stop."""

    key: str
    party: Party
    client_id: int | None = None


class Screened(models.Model):
    """A subject as last handed in, when it was last screened, and against which versions."""

    key = models.CharField(max_length=80, unique=True)
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="screened"
    )
    party = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    known_at = models.DateTimeField()
    screened_at = models.DateTimeField(null=True)
    versions = models.JSONField(default=dict)
    rule = models.CharField(max_length=20, blank=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "screened"

    def __str__(self):
        return f"{self.party['names'][0]} ({self.key})"

    @property
    def facts(self) -> Party:
        return from_json(self.party)


class ScreeningRun(models.Model):
    """One bulk run: why, against which versions and by which rule, and what came of it (AML-11)."""

    at = models.DateTimeField()
    why = models.CharField(max_length=200)
    versions = models.JSONField()
    rule = models.CharField(max_length=20)
    parties = models.PositiveIntegerField()
    hits = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["-at"], name="screening_run_latest")]

    def __str__(self):
        return f"{self.at}: {self.parties} parties, {self.hits} new hits"


Provider = Callable[[datetime], Iterable[Subject]]
_PROVIDERS: dict[str, Provider] = {}


def hand_in(prefix: str, provider: Provider) -> None:
    """
    Let `provider(now)` name the subjects whose keys begin with `prefix:`, all of them, each time.

    One that it names no longer is retired: kept, and screened no more.
    """
    _PROVIDERS[prefix] = provider


def handed_in(now: datetime) -> dict[str, list[Subject]]:
    """The subjects of every provider, by prefix."""
    return {prefix: list(provider(now)) for prefix, provider in sorted(_PROVIDERS.items())}


def client_subject(client: Client) -> Subject:
    """The client by both its names."""
    names = tuple(name for name in (client.name, client.name_chinese) if name)
    is_person = {Kind.PERSON: True}.get(client.kind, False if client.kind in NO_PERSON else None)
    return Subject(f"client:{client.number}", Party(names, is_person), client.pk)


def _clients(now: datetime) -> Iterable[Subject]:
    return map(client_subject, Client.objects.exclude(state=ClientState.CLOSED).order_by("pk"))


def _signatories(now: datetime) -> Iterable[Subject]:
    rows = Signatory.objects.exclude(client__state=ClientState.CLOSED).select_related("user")
    for each in rows.order_by("pk"):
        if each.user.get_full_name():
            yield Subject(
                f"signatory:{each.pk}", Party((each.user.get_full_name(),), True), each.client_id
            )


hand_in("client", _clients)
hand_in("signatory", _signatories)
