"""A real worker does the margin jobs, and another goes on where a killed one was."""

import os
import signal
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from broker import env
from broker.celery import app
from broker.jobs import JobRun, Outcome
from lending.margin.account import State
from lending.margin.sweep import open_call, sweep
from lending.trading.order import Order, OrderState
from lending.trading.venues.paper import PaperTrade
from tests.factories import margin_account
from tests.lending.liquidation.stories import books_in_order, quote, stored
from tests.servers.address import database_url

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
WITHIN_S = 60


@pytest.fixture
def queue():
    """A queue that nobody else listens to."""
    name = f"test-{uuid.uuid4().hex}"
    yield name
    with app.connection_for_write() as broker, broker.channel() as channel:
        channel.queue_delete(name)
        channel.exchange_delete(name)


@contextmanager
def worker(queue, log, *, include=None):
    """A worker with a process for its tasks; on leaving it is asked to stop, if it still lives."""
    arguments = ["--concurrency", "1", "--queues", queue, "--hostname", f"{uuid.uuid4().hex}@%h"]
    arguments += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    arguments += ["--include", include] if include else []
    with log.open("a") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "broker", "worker", *arguments],
            cwd=env.BASE_DIR,
            env={**env.without("DATABASE_URL"), "DATABASE_URL": database_url()},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGQUIT)
                process.wait(WITHIN_S)


def until(holds, log):
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def borrower():
    return margin_account(owed="210000", pledged={"BTC": "1"})


def test_a_worker_takes_the_sweep_and_calls(borrower, queue, log):
    quote({"BTC": "500000"}, at=timezone.now())
    app.send_task("lending.tasks.sweep_margins", queue=queue)

    with worker(queue, log):
        until(lambda: stored(borrower).state == State.CALLED, log)
        until(lambda: JobRun.objects.filter(outcome=Outcome.DONE).exists(), log)

    assert open_call(borrower).shortfall == 10_000
    assert JobRun.objects.get().name == "lending.tasks.sweep_margins"


def test_a_worker_killed_in_the_middle_of_a_sale_is_followed_by_another(borrower, queue, log):
    now = timezone.now()
    quote({"BTC": "500000"}, at=now - timedelta(hours=25))
    sweep(now=now - timedelta(hours=25))
    sweep(now=now)
    assert stored(borrower).state == State.LIQUIDATING
    task = "lending.tasks.work_liquidations"
    app.send_task(task, queue=queue)
    with worker(queue, log, include="tests.servers.slow") as process:
        until(PaperTrade.objects.exists, log)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(WITHIN_S)
    [order] = Order.objects.all()
    assert order.state == OrderState.SENT
    assert stored(borrower).state == State.LIQUIDATING

    # A broker gives the lost message to the next worker, files do not; the timetable sends another.
    app.send_task(task, queue=queue)
    with worker(queue, log):
        until(lambda: stored(borrower).state == State.WARNED, log)

    order.refresh_from_db()
    trade = PaperTrade.objects.get()
    assert order.state == OrderState.FILLED
    assert (trade.client_order_id, trade.units) == (order.client_order_id, order.filled_units)
    assert stored(borrower).pool.holdings.get().units == Decimal(1) - trade.units
    books_in_order()
