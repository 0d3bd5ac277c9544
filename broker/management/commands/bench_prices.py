"""Measure prices coming in: ten assets by six sources each five seconds, scaled down from a day."""

import json
import statistics
from datetime import UTC, datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from broker import env
from broker.management.bench.ingest import EVERY, ROUNDS_A_DAY, ingest
from broker.replay.database import BENCH_PREFIX, MayNotCreate, fresh_database
from broker.replay.house import found_house
from onboarding.users import Role, User

OPENED_AT = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--rounds", type=int, default=360, help="half an hour by default")
        parser.add_argument(
            "--out", type=Path, default=env.RUN_DIR / "bench-prices.json", help="figures go here"
        )

    def handle(self, *, rounds: int, out: Path, **_):
        if not 1 <= rounds <= ROUNDS_A_DAY:
            raise CommandError(f"--rounds is between 1 and {ROUNDS_A_DAY}")
        try:
            with fresh_database(BENCH_PREFIX, is_durable=True):
                people = [
                    User.objects.create_user(name, role=role, is_staff=True)
                    for name, role in (("maker", Role.RISK_OFFICER), ("checker", Role.COMPLIANCE))
                ]
                found_house(maker=people[0], checker=people[1], now=OPENED_AT)
                found = ingest(rounds, now=OPENED_AT)
        except MayNotCreate as refusal:
            raise CommandError(str(refusal)) from refusal
        a_round, floor = statistics.median(found.rounds_s), statistics.median(found.floor_s)
        figures = {
            "rounds": rounds,
            "quotes_a_round": found.quotes,
            "round_ms": round(a_round * 1000, 2),
            "floor_ms": round(floor * 1000, 2),
            "times_floor": round(a_round / floor, 2),
            "share_of_the_time": round(a_round / EVERY.total_seconds(), 4),
            "day_s": round(a_round * ROUNDS_A_DAY, 1),
            "bytes_a_round": found.bytes_before // rounds,
            "bytes_a_round_thinned": found.bytes_after // rounds,
            "thinned_rounds_a_second": round(rounds / found.thinned_s),
        }
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        console = Console(file=self.stdout, width=None if self.stdout.isatty() else 110)
        console.print(
            f"Prices: {found.quotes} quotes a round, {figures['round_ms']} ms beside"
            f" {figures['floor_ms']} ms of a bare COPY ({figures['times_floor']}x); a day of rounds"
            f" takes {figures['day_s']} s, {figures['share_of_the_time']:.1%} of the time there is."
        )
        console.print(
            f"A round leaves {figures['bytes_a_round']:,} bytes, and"
            f" {figures['bytes_a_round_thinned']:,} after a month;"
            f" {figures['thinned_rounds_a_second']:,} rounds are thinned a second."
        )
