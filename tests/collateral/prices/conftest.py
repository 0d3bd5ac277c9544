"""A server in our hands that answers many at once, as a venue does."""

from threading import Event

import pytest
from pytest_httpserver import HTTPServer


@pytest.fixture(scope="session")
def venue_server():
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def httpserver(venue_server):
    venue_server.clear()
    yield venue_server
    venue_server.clear()


@pytest.fixture
def dawdle():
    """Waits for so many seconds, or until the test is over: nobody is left behind waiting."""
    over = Event()
    yield over.wait
    over.set()
