"""
The checks an application must pass before it is opened, and who found what.

Four blocks of due diligence (AML-1) are checked by an officer with evidence. The other checks
belong to features that register how they are made; one that is not registered is made by hand and
never passed in silence. Every check holds for one edition of the application: what changes after
it was made is checked anew (AML-6: nothing is verified later).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from onboarding.applications.application import Application, State
from onboarding.applications.refusals import NotPossible


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether it passes, and the words for the officer: the evidence, or what is in the way."""

    passed: bool
    words: str


# (application, now) -> Finding
Test = Callable[..., Finding]


class Check(models.TextChoices):
    """The order is that of the work."""

    CUSTOMER = "customer", "Applicant identified and verified"
    OWNERS = "owners", "Beneficial owners identified and verified"
    PURPOSE = "purpose", "Purpose and intended nature understood"
    AGENTS = "agents", "Those who act identified, and their authority"
    DOCUMENTS = "documents", "Documents complete"
    SCREENING = "screening", "Screening clear"
    INVESTOR = "investor", "Professional investor on evidence"
    KNOWLEDGE = "knowledge", "Knowledge of virtual assets"
    AFFORDABILITY = "affordability", "Could pay in the worst case"
    CREDIT = "credit", "Credit decided"
    DISCLOSURES = "disclosures", "Terms and risk disclosures accepted"


# What the officer's own eyes must see, whatever a feature says (AML-1).
BY_HAND = (Check.CUSTOMER, Check.OWNERS, Check.PURPOSE, Check.AGENTS)
# What may come after credit was asked: the rest comes first.
LATE = (Check.AFFORDABILITY, Check.CREDIT, Check.DISCLOSURES, Check.KNOWLEDGE)

_TESTS: dict[Check, Test] = {}


class CheckMixed(Exception):
    """A check is registered twice, or one that people make by hand."""


def register_check(check: Check, test: Test) -> None:
    """
    Make `test(application, now=now) -> Finding` the way that `check` is made.

    :raises CheckMixed: it has a way already, or is made by hand alone
    """
    if check in _TESTS or check in BY_HAND:
        raise CheckMixed(f"{check} is made in a way already")
    _TESTS[check] = test


class CheckRecord(models.Model):
    """
    One check as it was made: by an officer (`by`), or by rule when the account was opened.

    Never edited: a check made again is another row, and the last of an edition holds.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="checks")
    check_name = models.CharField("check", max_length=16, choices=Check.choices)
    edition = models.PositiveIntegerField()
    passed = models.BooleanField()
    evidence = models.TextField()
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(evidence="") & ~Q(reason=""), name="check_says_on_what_and_why"
            ),
        ]
        indexes = [models.Index(fields=["application", "-id"], name="check_of_application")]

    def __str__(self):
        return f"{self.get_check_name_display()}: {'passed' if self.passed else 'not passed'}"


@dataclass(frozen=True, slots=True)
class Standing:
    """A check as it stands: by rule or by hand, passed or not, and what there is of it."""

    check: Check
    by_rule: bool
    passed: bool
    words: str
    record: CheckRecord | None

    @property
    def title(self) -> str:
        return self.check.label


def standings(application: Application, *, now: datetime) -> list[Standing]:
    """All checks of the application, in the order of the work."""
    rows = application.checks.filter(edition=application.edition).select_related("by")
    last = {row.check_name: row for row in rows.order_by("pk")}
    return [_standing(application, check, last.get(check), now=now) for check in Check]


def _standing(application, check: Check, record: CheckRecord | None, *, now: datetime) -> Standing:
    test = _TESTS.get(check)
    if test is not None:
        finding = test(application, now=now)
        return Standing(check, True, finding.passed, finding.words, record)
    if record is None:
        return Standing(check, False, False, "Not made yet.", None)
    return Standing(check, False, record.passed, record.evidence, record)


def not_passed(application: Application, *, now: datetime, but: tuple = ()) -> list[Standing]:
    return [
        each
        for each in standings(application, now=now)
        if not each.passed and each.check not in but
    ]


@transaction.atomic
def record_check(
    application: Application,
    check: str,
    *,
    passed: bool,
    evidence: str,
    reason: str,
    by,
    now: datetime,
) -> CheckRecord:
    """
    Keep that an officer made a check by hand: on what it rests and why it passes or does not.

    :raises NotPossible: not an officer, not in review, made by rule, or without words
    """
    if not by.has_perm("onboarding.review_applications"):
        raise NotPossible("Your role does not make checks.")
    row = Application.objects.locked().get(pk=application.pk)
    if row.state not in (State.IN_REVIEW, State.CREDIT):
        raise NotPossible("Checks are made while it is in review or with credit.")
    if check not in Check.values:
        raise NotPossible("There is no such check.")
    if check in _TESTS:
        raise NotPossible("This check is made by rule.")
    if row.applicants.filter(user=by).exists():
        raise NotPossible("It is your own application.")
    if not evidence.strip() or not reason.strip():
        raise NotPossible("Say on what it rests, and why.")
    return CheckRecord.objects.create(
        application=row,
        check_name=check,
        edition=row.edition,
        passed=passed,
        evidence=evidence.strip(),
        reason=reason.strip(),
        by=by,
        at=now,
    )


def record_by_rule(application: Application, *, now: datetime) -> None:
    """Keep what the rules found, so that the row tells years later on what it was opened."""
    CheckRecord.objects.bulk_create(
        CheckRecord(
            application=application,
            check_name=each.check,
            edition=application.edition,
            passed=each.passed,
            evidence=each.words,
            reason="by rule, when it was opened",
            at=now,
        )
        for each in standings(application, now=now)
        if each.by_rule
    )
