"""The record of a job's last run."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError

from broker import jobs
from broker.jobs import JobRun, Outcome

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
NAME = "lending.tasks.sweep_margins"

pytestmark = pytest.mark.django_db


def test_a_job_is_running_from_its_start_to_its_end():
    jobs.started(NAME, NOON)
    assert JobRun.objects.get().outcome == Outcome.RUNNING

    jobs.ended(NAME, NOON + timedelta(milliseconds=1500))

    run = JobRun.objects.get()
    assert run.outcome == Outcome.DONE
    assert (run.last_started_at, run.last_ended_at) == (NOON, NOON + timedelta(seconds=1.5))
    assert run.duration_s == Decimal("1.500")
    assert (run.runs, run.failures) == (1, 0)


def test_a_job_that_failed_says_why_and_keeps_when_it_last_went_well():
    jobs.started(NAME, NOON)
    jobs.ended(NAME, NOON)
    later = NOON + timedelta(minutes=1)

    jobs.started(NAME, later)
    jobs.ended(NAME, later, error=ValueError("no price"))

    run = JobRun.objects.get()
    assert (run.outcome, run.error) == (Outcome.FAILED, "ValueError: no price")
    assert (run.last_done_at, run.last_ended_at) == (NOON, later)
    assert (run.runs, run.failures) == (2, 1)


def test_a_job_that_went_well_again_has_no_error_left():
    jobs.ended(NAME, NOON, error="killed")
    jobs.ended(NAME, NOON)

    run = JobRun.objects.get()
    assert (run.outcome, run.error) == (Outcome.DONE, "")


def test_a_job_that_never_said_that_it_began_lasted_no_time():
    jobs.ended(NAME, NOON, error="killed before its first line")

    run = JobRun.objects.get()
    assert run.duration_s == 0
    assert run.outcome == Outcome.FAILED


def test_the_database_knows_no_failure_without_a_reason():
    with pytest.raises(IntegrityError, match="job_run_failed_says_why"):
        JobRun.objects.create(
            name=NAME, outcome=Outcome.FAILED, last_started_at=NOON, last_ended_at=NOON
        )
