"""
The VA knowledge test (JC-1): a random paper, answered once, marked here; or training in its place.

One pass is enough for ever. Of a joint client every signatory must know.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from secrets import SystemRandom

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q

from onboarding.clients import Client, Kind, Signatory
from onboarding.investors.questions import Question, Wording, in_force
from onboarding.investors.training import Training
from onboarding.parameters import Unit, declare, value_of
from onboarding.payloads import HONG_KONG, as_moment
from onboarding.users import User

ASKED = declare(
    "va_test_questions",
    "Questions of a VA knowledge test",
    unit=Unit.COUNT,
    initial=Decimal(10),
    verified=False,
    source="JC-1; 23EC67 Appendix 1, not read",
    least=Decimal(1),
    most=Decimal(50),
)
PASS_MARK = declare(
    "va_test_pass_mark",
    "Right answers that pass a VA knowledge test",
    unit=Unit.FRACTION,
    initial=Decimal("0.8"),
    verified=False,
    source="JC-1; 23EC67 Appendix 1, not read",
    least=Decimal("0.5"),
)
ATTEMPTS = declare(
    "va_test_attempts",
    "VA knowledge tests that may be failed before a pause",
    unit=Unit.COUNT,
    initial=Decimal(3),
    verified=False,
    source="JC-1; the house's",
    least=Decimal(1),
    most=Decimal(20),
)
COOL_DOWN = declare(
    "va_test_cool_down",
    "Pause after VA knowledge tests that were failed",
    unit=Unit.DAYS,
    initial=Decimal(1),
    verified=False,
    source="JC-1; the house's",
    least=Decimal(1),
    most=Decimal(365),
)


class PaperRefused(Exception):
    """No test, or no mark for it; says why in the client's words."""


