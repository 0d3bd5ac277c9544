"""The last run of each job: when it began and ended, how long it took, and what went wrong."""

from datetime import datetime
from decimal import Decimal

from django.db import models, transaction
from django.db.models import F, Q


class Outcome(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class JobRun(models.Model):
    """
    One row a job, kept by `started` and `ended` alone.

    `duration_s` and `error` are those of the last run that ended; `runs` and `failures` count
    since the row began.
    """

    name = models.CharField(max_length=100, unique=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    last_started_at = models.DateTimeField()
    last_ended_at = models.DateTimeField(null=True, blank=True)
    last_done_at = models.DateTimeField(null=True, blank=True)
    duration_s = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    error = models.TextField(blank=True)
    runs = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.FAILED) | ~Q(error=""), name="job_run_failed_says_why"
            ),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.RUNNING) | Q(last_ended_at__isnull=False),
                name="job_run_ended_says_when",
            ),
        ]

    def __str__(self):
        return f"{self.name}: {self.outcome}"


def started(name: str, at: datetime) -> None:
    """Note that the job `name` began."""
    JobRun.objects.bulk_create(
        [JobRun(name=name, outcome=Outcome.RUNNING, last_started_at=at)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["outcome", "last_started_at"],
    )


@transaction.atomic
def ended(name: str, at: datetime, *, error: BaseException | str | None = None) -> None:
    """
    Note that the job `name` ended, and with which `error`.

    A run killed before its first line never said that it began; it lasted no time then.
    """
    JobRun.objects.bulk_create(
        [JobRun(name=name, outcome=Outcome.RUNNING, last_started_at=at)], ignore_conflicts=True
    )
    run = JobRun.objects.select_for_update().get(name=name)
    run.last_ended_at = at
    run.duration_s = Decimal(str((at - run.last_started_at).total_seconds()))
    run.runs = F("runs") + 1
    if error is None:
        run.outcome, run.error, run.last_done_at = Outcome.DONE, "", at
    else:
        run.outcome, run.error = Outcome.FAILED, _said(error)
        run.failures = F("failures") + 1
    run.save()


def _said(error: BaseException | str) -> str:
    if isinstance(error, BaseException):
        return f"{type(error).__name__}: {error}"
    return error or "no reason given"
