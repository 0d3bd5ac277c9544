"""A real worker runs what is sent to it and leaves a record, on files and on a broker alike."""

import signal
import stat
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from broker import embedded, env
from broker.celery import app
from broker.jobs import JobRun, Outcome
from broker.schedule import TIMETABLE
from tests.broker import errands

# Only looked at: what the worker writes is committed, and taken away again when it has left.
pytestmark = pytest.mark.django_db

WITHIN_S = 30


def database_url() -> str:
    """Of the test database, for another process."""
    at = connection.settings_dict
    if at["HOST"].startswith("/"):
        return f"postgres:///{at['NAME']}?host={quote(at['HOST'], safe='')}&user={at['USER']}"
    login = f"{quote(at['USER'])}:{quote(at['PASSWORD'])}"
    return f"postgres://{login}@{at['HOST']}:{at['PORT'] or 5432}/{at['NAME']}"


@pytest.fixture(scope="module")
def queue():
    """A queue that nobody else listens to."""
    name = f"test-{uuid.uuid4().hex}"
    yield name
    with app.connection_for_write() as broker, broker.channel() as channel:
        channel.queue_delete(name)
        channel.exchange_delete(name)


@pytest.fixture(scope="module")
def worker(django_db_setup, django_db_blocker, queue, tmp_path_factory):
    log = tmp_path_factory.mktemp("worker") / "log"
    arguments = ["--concurrency", "1", "--queues", queue, "--hostname", f"{queue}@%h"]
    arguments += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    arguments += ["--include", errands.__name__, "--loglevel", "INFO"]
    with log.open("w") as output, django_db_blocker.unblock():
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "broker", "worker", *arguments],
            cwd=env.BASE_DIR,
            env={**env.without("DATABASE_URL"), "DATABASE_URL": database_url()},
            stdout=output,
            stderr=output,
        )
        yield log
        process.send_signal(signal.SIGQUIT)
        process.wait(WITHIN_S)
        JobRun.objects.filter(name__startswith=errands.__name__).delete()
        connection.close()


def run(task, worker, queue) -> JobRun:
    """The record of `task`, once a run of it has ended."""
    before = JobRun.objects.filter(name=task.name).values_list("runs", flat=True).first() or 0
    app.send_task(task.name, queue=queue)
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        record = JobRun.objects.filter(name=task.name, runs__gt=before).first()
        if record:
            return record
        time.sleep(0.1)
    raise AssertionError(worker.read_text())


@pytest.mark.servers
def test_a_job_that_is_done_leaves_its_times(worker, queue):
    record = run(errands.come_back, worker, queue)

    assert record.outcome == Outcome.DONE
    assert record.error == ""
    assert record.last_started_at <= record.last_ended_at == record.last_done_at
    assert record.duration_s >= 0


@pytest.mark.servers
def test_a_job_that_fails_leaves_its_error(worker, queue):
    record = run(errands.stumble, worker, queue)

    assert record.outcome == Outcome.FAILED
    assert record.error == "ValueError: over its own feet"
    assert record.failures == record.runs
    assert record.last_done_at is None


@pytest.mark.servers
def test_a_job_over_its_limit_is_ended_and_leaves_its_error(worker, queue):
    record = run(errands.dawdle, worker, queue)

    assert record.outcome == Outcome.FAILED
    assert "TimeLimitExceeded" in record.error


@pytest.mark.servers
def test_a_job_that_is_killed_leaves_its_error_and_the_worker_goes_on(worker, queue):
    record = run(errands.be_killed, worker, queue)

    assert record.outcome == Outcome.FAILED
    assert "SIGKILL" in record.error
    assert run(errands.come_back, worker, queue).outcome == Outcome.DONE


def test_the_timetable_names_tasks_that_exist():
    app.loader.import_default_modules()

    assert {entry["task"] for entry in TIMETABLE.values()} <= set(app.tasks)


def test_no_message_outlives_the_turn_that_sent_it():
    for entry in TIMETABLE.values():
        if isinstance(entry["schedule"], int):
            assert entry["options"]["expires"] <= entry["schedule"]
        else:
            assert entry["options"]["expires"] <= 24 * 3600


@pytest.mark.skipif(bool(env.CELERY_BROKER_URL), reason="a broker is named")
def test_without_a_broker_tasks_travel_through_files_of_our_own():
    assert settings.CELERY_BROKER_URL == "filesystem://"
    for folder in ("messages", "control"):
        made = Path(embedded.queue_dir(), folder)
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
