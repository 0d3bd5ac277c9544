"""A server of our own: many may start it, any may be killed, and the last one out stops it."""

import fcntl
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from broker import embedded, env
from broker.keeper import LOOK_EVERY_S

# Holds the server, says where it is and since when, and leaves when its standard input ends.
USER = """
import json, os, sys
os.umask(int(os.environ.get("TEST_UMASK", "022"), 8))
from broker import embedded
embedded.hold()
import psycopg2
address = dict(host=str(embedded.socket_dir()), port=embedded.PORT, user=embedded.ROLE)
def ask(query, **other):
    connection = psycopg2.connect(**{**address, "dbname": embedded.NAME, **other})
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(query)
        answer = cursor.fetchone()[0] if cursor.description else None
    connection.close()
    return answer
def tell(**said):
    print(json.dumps(said), flush=True)
tell(
    home=str(embedded._home()),
    socket=str(embedded.socket_dir()),
    since=ask("SELECT pg_postmaster_start_time()::text"),
)
"""
STAY = "sys.stdin.read()\n"

ROOT = os.geteuid() == 0
WITHIN_S = 15


class User:
    """A process that uses the server of the run folder `run`."""

    def __init__(self, run, then=STAY, *, as_user=None, python=sys.executable, **said):
        other = {"user": as_user, "group": _group(as_user), "extra_groups": []} if as_user else {}
        clean = env.without("DATABASE_URL", "DATABASE_URL_FILE", "HARBOUR_ENV", "PYTHONPATH")
        paths = [str(env.BASE_DIR), *(path for path in sys.path if path.endswith("-packages"))]
        self.process = subprocess.Popen(
            [python, "-c", USER + then],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**clean, "HARBOUR_RUN": str(run), "PYTHONPATH": ":".join(paths), **said},
            **other,
        )

    def hears(self) -> dict:
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def leaves(self):
        _, errors = self.process.communicate()
        return self.process.returncode, errors

    def is_killed(self):
        self.process.kill()
        self.leaves()

    def is_done_with(self):
        """However far its test got."""
        if not self.process.stdout.closed:
            self.is_killed()


def _group(name):
    return pwd.getpwnam(name).pw_gid


def is_up(home: Path) -> bool:
    """Whether the server has a keeper. One that is on its way out is still up."""
    return _is_locked(home / "keeper.lock")


