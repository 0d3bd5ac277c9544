"""`manage.py demo`: everything on this machine, in a browser, until Ctrl-C."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.urls import reverse
from rich.console import Console
from rich.table import Table

from broker import env
from broker.replay.demo_feed import resume
from broker.replay.demo_firm import login_of
from broker.replay.demo_history import NotADemonstration, ensure_demonstration
from broker.replay.demo_people import CLIENTS, PASSWORD, STAFF
from broker.replay.demo_processes import (
    AlreadyRuns,
    ChildDied,
    NoPort,
    Supervisor,
    free_port,
    only_one,
    wait_for_page,
)
from onboarding.users import Role

FIRST_PORT = 8000
ANSWERS_WITHIN_S = 90
SHOWN = (Role.RM, Role.RISK_OFFICER, Role.OPERATIONS)


class Command(BaseCommand):
    help = "Start database, queue, web server, worker and timetable, and play a recorded crash."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument(
            "--port",
            type=int,
            default=FIRST_PORT,
            help="The port of the web server, or the next one that is free (%(default)s).",
        )

    def handle(self, *, port: int, **options):
        began = time.monotonic()
        if settings.PRODUCTION:
            raise CommandError("This is production, and the demonstration is for trying Harbour.")
        if env.DEMO_SPEED < 1:
            raise CommandError("DEMO_SPEED is 0, and the crash would never come: say 1 or more.")
        try:
            if settings.FEED != "recorded":
                raise CommandError(
                    "FEED=live: the demonstration plays a recorded crash. Unset FEED."
                )
            with only_one(env.RUN_DIR / "demo.lock"):
                self._run(port, began=began)
        except AlreadyRuns:
            raise CommandError("The demonstration of this checkout runs already.") from None
        except (ChildDied, NoPort, NotADemonstration, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error

    def _run(self, wanted: int, *, began: float) -> None:
        self._prepare()
        port = free_port(wanted)
        if port != wanted:
            self.stdout.write(f"Port {wanted} is taken, so it is {port}.")
        with Supervisor(env.RUN_DIR / "log").ending_all() as supervisor:
            for name, arguments in programs(port).items():
                supervisor.start(
                    name,
                    [sys.executable, "-m", *arguments],
                    cwd=env.BASE_DIR,
                    # Somebody who looks into a log looks for what went wrong.
                    environment={"LOG_LEVEL": "WARNING", **env.without()},
                )
            if wait_for_page(port, reverse("login"), supervisor, within_s=ANSWERS_WITHIN_S):
                self._say_where(port, took_s=time.monotonic() - began)
                supervisor.watch()
            elif not supervisor.is_asked_to_stop:
                raise CommandError(f"No page came within {ANSWERS_WITHIN_S} s; see .run/log.")
            self.stdout.write("\nEnding ...")

    def _prepare(self) -> None:
        """The database with its tables, the firm with its past, and a feed that plays."""
        self.stdout.write("Preparing the database ...")
        call_command("migrate", verbosity=0)
        if ensure_demonstration(now=datetime.now(UTC)):
            self.stdout.write(f"A firm with {len(CLIENTS)} clients has moved in.")
        else:
            self.stdout.write("The firm is there already; it goes on where it was.")
        resume(speed=env.DEMO_SPEED, now=datetime.now(UTC))
        connection.close()

    def _say_where(self, port: int, *, took_s: float) -> None:
        at = f"http://127.0.0.1:{port}"
        console = Console(file=self.stdout._out, highlight=False)
        console.print(f"\n[bold]Harbour[/bold] is up after {took_s:.0f} s. Ctrl-C ends it.\n")
        places = Table(box=None, show_header=False, padding=(0, 2))
        places.add_row("Clients", f"{at}/")
        places.add_row("Live book", f"{at}/staff/book/")
        places.add_row("Staff site", f"{at}/staff/")
        console.print(places)
        logins = Table(box=None, padding=(0, 2), title=f"The password of all: {PASSWORD}")
        logins.add_column("Sign in as")
        logins.add_column("who is")
        for login, who in demo_logins():
            logins.add_row(login, who)
        console.print()
        console.print(logins)
        console.print(
            f"\nThe crash of August 2024 plays at {env.DEMO_SPEED} times its speed. E-mails are"
            f" files in {_shown(env.RUN_DIR / 'mail')}, logs in {_shown(env.RUN_DIR / 'log')}.\n"
        )


def programs(port: int) -> dict[str, list[str]]:
    """The modules to run, with their arguments, by the name of their log."""
    pidfile = env.RUN_DIR / "beat.pid"
    # Ours is the only demonstration, so a file that is there outlived its process.
    pidfile.unlink(missing_ok=True)
    quiet = ["--loglevel", "WARNING"]
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    web = ["--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4"]
    web += ["--graceful-timeout", "5", "--no-control-socket"]
    schedule = ["--pidfile", str(pidfile), "--schedule", str(env.RUN_DIR / "beat")]
    return {
        "web": ["gunicorn", "broker.wsgi", *web],
        "worker": ["celery", "-A", "broker", "worker", "--concurrency", "2", *alone, *quiet],
        "beat": ["celery", "-A", "broker", "beat", *schedule, *quiet],
    }


def demo_logins() -> list[tuple[str, str]]:
    """A login of each kind of user, and who that is."""
    client = CLIENTS[0]
    given, family = client.signs[0]
    logins = [(login_of(given, family), f"{client.name}, a client")]
    for role in SHOWN:
        login, given, family, *_ = next(each for each in STAFF if each[3] == role)
        logins.append((login, f"{given} {family}, {role.label.lower()}"))
    return logins


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
