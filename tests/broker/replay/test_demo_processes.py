"""Processes that are started together, watched, and ended together."""

import socket
import sys
import threading
import time

import pytest

from broker import env
from broker.replay.demo_processes import (
    AlreadyRuns,
    ChildDied,
    NoPort,
    Supervisor,
    free_port,
    only_one,
    wait_for_page,
)


@pytest.fixture
def supervisor(tmp_path):
    with Supervisor(tmp_path / "log").ending_all() as supervisor:
        yield supervisor


def child(supervisor, script, name="child"):
    return supervisor.start(
        name, [sys.executable, "-c", script], cwd=env.BASE_DIR, environment=env.without()
    )


def wait_until(condition, within_s=10):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_child_that_dies_is_named_with_its_last_words(supervisor):
    dying = child(supervisor, "import sys; print('no more', flush=True); sys.exit(3)")
    wait_until(lambda: dying.process.poll() is not None)

    with pytest.raises(ChildDied, match=r"(?s)child ended by itself with 3.*no more"):
        supervisor.watch()


def test_all_end_with_the_supervisor_even_one_that_will_not(tmp_path, monkeypatch):
    monkeypatch.setattr("broker.replay.demo_processes.STOP_WITHIN_S", 1)
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True)"
    with Supervisor(tmp_path / "log").ending_all() as supervisor:
        meek = child(supervisor, "import time; time.sleep(60)", "meek")
        hard = child(supervisor, f"{stubborn}; time.sleep(60)", "hard")
        wait_until(lambda: "up" in hard.log.read_text())

    assert (meek.process.returncode, hard.process.returncode) == (-15, -9)


def test_a_request_to_end_ends_the_watch(supervisor):
    child(supervisor, "import time; time.sleep(60)")
    timer = threading.Timer(0.3, lambda: supervisor._note(2, None))
    timer.start()

    supervisor.watch()
    timer.join()

    assert supervisor.is_asked_to_stop


def test_a_page_is_waited_for_until_it_answers(supervisor):
    port = free_port(20_000)
    page = "h.SimpleHTTPRequestHandler"
    child(supervisor, f"import http.server as h; h.test({page}, port={port}, bind='127.0.0.1')")

    assert wait_for_page(port, "/", supervisor, within_s=20)


def test_a_page_that_does_not_come_is_not_waited_for_for_ever(supervisor):
    assert not wait_for_page(free_port(20_000), "/", supervisor, within_s=0.3)


def test_a_port_that_is_taken_gives_way_to_the_next():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port


def test_no_port_at_all_is_said():
    with pytest.raises(NoPort):
        free_port(70_000)


def test_one_demonstration_at_a_time(tmp_path):
    lock = tmp_path / "demo.lock"
    with only_one(lock), pytest.raises(AlreadyRuns), only_one(lock):
        raise AssertionError
    with only_one(lock):
        pass
