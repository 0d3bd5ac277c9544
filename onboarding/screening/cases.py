"""
The suspicion case, and the stop: the MLRO's own, and nobody else's to see (AML-12).

A case begins with a true match, an escalated alert, a payment or somebody's report, and ends with
a report to the JFIU or without. A stop holds a client's draws, releases and sales until the MLRO
lifts it. Neither is shown or counted to anybody else; the client and the front office hear neutral
words (`gate.py`).
"""

from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import transition

from onboarding.clients import Client
from onboarding.lifecycle import Lifecycle, LifecycleQuerySet, Move, StateField, move
from onboarding.payloads import today
from onboarding.screening.hits import Hit
from onboarding.users import Role


class Refused(Exception):
    """It cannot be, and why in words for who asked."""


class Origin(models.TextChoices):
    MATCH = "match", "A true match"
    ALERT = "alert", "An alert of the monitoring"
    PAYMENT = "payment", "A payment"
    REPORT = "report", "A report by staff"


class CaseState(models.TextChoices):
    OPEN = "open", "Open"
    REPORTED = "reported", "Reported to the JFIU"
    CLOSED = "closed", "Closed"


class CaseQuerySet(LifecycleQuerySet):
    def visible_to(self, user):
        """All of them to the MLRO, none to anybody else."""
        return self if user.is_active and user.role == Role.MLRO else self.none()


class Case(Lifecycle):
    """`about` names who it is about, a client or not; `suspicion` is what was seen."""

    STEP_FIELDS = ("jfiu_reference", "reported_date", "closed_at", "outcome")

    client = models.ForeignKey(Client, models.PROTECT, null=True, related_name="+")
    about = models.CharField(max_length=200)
    origin = models.CharField(max_length=8, choices=Origin.choices)
    hit = models.OneToOneField(Hit, models.PROTECT, null=True, related_name="+")
    suspicion = models.TextField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    jfiu_reference = models.CharField(max_length=60, blank=True)
    reported_date = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)
    state = StateField(
        default=CaseState.OPEN, choices=CaseState.choices, protected=True, max_length=20
    )

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(jfiu_reference="", reported_date=None)
                | ~Q(jfiu_reference="") & Q(reported_date__isnull=False),
                name="case_reported_with_reference_and_date",
            ),
            models.CheckConstraint(
                condition=~Q(state=CaseState.REPORTED) | ~Q(jfiu_reference=""),
                name="case_reported_says_so",
            ),
            models.CheckConstraint(
                condition=Q(state=CaseState.CLOSED, closed_at__isnull=False) & ~Q(outcome="")
                | ~Q(state=CaseState.CLOSED) & Q(closed_at=None, outcome=""),
                name="case_closed_says_how",
            ),
            models.CheckConstraint(condition=~Q(suspicion=""), name="case_says_what_was_seen"),
        ]

    def __str__(self):
        return f"Case {self.pk}: {self.about}"

    @transition(state, source=CaseState.OPEN, target=CaseState.REPORTED)
    def report(self, *, now: datetime, jfiu_reference: str, reported_date: date):
        """The JFIU has a suspicious transaction report of it."""
        self.jfiu_reference, self.reported_date = jfiu_reference, reported_date

    @transition(state, source=[CaseState.OPEN, CaseState.REPORTED], target=CaseState.CLOSED)
    def close(self, *, now: datetime, outcome: str):
        """The MLRO has ended it."""
        self.closed_at, self.outcome = now, outcome


