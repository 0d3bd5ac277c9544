"""
The commands that need two people: what each is called, who proposes, who approves, what it does.

A feature registers its commands when its file is imported; `approvals.py` finds them by name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from onboarding.hands import NEVER_DECIDE, Area
from onboarding.users import Role

Difference = list[tuple[str, str, str]]


class Refused(Exception):
    """A proposal was not taken, or not decided. Says why in words for the person who asked."""


class NotAllowed(Refused):
    """The role does not permit it, or it is the person's own proposal."""


class NotOpen(Refused):
    """The proposal was decided, withdrawn or has expired."""


class Stale(Refused):
    """What the proposal would change has changed since it was made."""


class Invalid(Refused):
    """The payload asks for what cannot be: raised by a command's `differs` or `apply`."""


class HandsMixed(Exception):
    """A command is registered twice, or one role would hold both of two separate hands."""


@dataclass(frozen=True)
class Command:
    """
    What may be proposed, by whom, and what approving it does.

    - `approves(payload)`: roles that may decide; an amount above a size may need another.
    - `apply(payload, *, proposal, now)`: does it, in the transaction of the approval, and returns
      the outcome to be logged. `proposal.checker` is set. Any exception leaves nothing done.
    - `differs(payload)`: (label, before, after) lines as text; raises `Invalid`. What it reads as
      "before" when proposing must still be so when approving.
    - `dated`: `approves` and `differs` are given `now=` too, since they read dated rows.
    - `client_of(payload)`: the client it concerns, or None. An RM proposes for own clients only.
    - `restricted`: seen by the roles that propose or decide it and by nobody else (AML-12).
    """

    name: str
    title: str
    proposes: frozenset[Role]
    approves: Callable[..., frozenset[Role]]
    apply: Callable[..., dict]
    differs: Callable[..., Difference]
    lives: timedelta = timedelta(days=7)
    client_of: Callable[[dict], Any] | None = None
    area: Area = Area.CLIENT
    restricted: bool = False
    dated: bool = False

    def approvers(self, payload: dict, *, now: datetime) -> frozenset[Role]:
        """The roles that may decide it now."""
        told = {"now": now} if self.dated else {}
        return frozenset(self.approves(payload, **told)) - NEVER_DECIDE

    def difference(self, payload: dict, *, now: datetime) -> list[list[str]]:
        """
        What it would change now.

        :raises Invalid: it asks for what cannot be
        """
        told = {"now": now} if self.dated else {}
        return [[str(text) for text in line] for line in self.differs(payload, **told)]


_COMMANDS: dict[str, Command] = {}


def register(command: Command) -> Command:
    """
    Make `command` known under its name.

    :raises HandsMixed: the name is taken; nobody or a role that only looks would propose it; or
        one role would both operate and set the parameters of risk
    """
    if command.name in _COMMANDS:
        raise HandsMixed(f"two commands are called {command.name}")
    if command.proposes & NEVER_DECIDE or not command.proposes:
        raise HandsMixed(f"{command.name} is proposed by {sorted(command.proposes) or 'nobody'}")
    mixed = _proposers(Area.OPERATIONS, command) & _proposers(Area.RISK_PARAMETER, command)
    if mixed:
        raise HandsMixed(f"{command.name}: {sorted(mixed)} would operate and set risk parameters")
    _COMMANDS[command.name] = command
    return command


def _proposers(area: Area, newcomer: Command) -> frozenset[Role]:
    named = [command for command in (*_COMMANDS.values(), newcomer) if command.area == area]
    return frozenset().union(*(command.proposes for command in named))


def commands() -> list[Command]:
    """Every command of the product, by name."""
    return [_COMMANDS[name] for name in sorted(_COMMANDS)]


def command_named(name: str) -> Command:
    """
    The command of that name.

    :raises Invalid: there is none
    """
    if name not in _COMMANDS:
        raise Invalid(f"there is no command {name}")
    return _COMMANDS[name]


def title_of(name: str) -> str:
    """The title of a command; its name where the product has it no longer."""
    return _COMMANDS[name].title if name in _COMMANDS else name
