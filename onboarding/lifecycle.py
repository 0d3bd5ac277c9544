"""
The one door of all state machines: who moved what, when and why.

A machine is a model with a protected `state`. Its steps are django-fsm transitions of three
lines; they are taken only through `move` (one row) or `move_many` (a batch), which lock, take the
step, write the row and record a `Move`. The database refuses a state without its move
(`guards.py`), so not even a bulk update can slip past.
"""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django_fsm import ConcurrentTransitionMixin, FSMField


class StateField(FSMField):
    """
    A protected state. In migrations it is plain text: their models take no steps, and each that
    listened for its own would make building a database slower than the one before.
    """

    def deconstruct(self):
        name, _, args, kwargs = super().deconstruct()
        kwargs.pop("protected", None)
        return name, "django.db.models.CharField", args, kwargs


class LifecycleQuerySet(models.QuerySet):
    def locked(self, *, skip_locked: bool = False):
        """Rows locked for update, in key order so that two callers cannot deadlock."""
        rows = self.order_by("pk")
        # Not against those who only refer to the row: a key of it never changes.
        return rows.select_for_update(of=("self",), skip_locked=skip_locked, no_key=True)


class Lifecycle(ConcurrentTransitionMixin, models.Model):
    """
    A row with a protected `state` and a history of `moves`.

    `STEP_FIELDS` names the columns, besides `state`, that steps of the machine may change.
    """

    STEP_FIELDS: tuple[str, ...] = ()

    objects = LifecycleQuerySet.as_manager()

    class Meta:
        abstract = True


class Move(models.Model):
    """
    One step that one subject took. Its own outbox: `told_at` is empty until the client knows.

    Written by the door alone and never edited but for `told_at` (`guards.py`).
    """

    step = models.CharField(max_length=40)
    source = models.CharField(max_length=20)
    target = models.CharField(max_length=20)
    reason = models.TextField()
    mover = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    moved_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        indexes = [
            # Read by broker/notices.
            models.Index(
                fields=["moved_at"], condition=models.Q(told_at=None), name="%(class)s_untold"
            )
        ]

    def __str__(self):
        return f"#{self.subject_id} {self.step}: {self.source} -> {self.target}"


class AskedTwice(Exception):
    """A batch asks for two steps of one row, and which comes first nobody said."""


@dataclass(frozen=True, slots=True)
class Step:
    """`take` this transition on row `pk`; `facts` are the transition's own arguments."""

    pk: int
    take: Callable[..., None]
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def move(subject, step: Callable[..., None], *, reason: str, now: datetime, mover=None, **facts):
    """
    Take `step` on the stored row of `subject`, and return that row.

    `step` is the transition itself (`MarginAccount.call`), so that a search or a rename finds
    every caller. `mover` is None where the system acts on its own.

    :raises TransitionNotAllowed: the stored state does not permit the step
    """
    rows = type(subject).objects.locked().filter(pk=subject.pk)
    asked = {subject.pk: Step(subject.pk, step, reason, facts)}
    [row] = _taken(list(rows), asked, mover=mover, now=now)
    return row


@transaction.atomic
def move_many(
    model: type[Lifecycle],
    steps: Iterable[Step],
    *,
    now: datetime,
    mover=None,
    skip_locked: bool = True,
) -> list:
    """
    Take each step on its row, in key order, and return the rows as they stand now.

    The same door as `move` for a crash: one lock, one UPDATE from arrays and one COPY of moves,
    however many rows. A row that somebody else holds is left out, and the next sweep finds it, or
    is waited for where `skip_locked` is false.

    :raises TransitionNotAllowed: a stored state does not permit its step; nothing is written
    :raises AskedTwice: a row has two steps in one batch
    """
    steps = list(steps)
    asked = {step.pk: step for step in steps}
    if len(asked) < len(steps):
        raise AskedTwice(f"{len(steps)} steps for {len(asked)} rows")
    rows = list(model.objects.locked(skip_locked=skip_locked).filter(pk__in=list(asked)))
    return _taken(rows, asked, mover=mover, now=now)


def _taken(rows: list, asked: dict[int, Step], *, mover, now: datetime) -> list:
    if not rows:
        return rows
    moves = []
    for row in rows:
        step = asked[row.pk]
        source = row.state
        step.take(row, now=now, **step.facts)
        moves.append(
            (row.pk, step.take.__name__, source, row.state, step.reason, mover and mover.pk, now)
        )
    model = type(rows[0])
    copy_rows(
        model._meta.get_field("moves").related_model,
        ("subject_id", "step", "source", "target", "reason", "mover_id", "moved_at"),
        moves,
    )
    update_rows(model, ("state", *model.STEP_FIELDS), rows)
    return rows


def copy_rows(model: type[models.Model], columns: tuple[str, ...], rows: Iterable[tuple]) -> None:
    """Insert `rows` of plain values (text, number, time, None) by COPY: 60,000 a second."""
    lines = io.StringIO()
    for row in rows:
        lines.write("\t".join(map(_copy_text, row)) + "\n")
    lines.seek(0)
    into = f"{_quoted(model._meta.db_table)} ({', '.join(map(_quoted, columns))})"
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(f"COPY {into} FROM STDIN", lines)


def update_rows(model: type[models.Model], names: tuple[str, ...], rows: list) -> None:
    """Write the fields `names` of `rows` back in one statement, from arrays."""
    fields = [model._meta.get_field(name) for name in names]
    typed = [("id", model._meta.pk.rel_db_type(connection))]
    typed += [(f.column, f.rel_db_type(connection) if f.is_relation else _type(f)) for f in fields]
    arrays = [[row.pk for row in rows]]
    arrays += [
        [f.get_db_prep_save(getattr(row, f.attname), connection) for row in rows] for f in fields
    ]
    sets = ", ".join(f"{_quoted(name)} = n.{_quoted(name)}" for name, _ in typed[1:])
    given = ", ".join(f"%s::{kind}[]" for _, kind in typed)
    named = ", ".join(_quoted(name) for name, _ in typed)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_quoted(model._meta.db_table)} t SET {sets}"  # noqa: S608 - names of ours
            f"  FROM unnest({given}) n({named}) WHERE t.id = n.id",
            arrays,
        )


def _type(column: models.Field) -> str:
    return column.db_type(connection)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _copy_text(value) -> str:
    """`value` as one field of COPY's text format."""
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.isoformat()
    text = str(value)
    if not isinstance(value, str):
        return text  # A number has nothing to escape.
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
