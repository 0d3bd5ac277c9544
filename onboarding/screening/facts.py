"""What is known of somebody: of one whom the house screens, and of one who is on a list. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from onboarding.screening import names


@dataclass(frozen=True, slots=True)
class Birth:
    """A day, or the days between which it was; of a year that is known the whole year."""

    first: date
    last: date

    @property
    def is_exact(self) -> bool:
        return self.first == self.last


def year(number: int) -> Birth:
    return Birth(date(number, 1, 1), date(number, 12, 31))


@dataclass(frozen=True, slots=True)
class Party:
    """
    Names in any alphabet, each as written; `is_person` is None where nobody said.

    `nationalities` are as written, `identities` numbers of documents.
    """

    names: tuple[str, ...]
    is_person: bool | None = None
    births: tuple[Birth, ...] = ()
    nationalities: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()

    def latin(self) -> list[tuple[str, tuple[str, ...]]]:
        """Each name that has other letters than Chinese, and its tokens."""
        parts = [(name, names.tokens(name)) for name in self.names]
        return [(name, words) for name, words in parts if words]

    def chinese(self) -> list[tuple[str, str]]:
        """Each name with Chinese characters, and these, simplified."""
        parts = [(name, names.chinese(name)) for name in self.names]
        return [(name, written) for name, written in parts if written]

    def numbers(self) -> frozenset[str]:
        """The identity numbers that are long enough to be somebody's."""
        bare = {names.identity(number) for number in self.identities}
        return frozenset(number for number in bare if len(number) >= 5)

    def as_json(self) -> dict:
        """Text and lists alone, to be kept."""
        kept = asdict(self)
        kept["births"] = [[b.first.isoformat(), b.last.isoformat()] for b in self.births]
        return {name: list(v) if isinstance(v, tuple) else v for name, v in kept.items()}

    def fingerprint(self) -> str:
        """The same for the same facts, and for no others."""
        told = json.dumps(self.as_json(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()


def from_json(kept: Mapping) -> Party:
    """The party that `as_json` kept."""
    return Party(
        names=tuple(kept["names"]),
        is_person=kept["is_person"],
        births=tuple(
            Birth(date.fromisoformat(first), date.fromisoformat(last))
            for first, last in kept["births"]
        ),
        nationalities=tuple(kept["nationalities"]),
        identities=tuple(kept["identities"]),
    )


@dataclass(frozen=True, slots=True)
class Wallet:
    """An address as the list writes it, and the list's ticker for its coin."""

    ticker: str
    address: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of a list. `ref` is the list's own key; `programme` why it is there, in words."""

    ref: str
    party: Party
    programme: str = ""
    remarks: str = ""
    wallets: tuple[Wallet, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A list as it was read: its entries, and the day that it says it is of."""

    entries: tuple[Listed, ...]
    dated: date | None


class Unreadable(Exception):
    """The file is not the list it should be. Says in words what is wrong with it."""
