"""Measure the sweep of a large book beside the barest SQL over the same rows."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from rich.console import Console
from rich.table import Table

from broker import env
from broker.management.bench.book import ACCOUNTS_A_WAVE, open_book
from broker.management.bench.measure import Figure, measure
from broker.replay.database import BENCH_PREFIX, MayNotCreate, fresh_database

OPENED_AT = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--accounts", type=int, default=100_000, help="three assets each")
        parser.add_argument("--runs", type=int, default=7, help="measured runs of each reading")
        parser.add_argument(
            "--out", type=Path, default=env.RUN_DIR / "bench.json", help="where the figures go"
        )

    def handle(self, *, accounts: int, runs: int, out: Path, **_):
        if accounts < ACCOUNTS_A_WAVE or accounts % ACCOUNTS_A_WAVE:
            raise CommandError(f"--accounts is a multiple of {ACCOUNTS_A_WAVE}, above zero")
        if runs < 1:
            raise CommandError("--runs is at least 1")
        console = Console(file=self.stdout, width=None if self.stdout.isatty() else 110)
        try:
            with (
                fresh_database(BENCH_PREFIX, is_durable=True),
                console.status(f"A book of {accounts:,} accounts") as status,
            ):
                book = open_book(accounts, now=OPENED_AT)
                figures = measure(book, runs=runs, say=status.update)
                written = {"accounts": accounts, "server": _server(), "cores": os.cpu_count()}
        except MayNotCreate as refusal:
            raise CommandError(str(refusal)) from refusal
        out.parent.mkdir(parents=True, exist_ok=True)
        written["figures"] = [_as_json(figure, _ratio(figure, figures)) for figure in figures]
        out.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
        console.print(_as_table(accounts, figures))
        console.print(f"PostgreSQL {written['server']}, {written['cores']} cores; written to {out}")


def _server() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return cursor.fetchone()[0]


def _ratio(figure: Figure, figures: list[Figure]) -> float | None:
    floors = {floor.name: floor.median_s for floor in figures}
    return figure.median_s / floors[figure.floor] if figure.floor else None


def _as_json(figure: Figure, ratio: float | None) -> dict:
    return {
        "name": figure.name,
        "runs_s": [round(run_s, 4) for run_s in figure.runs_s],
        "median_s": round(figure.median_s, 4),
        "accounts_a_second": figure.accounts_a_second,
        "floor": figure.floor,
        "times_floor": ratio and round(ratio, 2),
        "aim": figure.aim,
        "is_within_aim": None if figure.aim is None else ratio <= figure.aim,
    }


def _as_table(accounts: int, figures: list[Figure]) -> Table:
    table = Table(title=f"Sweep of {accounts:,} accounts with 3 assets each", title_justify="left")
    table.add_column("what")
    for heading in ("median s", "runs s", "accounts/s", "x floor", "aim"):
        table.add_column(heading, justify="right")
    for figure in figures:
        ratio = _ratio(figure, figures)
        table.add_row(
            figure.name,
            f"{figure.median_s:.3f}",
            f"{min(figure.runs_s):.3f}-{max(figure.runs_s):.3f}",
            f"{figure.accounts_a_second:,}",
            f"{ratio:.2f}" if ratio else "floor",
            f"{figure.aim:g}" if figure.aim else "",
            style="" if figure.aim is None or ratio <= figure.aim else "yellow",
        )
        if figure.name.startswith("every"):
            table.add_section()
    return table
