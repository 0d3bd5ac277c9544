"""A fresh database for one run: made in the same server, and dropped in any case."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import ProgrammingError, connection
from psycopg2.errors import InsufficientPrivilege

PREFIX = "harbour_replay_"
BENCH_PREFIX = "harbour_bench_"


class MayNotCreate(Exception):
    """The database role may not make databases."""


@contextmanager
def fresh_database(prefix: str = PREFIX, *, is_durable: bool = False) -> Iterator[str]:
    """
    Make, migrate and use a database of our own while the context lasts; its name is given.

    It is named `prefix` and our process id. What dead processes left behind is dropped first.
    `is_durable`: a commit waits for the disk, as in production.

    :raises MayNotCreate: the role has no CREATEDB
    """
    name = f"{prefix}{os.getpid()}"
    before = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as cursor:
        for leftover in _leftovers(cursor, prefix):
            _drop(cursor, leftover)
    try:
        with connection._nodb_cursor() as cursor:
            _create(cursor, name, is_durable=is_durable)
        _use(name)
        call_command("migrate", verbosity=0)
        yield name
    finally:
        _use(before)
        with connection._nodb_cursor() as cursor:
            _drop(cursor, name)


def _create(cursor, name: str, *, is_durable: bool) -> None:
    try:
        cursor.execute(f"CREATE DATABASE {name}")
    except ProgrammingError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            raise MayNotCreate(
                "this makes a database of its own, and this role may not: "
                "grant it CREATEDB, or leave DATABASE_URL unset"
            ) from error
        raise
    if not is_durable:
        # It is thrown away at the end, so it need not reach the disk.
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")


def _use(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _leftovers(cursor, prefix: str) -> list[str]:
    """Our role's databases of such runs that name no living process and have nobody connected."""
    cursor.execute(
        "SELECT datname FROM pg_database WHERE datname LIKE %s"
        " AND pg_has_role(datdba, 'USAGE') AND NOT EXISTS"
        " (SELECT FROM pg_stat_activity WHERE pg_stat_activity.datname = pg_database.datname)"
        " ORDER BY datname",
        [prefix.replace("_", r"\_") + "%"],
    )
    return [name for (name,) in cursor.fetchall() if not _is_alive(name.removeprefix(prefix))]


def _is_alive(pid: str) -> bool:
    if not pid.isdigit():
        return True  # Not one of ours.
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return int(pid) != os.getpid()


def _drop(cursor, name: str) -> None:
    cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