class Attempt(models.Model):
    """One paper: `questions` in their order. What was answered is never changed."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="attempts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    language = models.CharField(max_length=2)
    bank = models.CharField(max_length=20)
    questions = models.JSONField()
    needed = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    answers = models.JSONField(null=True, blank=True)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    passed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "user"],
                condition=Q(finished_at=None),
                name="attempt_one_paper_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None, answers=None, score=None, passed=False)
                | Q(finished_at__isnull=False, answers__isnull=False, score__isnull=False),
                name="attempt_marked_when_answered",
            ),
            models.CheckConstraint(
                condition=Q(score=None)
                | Q(passed=True, score__gte=F("needed"))
                | Q(passed=False, score__lt=F("needed")),
                name="attempt_passed_by_its_marks",
            ),
            models.CheckConstraint(condition=Q(needed__gt=0), name="attempt_needs_a_mark"),
        ]

    def __str__(self):
        return f"test of {self.user} for {self.client}, {self.started_at:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Marked:
    """One question of an answered paper, as it is explained: `given` and `right` from nought."""

    wording: Wording
    topic: str
    given: int
    right: int

    @property
    def is_right(self) -> bool:
        return self.given == self.right


def knowing(clients: Sequence[Client], *, on: date) -> set[int]:
    """
    The keys of those of `clients` who passed, or were trained, by that day. Of a joint client every
    signatory must have; of others one is enough. In three statements.
    """
    keys = [client.pk for client in clients]
    night = datetime.combine(on, time.max, HONG_KONG)
    trained = Training.objects.filter(client__in=keys, given_date__lte=on)
    passed = Attempt.objects.filter(client__in=keys, passed=True, finished_at__lte=night)
    by_client: dict[int, set[int | None]] = defaultdict(set)
    for rows in (trained, passed):
        for client, user in rows.values_list("client", "user"):
            by_client[client].add(user)
    signing: dict[int, set[int]] = defaultdict(set)
    joint = [client.pk for client in clients if client.kind == Kind.JOINT]
    if joint:
        signed = Signatory.objects.filter(client__in=joint).values_list("client", "user")
        for client, user in signed:
            signing[client].add(user)
    # Training of the whole client names nobody.
    return {
        client.pk
        for client in clients
        if (known := by_client[client.pk])
        and (
            client.kind != Kind.JOINT
            or None in known
            or (signing[client.pk] and signing[client.pk] <= known)
        )
    }


def knows(client: Client, *, on: date) -> bool:
    """Whether `client` passed the test, or was trained, by that day."""
    return client.pk in knowing([client], on=on)


@transaction.atomic
def start(client: Client, *, by: User, language: str, now: datetime) -> Attempt:
    """
    A paper of questions drawn at random; the one that is not answered yet, where there is one.

    :raises PaperRefused: not a signatory, too many failed, or there are no questions
    """
    client = Client.objects.locked().get(pk=client.pk)
    if not client.signatories.filter(user=by).exists():
        raise PaperRefused("You do not sign for this client.")
    open_paper = Attempt.objects.filter(client=client, user=by, finished_at=None).first()
    if open_paper:
        return open_paper
    if Attempt.objects.filter(client=client, user=by, passed=True).exists():
        raise PaperRefused("You passed the test already; once is enough.")
    pause = pause_of(client, by=by, now=now)
    if pause:
        raise PaperRefused(
            f"The test was failed several times. You may take it again after {as_moment(pause)},"
            " or ask your relationship manager for training."
        )
    bank = in_force(now=now)
    count = min(int(value_of(ASKED, now=now)), len(bank))
    if not count:
        raise PaperRefused(
            "There are no questions yet. Your relationship manager can tell you more."
        )
    mark = Decimal(count) * value_of(PASS_MARK, now=now)
    return Attempt.objects.create(
        client=client,
        user=by,
        language=language if language in dict(bank[0].wording) else "en",
        bank=bank[0].bank,
        questions=[question.pk for question in SystemRandom().sample(bank, count)],
        needed=max(1, int(mark.to_integral_value(rounding=ROUND_CEILING))),
        started_at=now,
    )


def pause_of(client: Client, *, by: User, now: datetime) -> datetime | None:
    """Until when `by` must wait before another test; None where there is no need."""
    pause = timedelta(days=int(value_of(COOL_DOWN, now=now)))
    allowed = int(value_of(ATTEMPTS, now=now))
    failed = Attempt.objects.filter(
        client=client, user=by, passed=False, finished_at__gt=now - pause
    )
    ends = list(failed.order_by("-finished_at").values_list("finished_at", flat=True)[:allowed])
    return ends[-1] + pause if len(ends) == allowed else None


@transaction.atomic
def answer(attempt: Attempt, given: Mapping[int, int], *, by: User, now: datetime) -> Attempt:
    """
    Mark the paper; `given` is the choice (from nought) by the key of its question. Once only.

    :raises PaperRefused: somebody else's paper, answered before, or a question is without an answer
    """
    attempt = Attempt.objects.select_for_update().get(pk=attempt.pk)
    if attempt.user_id != by.pk:
        raise PaperRefused("This paper is not yours.")
    if attempt.finished_at:
        raise PaperRefused("This paper was answered before. Nothing was changed.")
    asked = Question.objects.in_bulk(attempt.questions)
    for pk in attempt.questions:
        if given.get(pk) not in range(len(asked[pk].worded("en").choices)):
            raise PaperRefused("Answer every question.")
    attempt.answers = {str(pk): given[pk] for pk in attempt.questions}
    attempt.score = sum(given[pk] == asked[pk].right for pk in attempt.questions)
    attempt.passed = attempt.score >= attempt.needed
    attempt.finished_at = now
    attempt.save(update_fields=["answers", "score", "passed", "finished_at"])
    return attempt


def paper_of(attempt: Attempt, *, language: str) -> list[tuple[int, Wording]]:
    """The questions of the paper in that language, by key, in their order, without the answers."""
    asked = Question.objects.in_bulk(attempt.questions)
    return [(pk, asked[pk].worded(language)) for pk in attempt.questions]


def marked(attempt: Attempt, *, language: str) -> list[Marked]:
    """An answered paper explained; nothing of one that is not."""
    if attempt.answers is None:
        return []
    asked = Question.objects.in_bulk(attempt.questions)
    return [
        Marked(
            asked[pk].worded(language), asked[pk].topic, attempt.answers[str(pk)], asked[pk].right
        )
        for pk in attempt.questions
    ]
