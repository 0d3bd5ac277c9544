"""What the page of a client is made of: a panel is a title, facts and rows, for who may see it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.html import format_html

from lending.admin.standing import Fact
from onboarding.clients import Client

ROWS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Panel:
    """`rows` have one cell for each of `head`; `more` is where the rest is: (address, words)."""

    title: str
    facts: list[Fact] = field(default_factory=list)
    head: tuple[str, ...] = ()
    rows: list[tuple] = field(default_factory=list)
    none: str = ""
    more: tuple[str, str] | None = None

    @property
    def cells(self) -> list[list[tuple[str, object]]]:
        """The rows with each cell beside its head, as a narrow page shows them."""
        return [list(zip(self.head, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Kind:
    """A panel that whoever holds `permission` sees; `build` gives None where it has no say."""

    permission: str
    build: Callable[[Client, object, datetime], Panel | None]


def link(address: str, words: object) -> str:
    return format_html('<a href="{}">{}</a>', address, words)


def chip(word: object, tone: str) -> str:
    """A word and its colour: success, warning, danger, info, or default for none."""
    return format_html('<span class="hb-zone {}">{}</span>', tone, word)
