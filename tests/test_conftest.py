"""What every test stands on, stands."""

import socket

import pytest
from django.db import connection

from tests.conftest import SocketClosed


@pytest.mark.parametrize("address", ["192.0.2.1", "8.8.8.8", "rates.example"])
def test_no_test_reaches_another_machine(address):
    with socket.socket() as outside, pytest.raises(SocketClosed):
        outside.connect((address, 443))
    with pytest.raises(SocketClosed):
        socket.create_connection((address, 443), timeout=1)


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost"])
def test_a_server_on_this_machine_is_reached(address):
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((address, server.getsockname()[1]), timeout=1).close()


@pytest.mark.django_db
def test_every_trigger_that_ties_a_state_to_its_moves_is_known(state_triggers):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_constraint"
            " WHERE contype = 't' AND condeferrable AND conname LIKE '%state_changes_by_move'"
        )
        [count] = cursor.fetchone()

    assert len(state_triggers.split(", ")) == count > 0
