"""Which documents an application needs, which it has, and who may read them."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from onboarding.applications.application import Application
from onboarding.applications.checks import Check, Finding, register_check
from onboarding.applications.party import ApplicationParty, PartyRole
from onboarding.applications.refusals import NotPossible
from onboarding.clients import Kind as ClientKind
from onboarding.documents.document import Document, Kind
from onboarding.documents.readers import register_reader
from onboarding.documents.take_in import GivenBefore, take_in
from onboarding.users import Role

MOST_DOCUMENTS = 200
_ADDRESS_TOO = {
    PartyRole.APPLICANT,
    PartyRole.OWNER,
    PartyRole.CONTROLLER,
    PartyRole.SIGNATORY,
    PartyRole.TRUSTEE,
    PartyRole.SETTLOR,
}
# Of the application itself, besides those of its people.
_OF_ALL = (Kind.SOURCE_OF_WEALTH,)
_OF_KIND = {
    ClientKind.PERSON: (Kind.CUSTODIAN_STATEMENT,),
    ClientKind.JOINT: (Kind.CUSTODIAN_STATEMENT,),
    ClientKind.CORPORATE: (
        Kind.CERTIFICATE_OF_INCORPORATION,
        Kind.REGISTER_OF_DIRECTORS,
        Kind.OWNERSHIP_CHART,
        Kind.BOARD_RESOLUTION,
        Kind.AUDITED_ACCOUNTS,
    ),
    ClientKind.TRUST: (Kind.TRUST_DEED, Kind.AUTHORITY, Kind.AUDITED_ACCOUNTS),
    ClientKind.INSTITUTION: (Kind.CERTIFICATE_OF_INCORPORATION, Kind.AUTHORITY),
}


class ApplicationDocument(models.Model):
    """A document of an application: of one of its parties, or answering a request, or neither."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="documents")
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    party = models.ForeignKey(
        ApplicationParty, models.SET_NULL, null=True, blank=True, related_name="papers"
    )
    request = models.ForeignKey(
        "onboarding.Request", models.PROTECT, null=True, blank=True, related_name="papers"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "document", "party", "request"],
                nulls_distinct=False,
                name="application_document_once",
            ),
        ]

    def __str__(self):
        return str(self.document)


@dataclass(frozen=True, slots=True)
class Needed:
    """One kind of document that is needed, of a party or of the application, and those given."""

    kind: Kind
    party: ApplicationParty | None
    given: tuple[ApplicationDocument, ...]

    @property
    def title(self) -> str:
        return f"{self.kind.label}: {self.party.name}" if self.party else self.kind.label


def needed(application: Application, parties: list[ApplicationParty]) -> list[Needed]:
    """All that the application needs, each with what there is of it."""
    rows = list(application.documents.select_related("document", "by").order_by("pk"))
    wanted: list[tuple[Kind, ApplicationParty | None]] = []
    for party in parties:
        if not party.is_person:
            continue
        wanted.append((Kind.IDENTITY, party))
        if _ADDRESS_TOO & set(party.roles):
            wanted.append((Kind.ADDRESS_PROOF, party))
    wanted += [(kind, None) for kind in (*_OF_KIND[application.kind], *_OF_ALL)]
    return [
        Needed(
            kind,
            party,
            tuple(
                row
                for row in rows
                if row.document.kind == kind and (party is None or row.party_id == party.pk)
            ),
        )
        for kind, party in wanted
    ]


def missing(application: Application, parties: list[ApplicationParty]) -> list[str]:
    return [f"{each.title}." for each in needed(application, parties) if not each.given]


@transaction.atomic
def attach(
    application: Application,
    file,
    *,
    kind: str,
    party: ApplicationParty | None = None,
    request=None,
    by,
    now: datetime,
) -> ApplicationDocument:
    """
    Take the file in and hold it by the application. The same file twice is held once.

    :raises DocumentRefused: the file is not taken, in words for who sent it
    :raises NotPossible: the application is not the asker's, has ended, or holds too many
    """
    row = Application.objects.locked().get(pk=application.pk)
    if not row.applicants.filter(user=by).exists():
        raise NotPossible("This application is not yours.")
    if row.is_ended:
        raise NotPossible("This application has ended.")
    if row.documents.count() >= MOST_DOCUMENTS:
        raise NotPossible(f"More than {MOST_DOCUMENTS} files cannot be sent here.")
    if party is not None and party.application_id != row.pk:
        raise NotPossible("There is no such person here.")
    try:
        document = take_in(file, kind=kind, by=by, now=now)
    except GivenBefore as before:
        document = before.document
    held, _ = ApplicationDocument.objects.get_or_create(
        application=row,
        document=document,
        party=party,
        request=request,
        defaults={"by": by, "at": now},
    )
    Application.objects.filter(pk=row.pk).update(touched_at=now)
    return held


@register_reader
def _of_own_applications(user, *, now: datetime) -> Q:
    """Those who fill in one application read its papers; so does its relationship manager."""
    if user.role not in (Role.CLIENT, Role.RM):
        return Q(pk__in=())
    applications = Application.objects.visible_to(user).values("pk")
    papers = ApplicationDocument.objects.filter(application__in=applications)
    return Q(restricted=False, pk__in=papers.values("document"))


def papers_held(application: Application) -> models.QuerySet:
    """The documents themselves, each once."""
    return Document.objects.filter(pk__in=application.documents.values("document"))


def _complete(application: Application, *, now: datetime) -> Finding:
    """All that is needed is there, and every file may be opened."""
    lacking = missing(application, list(application.parties.all()))
    if lacking:
        return Finding(False, "Missing: " + " ".join(lacking))
    unread = [each for each in papers_held(application) if not each.is_readable]
    if unread:
        names = ", ".join(each.name for each in unread)
        return Finding(False, f"Not to be opened, or waiting for the scan: {names}.")
    return Finding(True, f"{papers_held(application).count()} files, each readable.")


register_check(Check.DOCUMENTS, _complete)
