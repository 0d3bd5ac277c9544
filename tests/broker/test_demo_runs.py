"""`manage.py demo` on a machine that has nothing: up, answering, and gone without a trace."""

import http.client
import os
import select
import signal
import subprocess
import sys
import time

import psutil
import pytest

from broker import env
from broker.replay.demo_processes import free_port
from tests.broker.test_embedded import run

WITHIN_S = 120
__all__ = ["run"]


@pytest.fixture
def demo(run):
    """The command as it is started in an empty folder, with a database and a queue of its own."""
    port = free_port(21_000)
    clean = env.without("DATABASE_URL", "DATABASE_URL_FILE", "CELERY_BROKER_URL", "EMAIL_URL")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", str(port)],
        cwd=env.BASE_DIR,
        env={**clean, "HARBOUR_RUN": str(run), "FEED": "recorded", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    yield process, port
    if process.poll() is None:
        process.kill()
    process.wait()
    process.stdout.close()


def heard(process, words: str) -> str:
    """All that it said until it said `words`."""
    said, deadline = b"", time.monotonic() + WITHIN_S
    while words.encode() not in said:
        ready, *_ = select.select([process.stdout], [], [], 1)
        if ready:
            said += os.read(process.stdout.fileno(), 65_536)
        assert process.poll() is None, said.decode()
        assert time.monotonic() < deadline, said.decode()
    return said.decode()


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_comes_up_answers_and_ends_with_ctrl_c(demo, run):
    process, port = demo
    said = heard(process, "Ctrl-C ends it")
    children = psutil.Process(process.pid).children(recursive=True)

    assert "A firm with 40 clients has moved in." in said
    assert status(port, "/login/") == 200
    assert status(port, "/static/harbour/theme.css") == 200
    assert {path.stem for path in (run / "log").iterdir()} == {"web", "worker", "beat"}

    process.send_signal(signal.SIGINT)
    assert process.wait(WITHIN_S) == 0
    gone, left = psutil.wait_procs(children, timeout=10)
    assert left == []
    assert not (run / "beat.pid").exists()


def test_its_children_end_when_it_is_killed(demo):
    process, _ = demo
    heard(process, "Ctrl-C ends it")
    children = psutil.Process(process.pid).children(recursive=True)

    process.kill()

    gone, left = psutil.wait_procs(children, timeout=30)
    assert left == []