class CaseMove(Move):
    subject = models.ForeignKey(Case, models.PROTECT, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "case move"


class CaseNote(models.Model):
    """What the MLRO writes down on a case; the acknowledgement of a report is one."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="notes")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()

    def __str__(self):
        return f"{self.at}: {self.text[:60]}"


class StopState(models.TextChoices):
    ACTIVE = "active", "Business is stopped"
    LIFTED = "lifted", "Lifted"


class StopQuerySet(LifecycleQuerySet):
    def visible_to(self, user):
        """All of them to the MLRO, none to anybody else."""
        return self if user.is_active and user.role == Role.MLRO else self.none()


class Stop(Lifecycle):
    """Draws, releases and sales of `client` stand still while it is active."""

    STEP_FIELDS = ("lifted_at",)

    client = models.ForeignKey(Client, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="stops")
    begun_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    state = StateField(
        default=StopState.ACTIVE, choices=StopState.choices, protected=True, max_length=20
    )

    objects = StopQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "client"], condition=Q(state="active"), name="stop_once_a_case"
            ),
            models.CheckConstraint(
                condition=Q(state=StopState.ACTIVE, lifted_at=None)
                | Q(state=StopState.LIFTED, lifted_at__isnull=False),
                name="stop_lifted_says_when",
            ),
        ]
        indexes = [
            # Read by every gate.
            models.Index(fields=["client"], condition=Q(state="active"), name="stop_active")
        ]

    def __str__(self):
        return f"Stop of {self.client_id} by case {self.case_id}"

    @transition(state, source=StopState.ACTIVE, target=StopState.LIFTED)
    def lift(self, *, now: datetime):
        """The MLRO lets business go on."""
        self.lifted_at = now


class StopMove(Move):
    subject = models.ForeignKey(Stop, models.PROTECT, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "stop move"


def open_case(
    *,
    origin: Origin,
    about: str,
    suspicion: str,
    by,
    now: datetime,
    client: Client | None = None,
    hit: Hit | None = None,
    stops: bool = False,
) -> Case:
    """
    Begin a case; with `stops`, the client's business stands still from now on.

    :raises Refused: nothing was said of what was seen
    """
    if not suspicion.strip():
        raise Refused("Say what was seen.")
    case = Case.objects.create(
        client=client,
        about=about[:200],
        origin=origin,
        hit=hit,
        suspicion=suspicion.strip(),
        opened_by=by,
        opened_at=now,
    )
    if stops and client is not None:
        Stop.objects.create(client=client, case=case, begun_at=now)
    return case


def report_suspicion(client: Client, suspicion: str, *, by, now: datetime) -> Case:
    """
    Anybody of the staff tells the MLRO; what becomes of it only the MLRO sees.

    :raises Refused: a client's login, or nothing was said
    """
    if by.role == Role.CLIENT or not by.is_active:
        raise Refused("Only staff report to the MLRO.")
    about = str(client)
    return open_case(
        origin=Origin.REPORT, about=about, suspicion=suspicion, by=by, now=now, client=client
    )


def note(case: Case, text: str, *, by, now: datetime) -> CaseNote:
    """
    :raises Refused: not the MLRO, or nothing to note
    """
    _only_the_mlro(by)
    if not text.strip():
        raise Refused("A note says something.")
    return CaseNote.objects.create(case=case, at=now, by=by, text=text.strip())


def report_to_jfiu(case: Case, *, reference: str, on: date, reason: str, by, now: datetime) -> Case:
    """
    Record the suspicious transaction report: its JFIU reference and the day it was sent.

    :raises Refused: not the MLRO, no reference or reason, a day to come, or it is reported already
    """
    _only_the_mlro(by)
    if not reference.strip() or not reason.strip():
        raise Refused("A report has the reference of the JFIU and a reason.")
    if on > today(now):
        raise Refused("The day of the report is to come.")
    if case.state != CaseState.OPEN:
        raise Refused(f"The case is {case.get_state_display().lower()} already.")
    facts = {"jfiu_reference": reference.strip()[:60], "reported_date": on}
    return move(case, Case.report, reason=reason.strip(), mover=by, now=now, **facts)


def stop(case: Case, *, reason: str, by, now: datetime) -> Stop:
    """
    Let the business of the case's client stand still.

    :raises Refused: not the MLRO, no reason, no client, a closed case, or it stands still already
    """
    _only_the_mlro(by, reason)
    if case.client_id is None or case.state == CaseState.CLOSED:
        raise Refused("There is no client whose business could be stopped by this case.")
    if case.stops.filter(state=StopState.ACTIVE).exists():
        raise Refused("The client's business is stopped already.")
    note(case, f"Stopped: {reason}", by=by, now=now)
    return Stop.objects.create(client_id=case.client_id, case=case, begun_at=now)


def lift(held: Stop, *, reason: str, by, now: datetime) -> Stop:
    """
    Let business go on, as far as no other case stops it.

    :raises Refused: not the MLRO, no reason, or lifted already
    """
    _only_the_mlro(by, reason)
    if held.state != StopState.ACTIVE:
        raise Refused("It is lifted already.")
    return move(held, Stop.lift, reason=reason.strip(), mover=by, now=now)


def close(case: Case, *, outcome: str, by, now: datetime) -> Case:
    """
    End the case.

    :raises Refused: not the MLRO, no outcome, closed already, or a stop of it still holds
    """
    _only_the_mlro(by, outcome)
    if case.state == CaseState.CLOSED:
        raise Refused("The case is closed already.")
    if case.stops.filter(state=StopState.ACTIVE).exists():
        raise Refused("Its stop still holds: lift it first, or keep the case open.")
    outcome = outcome.strip()
    return move(case, Case.close, reason=outcome, mover=by, now=now, outcome=outcome)


def _only_the_mlro(by, reason: str = "said") -> None:
    if by.role != Role.MLRO or not by.is_active:
        raise Refused("There is no such case.")
    if not reason.strip():
        raise Refused("A decision needs a reason.")
