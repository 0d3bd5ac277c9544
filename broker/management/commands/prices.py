"""What each source says now, how old that is, and what comes of it: `manage.py prices`."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from broker.replay.demo_feed import NothingPlays
from collateral.assets import Asset
from collateral.prices.consensus import RECORDED, Agreed, HeldBack, agree
from collateral.prices.feed import open_feed
from collateral.prices.live import LiveFeed
from collateral.prices.live_round import Verdict, ask_and_judge, said_in_round
from collateral.prices.manual_price import HOUSE_CURRENCY
from collateral.prices.quote import BadQuote, SourceUnavailable
from collateral.prices.venue_health import VenueHealth


@dataclass(frozen=True, slots=True)
class Line:
    """One source and one asset. `said` in `currency`, `hkd` converted, `age` in seconds."""

    asset: str
    source: str
    currency: str
    said: str
    hkd: str
    age: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the round comes to for one asset."""

    asset: str
    price: str
    standing: str
    why: str


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--asset", action="append", help="only this one; may be repeated")
        parser.add_argument("--json", action="store_true", help="for a program to read")

    def handle(self, *, asset: list[str] | None, **options):
        now = timezone.now()
        try:
            feed = open_feed()
            lines, outcomes = _live(feed, now) if isinstance(feed, LiveFeed) else _played(feed, now)
        except (ImproperlyConfigured, NothingPlays) as error:
            raise CommandError(str(error)) from error
        wanted = set(asset or [])
        lines = [each for each in lines if not wanted or each.asset in wanted]
        outcomes = [each for each in outcomes if not wanted or each.asset in wanted]
        venues = list(VenueHealth.objects.order_by("venue").values("venue", "state", "why"))
        if options["json"]:
            said = {
                "at": now.isoformat(),
                "sources": [asdict(each) for each in lines],
                "prices": [asdict(each) for each in outcomes],
                "venues": venues,
            }
            self.stdout.write(json.dumps(said, indent=2))
            return
        console = Console(file=self.stdout, width=None if self.stdout.isatty() else 130)
        console.print(_table("What each source says", Line, lines))
        console.print(_table("What it comes to", Outcome, outcomes))
        for venue in venues:
            why = f", {venue['why']}" if venue["why"] else ""
            console.print(f"{venue['venue']}: {venue['state']}{why}")


def _live(feed: LiveFeed, now: datetime) -> tuple[list[Line], list[Outcome]]:
    verdicts, _ = ask_and_judge(feed, now=now)
    lines = [line for verdict in verdicts for line in _lines(verdict, now)]
    return lines, [_outcome(each) for each in verdicts if each.answers or each.manual]


def _lines(verdict: Verdict, now: datetime) -> Iterator[Line]:
    rows = {row["source"]: row for row in json.loads(said_in_round(verdict.found, verdict.answers))}
    for answer in verdict.answers:
        row = rows[answer.source]
        yield Line(
            verdict.asset.code,
            answer.source,
            answer.currency,
            row.get("said", ""),
            row.get("price", ""),
            answer.quote and (now - answer.quote.observed_at).total_seconds(),
            row.get("verdict") or row["dropped"],
        )


def _outcome(verdict: Verdict) -> Outcome:
    code, found = verdict.asset.code, verdict.found
    if verdict.manual:
        return Outcome(code, f"{verdict.manual.value:f}", "manual", verdict.manual.reason)
    if isinstance(found, Agreed):
        return Outcome(code, f"{found.value:f}", found.standing, found.why)
    held = f"{found.value:f} " if isinstance(found, HeldBack) else ""
    return Outcome(code, "", "held back" if held else "none", f"{held}{found.reason}")


def _played(sources: Iterable, now: datetime) -> tuple[list[Line], list[Outcome]]:
    lines, outcomes = [], []
    for asset in Asset.objects.exclude(code=HOUSE_CURRENCY).order_by("pk"):
        quotes = []
        for source in sources:
            try:
                quote = source.quote(asset.code, now=now)
            except (SourceUnavailable, BadQuote) as error:
                lines.append(Line(asset.code, source.name, "HKD", "", "", None, str(error)))
                continue
            quotes.append(quote)
            age = (now - quote.observed_at).total_seconds()
            price = f"{quote.price:f}"
            verdict = "heard" if quote.is_fresh(now) else "stale"
            lines.append(Line(asset.code, source.name, "HKD", price, price, age, verdict))
        if quotes:
            found = agree(quotes, now=now, last=None, rule=RECORDED)
            agreed = isinstance(found, Agreed)
            value = f"{found.value:f}" if agreed else ""
            why = "" if agreed else found.reason
            outcomes.append(Outcome(asset.code, value, "agreed" if agreed else "none", why))
    return lines, outcomes


def _table(title: str, kind: type, rows: list) -> Table:
    table = Table(title=title, title_justify="left")
    names = list(kind.__dataclass_fields__)
    for name in names:
        number = name in ("said", "hkd", "age", "price")
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        cells = (getattr(row, name) for name in names)
        table.add_row(*(_cell(value) for value in cells))
    return table


def _cell(value) -> str:
    if value is None:
        return "–"
    return f"{value:.1f} s" if isinstance(value, float) else str(value)
