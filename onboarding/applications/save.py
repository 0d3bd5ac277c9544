"""Save: keep what the applicant tells, step by step, each held against its own rules."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max

from onboarding.applications.application import Application, State
from onboarding.applications.eligible import sizes
from onboarding.applications.forms import STEP_FORMS, StepForm
from onboarding.applications.party import ApplicationParty, Holding, Nature, PartyRole
from onboarding.applications.party_form import OwnershipForm, PartyForm
from onboarding.applications.people import Applicant
from onboarding.applications.refusals import ChangedMeanwhile, Incomplete, NotPossible
from onboarding.applications.told import Told, last_told
from onboarding.clients import Kind
from onboarding.payloads import today

MOST_PARTIES = 60
_NOT_NOW = "It is with us now: what you told cannot be changed unless we ask for it."


def begin(kind: str, *, by, now: datetime) -> Application:
    """A new draft for `by`, with no answer in it."""
    if kind not in Kind.values:
        raise NotPossible("Choose who applies.")
    with transaction.atomic():
        application = Application.objects.create(
            number=next_number(),
            kind=kind,
            signatures=1 if kind == Kind.PERSON else None,
            started_by=by,
            started_at=now,
            touched_at=now,
            state_since=now,
        )
        Applicant.objects.create(application=application, user=by, since=now)
    return application


def next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('onboarding_application_number')")
        return f"AP{cursor.fetchone()[0]:06}"


def version_of(application: Application, step: str) -> int:
    """How often the step was saved; a form that is shown carries it back."""
    return application.told.filter(step=step).aggregate(last=Max("version"))["last"] or 0


def form_of(application: Application, step: str, *args, now: datetime, **more) -> StepForm:
    """The form of a step: bound where data is given, else filled with what was told."""
    known = {"application": application, "today": today(now), "sizes": sizes(now=now)}
    if step == "ownership":
        initial = {
            f"h{each.owner_id}_{each.owned_id}": f"{each.percent.normalize():f}"
            for each in application.holdings.all()
        }
        return OwnershipForm(*args, initial=initial, **known, **more)
    told = last_told(application, step)
    return STEP_FORMS[step](*args, initial=told.answers if told else {}, **known, **more)


def party_form(
    application: Application,
    *args,
    nature: str,
    party: ApplicationParty | None = None,
    now: datetime,
) -> PartyForm:
    known = {"application": application, "today": today(now), "sizes": sizes(now=now)}
    initial = _as_told(party) if party else {}
    return PartyForm(*args, initial=initial, nature=nature, party=party, **known)


_OF_A_PARTY = (
    "name",
    "name_chinese",
    "birth_date",
    "place",
    "identity_type",
    "identity_number",
    "identity_expires",
    "address",
    "business_address",
    "legal_form",
    "listed_on",
)


def _as_told(party: ApplicationParty) -> dict:
    return {"roles": party.roles} | {name: getattr(party, name) for name in _OF_A_PARTY}


@transaction.atomic
def save_step(
    application: Application, step: str, given, *, version: int, by, now: datetime
) -> Application:
    """
    Keep the answers of one step; sending the same again changes nothing.

    :raises Incomplete: an answer cannot be; nothing is kept
    :raises ChangedMeanwhile: somebody saved the step since `version`
    :raises NotPossible: it is not open to be changed
    """
    row = _editable(application, step, by=by)
    form = form_of(row, step, given, now=now)
    if not form.is_valid():
        raise Incomplete(form)
    answers = form.answers()
    if not _is_new(row, step, version, answers):
        return row
    _tell(row, step, version, answers, by=by, now=now)
    columns = {}
    if step == "eligibility":
        columns = {
            "category": form.cleaned_data["category"],
            "portfolio": form.cleaned_data.get("portfolio"),
            "assets": form.cleaned_data.get("assets"),
        }
    elif step == "mandate":
        columns = {"signatures": form.cleaned_data["signatures"]}
    elif step == "ownership":
        _hold(row, form)
    return _grown(row, now=now, **columns)


def _hold(application: Application, form: OwnershipForm) -> None:
    application.holdings.all().delete()
    Holding.objects.bulk_create(
        Holding(
            application=application,
            owner_id=each.owner,
            owned_id=each.owned,
            percent=each.percent,
        )
        for each in form.holdings()
    )


@transaction.atomic
def save_party(
    application: Application,
    given,
    *,
    nature: str,
    party: ApplicationParty | None = None,
    version: int = 0,
    by,
    now: datetime,
) -> ApplicationParty:
    """
    Enter a party, or correct one. Raises as `save_step` does.
    """
    row = _editable(application, "parties", by=by)
    if nature not in Nature.values or (party and party.nature != nature):
        raise NotPossible("Say whether it is a person or a firm.")
    if party is None and row.parties.count() >= MOST_PARTIES:
        raise NotPossible(f"More than {MOST_PARTIES} cannot be entered here: please write to us.")
    if party is not None:
        party = ApplicationParty.objects.select_for_update(no_key=True).get(
            pk=party.pk, application=row
        )
    form = party_form(row, given, nature=nature, party=party, now=now)
    if not form.is_valid():
        raise Incomplete(form)
    answers = form.answers()
    step = f"party {party.pk}" if party else ""
    if party and not _is_new(row, step, version, answers):
        return party
    party = party or ApplicationParty(application=row, nature=nature)
    party.roles = form.cleaned_data["roles"]
    for name in _OF_A_PARTY:
        if name in form.cleaned_data:
            setattr(party, name, form.cleaned_data[name])
    party.application = row
    if not party.signs:
        party.user = None
    party.save()
    _tell(row, f"party {party.pk}", version, answers, by=by, now=now)
    if PartyRole.OWNER not in party.roles:
        row.holdings.filter(owner=party).delete()
    _grown(row, now=now)
    return party


@transaction.atomic
def remove_party(application: Application, party: ApplicationParty, *, by, now: datetime) -> None:
    """
    Take a party out; what was told of it stays on the record.

    :raises NotPossible: it is not open to be changed
    """
    row = _editable(application, "parties", by=by)
    row.holdings.filter(owner=party).delete()
    row.holdings.filter(owned=party).delete()
    step = f"party {party.pk}"
    row.parties.get(pk=party.pk).delete()
    _tell(row, step, version_of(row, step), {"removed": party.name}, by=by, now=now)
    _grown(row, now=now)


@transaction.atomic
def this_is_me(application: Application, party: ApplicationParty, *, by, now: datetime) -> None:
    """
    Say that a person who signs is the login itself.

    :raises NotPossible: that person signs nothing, has a login, or the login is somebody else here
    """
    row = _editable(application, "people", by=by)
    party = row.parties.select_for_update().get(pk=party.pk)
    if not party.signs:
        raise NotPossible(f"{party.name} is not entered as somebody who signs.")
    if party.user_id and party.user_id != by.pk:
        raise NotPossible(f"{party.name} has a login already.")
    row.parties.filter(user=by).exclude(pk=party.pk).update(user=None)
    row.parties.filter(pk=party.pk).update(user=by)
    row.invitations.filter(party=party, used_at=None, cancelled_at=None).update(cancelled_at=now)
    _grown(row, now=now)


def _editable(application: Application, step: str, *, by) -> Application:
    """The row, locked, where `by` may change that step of it now."""
    row = Application.objects.locked().get(pk=application.pk)
    if not row.applicants.filter(user=by).exists():
        raise NotPossible("This application is not yours.")
    if not is_editable(row, step):
        raise NotPossible(_NOT_NOW)
    return row


def is_editable(application: Application, step: str) -> bool:
    """A draft, or a step that we asked to be corrected."""
    if application.state == State.DRAFT:
        return True
    if application.state != State.INFORMATION_ASKED:
        return False
    return application.requests.filter(answered_at=None, step=step).exists()


def _is_new(application: Application, step: str, version: int, answers: dict) -> bool:
    """False where the very same was saved before, as by a button pressed twice."""
    last = last_told(application, step)
    if last and last.answers == answers:
        return False
    if version != (last.version if last else 0):
        raise ChangedMeanwhile
    return True


def _tell(application, step: str, version: int, answers: dict, *, by, now: datetime) -> None:
    Told.objects.create(
        application=application, step=step, version=version + 1, answers=answers, by=by, at=now
    )


def _grown(row: Application, *, now: datetime, **columns) -> Application:
    """The row after it was touched; the database has counted its edition (migration 0007)."""
    if row.kind == Kind.JOINT:
        signing = row.parties.filter(roles__contains=[PartyRole.APPLICANT]).count()
        columns = columns | {"signatures": max(2, signing)}
    Application.objects.filter(pk=row.pk).update(touched_at=now, **columns)
    row.refresh_from_db()
    return row
