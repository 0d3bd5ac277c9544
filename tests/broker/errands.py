"""Tasks for a real worker to run."""

import os
import signal
import time

from celery import shared_task


@shared_task
def come_back():
    """Does nothing."""


@shared_task
def stumble():
    raise ValueError("over its own feet")


@shared_task
def be_killed():
    os.kill(os.getpid(), signal.SIGKILL)


@shared_task(time_limit=1)
def dawdle():
    time.sleep(60)
