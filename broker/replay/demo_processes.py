"""A few processes that are started together, watched, and ended together."""

import ctypes
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY_S = 0.2
# A worker ends the task in hand first; 7 s were seen.
STOP_WITHIN_S = 15
LAST_LINES = 20
PORTS_TRIED = 50
PR_SET_PDEATHSIG = 1


class AlreadyRuns(Exception):
    """Another supervisor has the same folder."""


class NoPort(Exception):
    """Every port that was tried is taken."""


@dataclass(frozen=True, slots=True)
class Child:
    name: str
    process: subprocess.Popen
    log: Path

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join(lines) or "(it said nothing)"


class ChildDied(Exception):
    """A process ended by itself, so the whole ends. The message has the end of its log."""

    def __init__(self, child: Child):
        code = child.process.returncode
        super().__init__(
            f"{child.name} ended by itself with {code}; {child.log} ends:\n{child.last_words()}"
        )


class Supervisor:
    """
    Starts children, each with a log of its own in `folder`, and ends them all.

    Every child is a group of its own, out of reach of the terminal's Ctrl-C: the supervisor
    decides. Where the system can, a child is told to end when the supervisor is killed.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.children: list[Child] = []
        self._asked_to_stop = 0

    def start(
        self, name: str, command: Sequence[str], *, cwd: Path, environment: dict[str, str]
    ) -> Child:
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_end_with_parent(),
            )
        child = Child(name, process, log)
        self.children.append(child)
        return child

    def check(self) -> None:
        """:raises ChildDied: one has ended, and nobody asked it to"""
        for child in self.children:
            if child.process.poll() is not None:
                raise ChildDied(child)

    def watch(self) -> None:
        """
        Wait for Ctrl-C or a request to end.

        :raises ChildDied: see `check`
        """
        while not self._asked_to_stop:
            self.check()
            time.sleep(LOOK_EVERY_S)

    def stop(self) -> None:
        """Ask all to end, wait, and kill what is still there; a second Ctrl-C kills at once."""
        _signal(self.children, signal.SIGTERM)
        deadline, asked = time.monotonic() + STOP_WITHIN_S, self._asked_to_stop
        while any(child.process.poll() is None for child in self.children):
            if time.monotonic() > deadline or self._asked_to_stop > asked:
                break
            time.sleep(LOOK_EVERY_S)
        _signal(self.children, signal.SIGKILL)
        for child in self.children:
            child.process.wait()

    @contextmanager
    def ending_all(self):
        """Ctrl-C and SIGTERM are noted within; at its end, however it comes, all children end."""
        noted = {one: signal.signal(one, self._note) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self
        finally:
            self.stop()
            for one, handler in noted.items():
                signal.signal(one, handler)

    @property
    def is_asked_to_stop(self) -> bool:
        return bool(self._asked_to_stop)

    def _note(self, number, frame) -> None:
        self._asked_to_stop += 1


@contextmanager
def only_one(lock: Path):
    """
    Hold `lock` for as long as this lasts.

    :raises AlreadyRuns: somebody else holds it
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRuns(f"{lock} is held") from None
        yield


def free_port(first: int) -> int:
    """
    `first`, or the next port of this machine that nobody listens on.

    :raises NoPort: none of the next fifty is free
    """
    for port in range(first, min(first + PORTS_TRIED, 65_536)):
        with socket.socket() as trying:
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trying.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise NoPort(f"no free port from {first} on")


def wait_for_page(port: int, path: str, supervisor: Supervisor, *, within_s: float) -> bool:
    """
    Whether a web server of `supervisor` gave the page in time, and before it was asked to stop.

    :raises ChildDied: one of its children ended meanwhile
    """
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and not supervisor.is_asked_to_stop:
        supervisor.check()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return True
        except OSError:
            # Nobody listens yet.
            time.sleep(LOOK_EVERY_S)
        finally:
            connection.close()
    return False


def _signal(children: Sequence[Child], number: signal.Signals) -> None:
    """A request goes to the process, which ends its own; a kill to its whole group."""
    for child in children:
        try:
            if number == signal.SIGKILL:
                os.killpg(child.process.pid, number)
            else:
                child.process.send_signal(number)
        except ProcessLookupError:
            # It has ended meanwhile, and its group with it.
            continue


def _end_with_parent() -> Callable[[], None] | None:
    """What a child does first, so that the kernel ends it with its supervisor; Linux alone."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
