"""What every test stands on: a database, closed sockets, and refusals that show at their line."""

import ipaddress
import socket
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from broker import embedded, env
from collateral.haircuts import HaircutFloor

embedded.hold()

# A slow machine is not a wrong answer. A run that must be repeatable has repeatable examples.
hypothesis.settings.register_profile("house", deadline=None, derandomize=env.CI, print_blob=True)
hypothesis.settings.load_profile("house")


class SocketClosed(Exception):
    """A test reached for the world outside."""


def pytest_configure():
    # A password is hashed for each user that a test makes: the slow way proves nothing more.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }


@pytest.fixture(scope="session", autouse=True)
def _documents_lie_in_a_folder_that_goes(tmp_path_factory):
    settings.DOCUMENTS_DIR = tmp_path_factory.mktemp("documents")


@pytest.fixture(scope="session", autouse=True)
def _sockets_end_at_this_machine():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _within(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _within(socket.socket.connect_ex))
        patch.setattr(socket, "getaddrinfo", _named_here(socket.getaddrinfo))
        yield


def _within(connect):
    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse_elsewhere(address[0])
        return connect(self, address)

    return guarded


def _named_here(getaddrinfo):
    def guarded(host, *arguments, **named):
        if host is not None:
            _refuse_elsewhere(host.decode() if isinstance(host, bytes) else host)
        return getaddrinfo(host, *arguments, **named)

    return guarded


def _refuse_elsewhere(host: str):
    if host in ("", "localhost"):
        return
    try:
        here = ipaddress.ip_address(host)
    except ValueError:
        raise SocketClosed(host) from None
    # A server of ours listens on the unspecified address when it means all of this machine's.
    if not (here.is_loopback or here.is_unspecified):
        raise SocketClosed(host)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, django_db_blocker):
    """Whoever still sits in an earlier run's test database would keep it from being dropped."""
    with django_db_blocker.unblock():
        _end_other_connections()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """And so would a thread or a process of this run that has not let go of it yet."""
    yield
    with django_db_blocker.unblock():
        _end_other_connections()


def _end_other_connections():
    name = connection.settings_dict["NAME"]
    names = [name, connection.settings_dict["TEST"]["NAME"]]
    with connection._nodb_cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = ANY(%s) AND datname LIKE 'test%%' AND pid <> pg_backend_pid()",
            [names],
        )
    connection.close()


@pytest.fixture(scope="session")
def state_triggers(django_db_setup, django_db_blocker) -> str:
    """The triggers that hold a state to its moves, quoted and with commas between."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(conname), ', ' ORDER BY conname)"
            "  FROM pg_constraint"
            " WHERE contype = 't' AND conname LIKE '%\\_state\\_changes\\_by\\_move'"
        )
        return cursor.fetchone()[0] or ""


@pytest.fixture(autouse=True)
def _a_state_without_its_move_is_refused_at_its_line(request, _django_db_marker):
    """They wait for the end of the transaction, which in a test never comes."""
    if "db" in request.fixturenames:
        request.getfixturevalue("db")
    if connection.in_atomic_block and request.getfixturevalue("state_triggers"):
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS {request.getfixturevalue('state_triggers')} IMMEDIATE")


@pytest.fixture(autouse=True)
def _nobody_has_tried_too_often():
    """How often something was asked is counted by address, and all tests come from one."""
    cache.clear()


@pytest.fixture(autouse=True)
def _the_regulators_floor_is_there(request, _a_state_without_its_move_is_refused_at_its_line):
    """A test that commits is cleaned up by emptying every table, this one's first row included."""
    if connection.in_atomic_block and not HaircutFloor.objects.exists():
        HaircutFloor.objects.create(
            asset_kind="va",
            lending=Decimal("0.60"),
            effective_at=datetime(2026, 2, 11, tzinfo=ZoneInfo("Asia/Hong_Kong")),
            source="26EC5 (11 Feb 2026) paragraph 7(b)",
        )
