"""Every step of every machine is told or said to be silent, and what is told has its words."""

from pathlib import Path

import pytest
from django.apps import apps
from django.template.loader import get_template

from broker import env
from broker.notices.occasions import SILENT, TOLD
from onboarding.lifecycle import Move


def machines():
    return [model for model in apps.get_models() if issubclass(model, Move)]


def steps_of(moves) -> set[str]:
    """The names of the transitions of the machine that `moves` belong to."""
    machine = moves._meta.get_field("subject").related_model
    field = machine._meta.get_field("state")
    return {each.method.__name__ for each in field.get_all_transitions(machine)}


@pytest.mark.parametrize("moves", machines(), ids=lambda model: model.__name__)
def test_every_step_is_either_told_or_silent_for_a_reason(moves):
    told, silent = set(TOLD[moves]), set(SILENT[moves])

    assert told | silent == steps_of(moves)
    assert not told & silent
    assert all(SILENT[moves].values())


def templates() -> set[str]:
    folder = env.BASE_DIR / "templates" / "notices"
    return {str(path.relative_to(folder)) for path in Path(folder).rglob("*.txt")}


def test_every_notice_has_a_subject_and_a_body():
    bodies = {name.removesuffix(".body.txt") for name in templates() if name.endswith("body.txt")}
    subjects = {
        name.removesuffix(".subject.txt") for name in templates() if name.endswith("subject.txt")
    }

    # A copy has the subject of what it is a copy of, and the letter is what others extend.
    assert bodies - subjects == {"copy", "_letter", "application/_letter"}
    assert subjects <= bodies
    for name in templates():
        get_template(f"notices/{name}")
