"""The door of workers and of the timetable's clock."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from celery import Celery, signals
from django.conf import settings
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES

from broker import embedded, file_queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broker.settings")
embedded.hold()

TRANSPORT_ALIASES["filesystem"] = file_queue.NAME

app = Celery("harbour")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# The transport of files makes no folder itself.
for _name, _folder in settings.CELERY_BROKER_TRANSPORT_OPTIONS.items():
    if _name in ("data_folder_in", "control_folder"):
        Path(_folder).mkdir(mode=0o700, parents=True, exist_ok=True)


@signals.setup_logging.connect
def _log_as_the_rest_of_the_house(**_):
    """Taken, so that Celery leaves the logs as the settings have them."""


@signals.celeryd_init.connect
@signals.beat_init.connect
def _refuse_if_unsafe(**_):
    from broker.checks import UnsafeConfiguration, refuse_if_unsafe

    try:
        refuse_if_unsafe()
    except UnsafeConfiguration as refusal:
        # An ordinary exception of a receiver is logged, and the worker goes on.
        sys.exit(str(refusal))


@signals.task_prerun.connect
def _started(task, **_):
    from broker import jobs

    jobs.started(task.name, datetime.now(UTC))


@signals.task_failure.connect
def _failed(sender, exception, **_):
    """
    Fired by the task's own process, or by its parent where that process was killed.

    Our connection may be what failed, so it is looked at before it is used.
    """
    from broker import jobs

    close_old_connections()
    jobs.ended(sender.name, datetime.now(UTC), error=exception)


@signals.task_postrun.connect
def _ended(task, state, **_):
    """
    Fired after every end, a failure's too, which `_failed` has noted.

    A process that is being ended for its time limit gets here with no state: its parent says so.
    """
    from broker import jobs

    if state == "SUCCESS":
        close_old_connections()
        jobs.ended(task.name, datetime.now(UTC))
