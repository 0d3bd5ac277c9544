"""
A PostgreSQL and a queue of our own, where the environment names none.

The doors (manage.py, wsgi, celery, the tests) call `hold`. Each process that did is a user of the
server until it ends, however it ends, and a forked child is one too; `broker/keeper.py` stops the
server when the last has gone. Two locks are held apart so that nobody waits for himself: one while
the server is being started, one by everybody who uses it. The keeper takes only the second.
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg2

from broker import env
from broker.postgres import (
    UNPRIVILEGED,
    ServerDidNotStart,
    as_root,
    programs,
    run,
    unprivileged,
)

NAME = "harbour"
ROLE = "postgres"
PORT = 5432

# What the kernel takes as the address of a unix socket: 108 bytes, the last of them a zero.
SOCKET_BYTES = 107

START_WITHIN_S = 60
# A keeper that is on its way out has at most its three patient stops before it.
KEEPER_LEAVES_WITHIN_S = 100

SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    # Compiling a plan costs more than it saves on every statement of ours.
    "jit": "off",
    # Nobody replicates a server that stops with its last user.
    "wal_level": "minimal",
    "max_wal_senders": "0",
}

_held = None


def hold() -> None:
    """
    Start our own server unless it runs, and keep it running for as long as this process lives.

    Does nothing where DATABASE_URL names a server, nor in production, where one must be named.
    The database `harbour` exists afterwards.

    :raises ServerDidNotStart: the server, or what it needs, refused
    """
    global _held
    if env.DATABASE_URL or env.PRODUCTION or _held is not None:
        return
    place = _home()
    _make_home(place)
    with open(place / "starting.lock", "a") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if as_root():
            _renew(place)
        # Stays open: it is this process's part in the server.
        users = os.open(place / "users.lock", os.O_RDWR | os.O_CREAT, mode=0o600)
        # Waits here while a keeper that saw nobody stops its server.
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            _make_data(place)
            _wait_until_ready(place)
        except BaseException:
            os.close(users)
            raise
    _held = users


def socket_dir() -> Path:
    """The folder of the server's socket: what Django and libpq take as HOST."""
    folder = _home() / "data"
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= SOCKET_BYTES:
        return folder
    return Path("/tmp") / f"harbour-{_key()}-{os.geteuid()}"


def queue_dir() -> Path:
    """The folder through which tasks travel where no broker is named."""
    return env.RUN_DIR / "queue"


def secret_key() -> str:
    """The key that this checkout signs with where none is given; made once."""
    path = env.RUN_DIR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"secret_key.{os.getpid()}")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(50))
        # Whoever links first has made it; everybody reads that one.
        with contextlib.suppress(FileExistsError):
            os.link(new, path)
        new.unlink()
    return path.read_text()


def _key() -> str:
    return hashlib.sha256(os.fsencode(env.RUN_DIR)).hexdigest()[:12]


def _home() -> Path:
    # The unprivileged user may not be able to see the checkout at all.
    return Path("/var/tmp") / f"harbour-{_key()}" if as_root() else env.RUN_DIR / "postgres"


def _make_home(place: Path) -> None:
    env.RUN_DIR.mkdir(parents=True, exist_ok=True)
    if as_root():
        _make_ours(place, mode=0o711)
    else:
        place.mkdir(mode=0o700, exist_ok=True)
        if socket_dir().parent != place:
            _make_ours(socket_dir(), mode=0o700)


def _make_ours(folder: Path, *, mode: int) -> None:
    """Make `folder` where anybody may write, or refuse one that somebody else put there."""
    try:
        folder.mkdir(mode=mode)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise ServerDidNotStart(f"{folder} is there already and is not ours") from None
    # mkdir's mode is what the umask leaves of it.
    folder.chmod(mode)


def _renew(place: Path) -> None:
    """
    Throw away the data of an earlier checkout at the same path.

    As root the data lies outside the checkout and would outlive it.
    """
    ours, theirs = env.RUN_DIR / "postgres.mark", place / "mark"
    if ours.exists() and theirs.exists() and ours.read_text() == theirs.read_text():
        return
    deadline = time.monotonic() + KEEPER_LEAVES_WITHIN_S
    while _is_kept(place):
        if time.monotonic() > deadline:
            raise ServerDidNotStart(f"processes of an earlier checkout still use {place}")
        time.sleep(0.1)
    shutil.rmtree(place / "data", ignore_errors=True)
    mark = secrets.token_hex(16)
    theirs.write_text(mark)
    ours.write_text(mark)


def _make_data(place: Path) -> None:
    if (place / "data").exists():
        return
    if as_root():
        print(f"Harbour's own PostgreSQL runs as {UNPRIVILEGED} in {place}", file=sys.stderr)
    # Made under another name and renamed: a half-made one is never taken for whole.
    new = place / "data.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    if as_root():
        os.chown(new, *unprivileged())
    choices = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    run(place, "initdb", "-D", str(new), "-U", ROLE, *choices)
    new.rename(place / "data")


def _wait_until_ready(place: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    started = False
    while True:
        if not _is_kept(place):
            if started:
                raise ServerDidNotStart(_last_words(place))
            _start_keeper(place)
            started = True
        try:
            return _make_database()
        except psycopg2.OperationalError as refusal:
            if time.monotonic() > deadline:
                raise ServerDidNotStart(f"{refusal}\n{_last_words(place)}") from refusal
        time.sleep(0.02)


def _is_kept(place: Path) -> bool:
    """Whether a keeper lives: it holds a lock of its own from before its first line."""
    with open(place / "keeper.lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _start_keeper(place: Path) -> None:
    data = str(place / "data")
    if _answers():
        # Its keeper was killed, and nobody would ever stop it.
        run(place, "pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
    server = [str(programs(place) / "postgres"), "-D", data, "-h", "", "-p", str(PORT)]
    server += ["-k", str(socket_dir())]
    for name, value in SETTINGS.items():
        server += ["-c", f"{name}={value}"]
    owner = [UNPRIVILEGED, str(unprivileged()[1])] if as_root() else ["", ""]
    with (
        open(place / "users.lock", "a") as users,
        open(place / "keeper.lock", "a") as lock,
        open(place / "log", "wb") as log,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        keeper = Path(__file__).with_name("keeper.py")
        subprocess.run(
            [sys.executable, "-I", "-S", str(keeper), str(users.fileno()), *owner, *server],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            pass_fds=(users.fileno(), lock.fileno()),
            check=True,
        )


def _answers() -> bool:
    """Asked of the socket: the number in a file of a killed server may be somebody else's now."""
    try:
        _connect().close()
    except psycopg2.OperationalError:
        return False
    return True


def _connect():
    return psycopg2.connect(host=str(socket_dir()), port=PORT, user=ROLE, dbname="postgres")


def _make_database() -> None:
    connection = _connect()
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", [NAME])
            if cursor.rowcount == 0:
                cursor.execute(f"CREATE DATABASE {NAME}")
    finally:
        connection.close()


def _last_words(place: Path) -> str:
    lines = (place / "log").read_text(errors="replace").splitlines()
    return "\n".join([f"PostgreSQL did not start; {place / 'log'} ends:", *lines[-20:]])
