"""Play a recorded crash through the real engine, on a fresh database, and say how it ended."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from broker.replay import scenario as scenarios
from broker.replay.database import MayNotCreate, fresh_database
from broker.replay.play import Outcome, play
from collateral.prices.fx import MissingRate, RateOutOfBand
from collateral.prices.playback import OutOfScale
from collateral.prices.price_file import BadPriceFile
from collateral.prices.recorded.windows import STEPS, UnknownWindow
from lending.margin.call import MarginCall
from lending.trading.venues import venue_named

JSON_KEYS = (
    "scenario",
    "accounts",
    "ticks",
    "warned",
    "calls_issued",
    "calls_cured",
    "calls_expired",
    "liquidations",
    "orders",
    "sold_hkd",
    "wicks_ignored",
    "bad_debt_hkd",
    "ledger_balanced",
    "units_reconciled",
)
SHOW_EVERY_S = 0.2
STOPS = (signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("name", nargs="?", help=f"a recorded window: {', '.join(STEPS)}")
        parser.add_argument(
            "--prices",
            action="append",
            default=[],
            metavar="ASSET=PATH",
            help="a candle file of one asset, plain or .gz; may be given for several assets",
        )
        parser.add_argument("--accounts", type=int, default=200)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--scale", default="1", help="multiplies log returns")
        parser.add_argument("--usd-hkd", help="HKD for one USD, where no rate is recorded")
        parser.add_argument("--json", action="store_true", help="one JSON object on the last line")

    def handle(self, *args, **options):
        console = Console(stderr=options["json"])
        accounts = options["accounts"]
        if accounts < 1:
            raise CommandError("--accounts must be at least 1")
        scenario = self._scenario(options)
        started = time.monotonic()
        try:
            with _stopped_like_ctrl_c(), _Bar(console) as bar, fresh_database():
                outcome = play(
                    scenario,
                    accounts=accounts,
                    seed=options["seed"],
                    venue=venue_named("paper"),
                    watch=bar.show,
                )
        except MayNotCreate as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("stopped; the replay's database is dropped") from None
        duration_s = time.monotonic() - started
        console.print(_table(outcome, duration_s))
        if options["json"]:
            self.stdout.write(_json(outcome, duration_s))
        if not (outcome.ledger_balanced and outcome.units_reconciled):
            raise CommandError("the books do not balance")

    def _scenario(self, options) -> scenarios.Scenario:
        if bool(options["name"]) == bool(options["prices"]):
            raise CommandError("name a recorded window or give --prices ASSET=PATH, and not both")
        usd_hkd = options["usd_hkd"]
        adjusted = {
            "scale": _decimal("--scale", options["scale"]),
            "usd_hkd": None if usd_hkd is None else _decimal("--usd-hkd", usd_hkd),
        }
        try:
            if options["name"]:
                return scenarios.recorded(options["name"], **adjusted)
            return scenarios.from_files(_paths(options["prices"]), **adjusted)
        except (
            BadPriceFile,
            MissingRate,
            OutOfScale,
            RateOutOfBand,
            UnknownWindow,
            scenarios.BadScenario,
        ) as error:
            raise CommandError(str(error)) from error


@contextmanager
def _stopped_like_ctrl_c() -> Iterator[None]:
    """A stop by the system or a closed terminal ends like Ctrl-C: the database is dropped."""
    before = {stop: signal.signal(stop, signal.default_int_handler) for stop in STOPS}
    try:
        yield
    finally:
        for stop, handler in before.items():
            signal.signal(stop, handler)


class _Bar:
    """A bar with the price, the open calls and the sales; redrawn a few times a second."""

    def __init__(self, console: Console):
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[seen]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self.task = self.progress.add_task("opening the book", total=None, seen="")
        self.shown_at = 0.0

    def __enter__(self):
        self.progress.__enter__()
        return self

    def __exit__(self, *error):
        return self.progress.__exit__(*error)

    def show(self, progress) -> None:
        tick = time.monotonic()
        if tick - self.shown_at < SHOW_EVERY_S:
            return
        self.shown_at = tick
        shown = [
            f"{code} {progress.prices[code]:,.0f}"
            for code in ("BTC", "ETH")
            if code in progress.prices
        ]
        open_calls = MarginCall.objects.filter(ended_at=None).count()
        shown += [f"open calls {open_calls}", f"sales {progress.orders}"]
        self.progress.update(
            self.task,
            description=f"{progress.at:%Y-%m-%d %H:%M}",
            completed=progress.moments,
            total=progress.of,
            seen="  ".join(shown),
        )


def _decimal(option: str, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise CommandError(f"{option} must be a number, not {text!r}") from None


def _paths(given: list[str]) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    for word in given:
        code, equals, path = word.partition("=")
        if not (code and equals and path):
            raise CommandError(f"--prices takes ASSET=PATH, not {word!r}")
        if code in paths:
            raise CommandError(f"--prices names {code} twice")
        paths[code] = Path(path)
    return paths


def _table(outcome: Outcome, duration_s: float) -> Table:
    table = Table(title=f"Replay of {outcome.scenario}", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for label, value in (
        ("ticks", f"{outcome.ticks:,}"),
        ("accounts", f"{outcome.accounts:,}"),
        ("accounts warned", f"{outcome.warned:,}"),
        ("calls issued", f"{outcome.calls_issued:,}"),
        ("calls cured", f"{outcome.calls_cured:,}"),
        ("calls expired", f"{outcome.calls_expired:,}"),
        ("liquidations", f"{outcome.liquidations:,}"),
        ("sales", f"{outcome.orders:,}"),
        ("sold, HKD", f"{outcome.sold_hkd:,.2f}"),
        ("average slippage", f"{outcome.slippage * 10_000:,.1f} bp"),
        ("wicks ignored", f"{outcome.wicks_ignored:,}"),
        ("bad debt, HKD", f"{outcome.bad_debt_hkd:,.2f}"),
        ("lent, HKD", f"{outcome.loans_hkd:,.2f}"),
        ("interest, HKD", f"{outcome.interest_hkd:,.2f}"),
        ("ledger", "balanced" if outcome.ledger_balanced else "DOES NOT BALANCE"),
        ("units", "reconciled" if outcome.units_reconciled else "DO NOT RECONCILE"),
        ("duration", f"{duration_s:,.1f} s"),
    ):
        table.add_row(label, value)
    return table


def _json(outcome: Outcome, duration_s: float) -> str:
    """One line; money as numbers with their cents, written from the decimals themselves."""
    said = {key: getattr(outcome, key) for key in JSON_KEYS}
    literals = {
        key: f"{value:.2f}" if isinstance(value, Decimal) else json.dumps(value)
        for key, value in said.items()
    } | {"duration_s": f"{duration_s:.1f}"}
    return "{" + ", ".join(f"{json.dumps(key)}: {text}" for key, text in literals.items()) + "}"
