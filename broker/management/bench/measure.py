"""Measure the sweep beside its floor, turn by turn, in one database and one run."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from broker.management.bench import floors
from broker.management.bench.book import WAVES, Book
from lending.margin.readings import read, read_in_question
from lending.margin.sweep import sweep

WAVES_TO_WARM_UP = 2
READINGS_TO_WARM_UP = 2


class DoesNotAgree(Exception):
    """What was measured did not do what it says, so its time says nothing."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Times of one thing, in seconds; `accounts` is how many it measures each time."""

    name: str
    accounts: int
    runs_s: tuple[float, ...]
    floor: str | None = None  # The name of the figure it is compared with.
    aim: float | None = None  # At most so many times the floor.

    @property
    def median_s(self) -> float:
        return statistics.median(self.runs_s)

    @property
    def accounts_a_second(self) -> int:
        return round(self.accounts / self.median_s)


READ_FLOOR = "plain SQL aggregate"
READ = "book read, nobody in question"
READ_IN_FULL = "every account read, into Python"
TICK_FLOOR = "one statement: value, call, move, update"
TICK = "sweep: read, 5% called and moved"


def measure(book: Book, *, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """
    The figures, each a thing beside its floor, after a warm-up; the two take turns.

    :raises DoesNotAgree: somebody was in question on a calm book, or a wave called another number
    """
    now = book.tick()
    _expect("in question on a calm book", 0, len(read_in_question(now=now)))
    figures = []
    for name, act in ((READ_FLOOR, floors.read), (READ, read_in_question), (READ_IN_FULL, read)):
        say(name)
        figures.append((name, [_timed(act, now)[1] for _ in range(READINGS_TO_WARM_UP + runs)]))
    times = {name: tuple(runs_s[READINGS_TO_WARM_UP:]) for name, runs_s in figures}
    times |= _waves(book, say=say)
    return [
        Figure(READ_FLOOR, book.accounts, times[READ_FLOOR]),
        Figure(READ, book.accounts, times[READ], floor=READ_FLOOR, aim=1.5),
        Figure(READ_IN_FULL, book.accounts, times[READ_IN_FULL], floor=READ_FLOOR),
        Figure(TICK_FLOOR, book.accounts, times[TICK_FLOOR]),
        Figure(TICK, book.accounts, times[TICK], floor=TICK_FLOOR, aim=4.0),
    ]


def _waves(book: Book, *, say: Callable[[str], None]) -> dict[str, tuple[float, ...]]:
    """One wave for the floor and the next for the sweep, until all have come; commits included."""
    times: dict[str, list[float]] = {TICK_FLOOR: [], TICK: []}
    for number in range(len(WAVES)):
        name = (TICK_FLOOR, TICK)[number % 2]
        say(name)
        now = book.wave()
        if name == TICK_FLOOR:
            called, taken_s = _timed(floors.tick, now)
        else:
            swept, taken_s = _timed(sweep, now)
            called = swept.calls_issued
            _expect("steps of a wave", book.accounts_a_wave, swept.moved)
        _expect("calls of a wave", book.accounts_a_wave, called)
        times[name].append(taken_s)
    return {name: tuple(taken_s[WAVES_TO_WARM_UP // 2 :]) for name, taken_s in times.items()}


def _timed(act: Callable, now: datetime) -> tuple:
    began = time.perf_counter()
    answer = act(now=now)
    return answer, time.perf_counter() - began


def _expect(what: str, wanted: int, got: int) -> None:
    if got != wanted:
        raise DoesNotAgree(f"{what}: {got} and not {wanted}")
