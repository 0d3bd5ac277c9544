"""
A worker of its own process that carries sales on until it is killed at a named point.

`python -m tests.machines.victim POINT MOMENT`: SIGKILL strikes by itself, but at `blocked`, where
it says so and waits for somebody else to strike.
"""

import os
import signal
import sys
import time
from datetime import datetime

import django


def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def wait(*_, **__):
    print("blocked", flush=True)
    time.sleep(600)


def main(point: str, now: datetime) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broker.settings")
    django.setup()

    from lending.liquidation import execute
    from lending.trading import send, settle
    from tests.lending.liquidation.venues import ScriptedVenue

    venue = ScriptedVenue()
    if point == "planning":
        # In the transaction that writes the order down.
        send.Order.objects.create = _after(send.Order.objects.create)
    elif point == "written":
        venue.script = [die]
    elif point == "traded":
        venue.paper = _Traded(venue.paper)
    elif point == "settling":
        # The order is filled and the units are gone, in a transaction that never ends.
        settle.record = _after(settle.record)
    elif point == "settled":
        execute.send = _after(execute.send)
    elif point == "blocked":
        venue.script = [wait]
    elif point == "finishing":
        # The account has moved, its call has not.
        execute.move = _after(execute.move)
    else:
        raise ValueError(point)
    execute.work(now=now, venue=venue)


def _after(act):
    def acts_and_dies(*given, **named):
        act(*given, **named)
        die()

    return acts_and_dies


class _Traded:
    """A venue that trades, while nobody lives to hear of it."""

    def __init__(self, paper):
        self.paper = paper

    def __getattr__(self, name):
        return getattr(self.paper, name)

    def place(self, ticket, *, now):
        self.paper.place(ticket, now=now)
        die()


if __name__ == "__main__":
    main(sys.argv[1], datetime.fromisoformat(sys.argv[2]))