def _is_locked(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def goes_down(home: Path) -> bool:
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        if not is_up(home):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def join():
    """Makes users, and ends them whatever comes. Ask for it last: it is then the first to end."""
    users = []

    def join(run, then=STAY, **said):
        users.append(User(run, then, **said))
        return users[-1]

    yield join
    for user in users:
        user.is_done_with()


@pytest.fixture
def run(tmp_path):
    """A run folder that nobody has used yet, and nobody uses any more afterwards."""
    folder = tmp_path / "run"
    yield folder
    _remove_home(folder)


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A run folder that has been used before."""
    folder = tmp_path_factory.mktemp("used") / "run"
    User(folder, then="").leaves()
    yield folder
    _remove_home(folder)


def home_of(run) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(env, "RUN_DIR", run.resolve())
        return embedded._home()


def _remove_home(run):
    """As root the server lies outside the run folder."""
    home = home_of(run)
    assert goes_down(home), f"a server was left in {home}"
    shutil.rmtree(home, ignore_errors=True)


def test_many_at_once_on_a_fresh_folder_share_one_server_and_the_last_stops_it(run, join):
    users = [join(run) for _ in range(5)]

    said = [user.hears() for user in users]

    assert len({one["since"] for one in said}) == 1
    for user in users[1:]:
        assert user.leaves()[0] == 0
    time.sleep(3 * LOOK_EVERY_S)
    assert is_up(home_of(run))
    assert users[0].leaves()[0] == 0
    assert goes_down(home_of(run))


def test_a_killed_user_takes_nothing_from_the_others_and_a_killed_last_one_stops_it(join, used):
    first, last = join(used), join(used)
    first.hears()
    since = last.hears()["since"]

    first.is_killed()
    time.sleep(3 * LOOK_EVERY_S)

    assert join(used, then="").hears()["since"] == since
    last.is_killed()
    assert goes_down(home_of(used))


def test_what_was_written_is_there_the_next_time(join, used):
    join(used, then="ask('CREATE TABLE kept ()')").leaves()
    assert goes_down(home_of(used))

    later = join(used, then="tell(rows=ask('SELECT count(*) FROM kept'))")

    later.hears()
    assert later.hears() == {"rows": 0}


def test_a_forked_child_is_a_user_after_its_parent_is_gone(join, used):
    fork = """
if os.fork():
    os._exit(0)
embedded.hold()
sys.stdin.readline()
tell(answer=ask("SELECT 1"))
sys.stdin.read()
"""
    user = join(used, then=fork)
    user.hears()
    user.process.wait()
    time.sleep(3 * LOOK_EVERY_S)

    user.process.stdin.write("go on\n")
    user.process.stdin.flush()

    assert user.hears() == {"answer": 1}
    user.leaves()
    assert goes_down(home_of(used))


def test_a_server_whose_keeper_was_killed_is_replaced_by_one_that_ends(join, used):
    first = join(used)
    since = first.hears()["since"]
    [keeper] = _processes(f"keeper.py.*{home_of(used)}")
    os.kill(keeper, signal.SIGKILL)
    first.leaves()

    second = join(used)

    assert second.hears()["since"] > since
    second.leaves()
    assert goes_down(home_of(used))
    assert _processes(f"postgres -D {home_of(used)}") == []


def _processes(pattern: str) -> list[int]:
    if not shutil.which("pgrep"):
        pytest.skip("there is no pgrep here to find a process with")
    found = subprocess.run(["pgrep", "-f", pattern], stdout=subprocess.PIPE, text=True)
    return [int(line) for line in found.stdout.split()]


def test_a_server_that_does_not_start_says_why_in_its_own_words(join, used):
    release = home_of(used) / "data" / "PG_VERSION"
    release.rename(release.with_name("kept"))
    release.write_text("9.6\n")

    code, errors = join(used, then="").leaves()

    assert code == 1
    assert "ServerDidNotStart" in errors
    assert "incompatible" in errors
    release.with_name("kept").replace(release)
    assert join(used, then="").leaves()[0] == 0


def test_the_environment_of_a_client_does_not_lead_the_server_astray(join, used):
    user = join(used, PGPORT="6543", PGHOST="elsewhere.example", PGDATA="/nowhere")

    assert user.hears()["since"]


def test_a_strict_umask_shuts_nobody_out_and_a_half_made_folder_is_made_anew(run, join):
    home_of(run).mkdir(parents=True)
    (home_of(run) / "data.new").mkdir()
    (home_of(run) / "data.new" / "PG_VERSION").write_text("")

    user = join(run, TEST_UMASK="077")

    said = user.hears()
    assert said["socket"] == str(home_of(run) / "data")
    assert stat.S_IMODE(Path(said["socket"]).stat().st_mode) == 0o700


def test_a_removed_checkout_leaves_no_server_and_its_successor_finds_no_old_data(run, join):
    user = join(run, then="ask('CREATE TABLE old ()')\ntell(done=True)\n" + STAY)
    home = Path(user.hears()["home"])
    assert user.hears() == {"done": True}

    shutil.rmtree(run)
    user.leaves()
    assert goes_down(home)
    successor = join(run, then="tell(old=ask(\"SELECT to_regclass('old')\"))")

    successor.hears()
    assert successor.hears() == {"old": None}


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("from broker import embedded; embedded.hold()", {"DATABASE_URL": "postgres://x/y"}),
        ("from broker import embedded; embedded.hold()", {"HARBOUR_ENV": "production"}),
        ("import broker.settings", {}),
    ],
)
def test_nothing_starts_where_a_server_is_named_or_settings_are_only_read(run, script, said):
    clean = env.without("DATABASE_URL", "DATABASE_URL_FILE", "HARBOUR_ENV")
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=env.BASE_DIR,
        env={**clean, "HARBOUR_RUN": str(run), **said},
        check=True,
    )

    assert not home_of(run).exists()


def test_a_secret_key_is_made_once_and_for_nobody_else(tmp_path):
    script = "from broker import embedded; print(embedded.secret_key())"
    making = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=env.BASE_DIR,
            env={**os.environ, "HARBOUR_RUN": str(tmp_path / "run")},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]

    keys = {one.communicate()[0] for one in making}

    assert len(keys) == 1
    assert len(keys.pop()) > 60
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["secret_key"]
    assert stat.S_IMODE((tmp_path / "run" / "secret_key").stat().st_mode) == 0o600


@pytest.mark.skipif(not ROOT, reason="only root has a folder outside the checkout")
def test_root_refuses_a_folder_that_somebody_else_laid_out(run, join):
    home_of(run).mkdir()
    os.chown(home_of(run), *_nobody())

    code, errors = join(run).leaves()

    assert code == 1
    assert "is not ours" in errors


# --- As an ordinary user, also where the tests are run by root ------------------------------------


def _nobody() -> tuple[int, int]:
    account = pwd.getpwnam("nobody")
    return account.pw_uid, account.pw_gid


@pytest.fixture(scope="module")
def ordinary():
    """Keywords that make a `User` an ordinary user."""
    if not ROOT:
        return {}
    uid, gid = _nobody()
    for python in (sys.executable, f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"):
        try:
            subprocess.run(
                [python, "-c", f"open({__file__!r})"],
                cwd="/",
                user=uid,
                group=gid,
                extra_groups=[],
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return {"as_user": "nobody", "python": python}
    pytest.skip("an ordinary user can run no Python here, or not read the checkout")


@pytest.fixture
def theirs():
    """A folder of the ordinary user's own, at a short path."""
    folder = Path(tempfile.mkdtemp(prefix="run-", dir="/tmp"))
    if ROOT:
        os.chown(folder, *_nobody())
    yield folder
    shutil.rmtree(folder)


def test_an_ordinary_user_has_it_all_in_the_run_folder(ordinary, theirs, join):
    users = [join(theirs / "run", TEST_UMASK="077", **ordinary) for _ in range(2)]

    said, since = users[0].hears(), users[1].hears()["since"]

    assert said["since"] == since
    assert said["home"] == str(theirs / "run" / "postgres")
    assert said["socket"] == str(theirs / "run" / "postgres" / "data")
    for user in users:
        assert user.leaves()[0] == 0
    assert goes_down(Path(said["home"]))


def test_a_path_too_long_for_a_socket_gets_a_short_one_of_ones_own(ordinary, theirs, join):
    run = theirs / ("deep" * 12) / ("deeper" * 10)

    user = join(run, **ordinary)

    said = user.hears()
    socket = Path(said["socket"])
    assert said["home"] == str(run / "postgres")
    assert socket.parent == Path("/tmp")
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    user.leaves()
    assert goes_down(Path(said["home"]))
    socket.rmdir()
