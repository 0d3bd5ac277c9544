"""How a test says that something cannot be, and that many things happen at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction

PATIENCE_S = 30  # Longer than any wait for a lock that ends.


@contextmanager
def refused(constraint: str):
    """What is done inside is refused by the database under that name, and leaves nothing."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        yield
    assert caught.value.__cause__.diag.constraint_name == constraint


def is_refused(constraint: str, act: Callable) -> bool:
    """Whether the database refuses `act` under that name; any other refusal is raised."""
    try:
        with transaction.atomic():
            act()
    except DatabaseError as error:
        if error.__cause__.diag.constraint_name != constraint:
            raise
        return True
    return False


def together(*acts: Callable) -> list:
    """What each of `acts` returned or raised, begun at one moment on connections of their own."""
    start = Barrier(len(acts), timeout=PATIENCE_S)

    def run(act):
        try:
            start.wait()
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        begun = [threads.submit(run, act) for act in acts]
        return [each.exception(timeout=PATIENCE_S) or each.result() for each in begun]


def sql(statement: str, *values) -> list[tuple]:
    """The rows of a statement that goes past every model, or none where it has no answer."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def guards_down():
    """No trigger and no foreign key is heeded inside: how a test breaks what it says is noticed."""
    sql("SET LOCAL session_replication_role = replica")
    yield
    sql("SET LOCAL session_replication_role = origin")
