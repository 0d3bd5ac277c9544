"""The rule book is whole, and every test that names a rule names one that is in it."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from broker.management.commands import rules
from broker.management.commands.rules import (
    BadBook,
    BadMark,
    find_proofs,
    read_book,
    unknown_ids,
)

MARKED = """
import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.rule("SMF-41")]


@pytest.mark.rule("VAF-8", "VAF-7")
def test_floor(): ...


@pytest.mark.parametrize("x", [1, pytest.param(2, marks=pytest.mark.rule("FRR-1"))])
def test_each(x): ...


@pytest.mark.rule("INT-7")
class TestPosting:
    pytestmark = pytest.mark.rule("INT-5")

    def test_cents(self): ...


TestBook = Book.TestCase
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "tests").mkdir()
    return tmp_path / "tests"


@pytest.fixture
def marked(folder, monkeypatch):
    """The tests that the command reads are those in `MARKED`."""
    write(folder, MARKED)
    monkeypatch.setattr(rules, "TESTS", folder)


def write(folder: Path, text: str) -> None:
    (folder / "test_it.py").write_text(text)


def show(**options) -> str:
    out = StringIO()
    call_command("rules", stdout=out, **options)
    return out.getvalue()


def test_the_book_has_every_rule_once():
    book = read_book()

    assert len(book) == 206
    assert all(rule.title and rule.source and rule.document for rule in book.values())
    assert len({rule.title for rule in book.values()}) == 206


def test_no_test_names_a_rule_that_is_not_in_the_book():
    assert unknown_ids(read_book(), find_proofs()) == []


def test_marks_are_found_on_functions_parameters_classes_and_modules(folder):
    write(folder, MARKED)

    found = {(proof.rule, proof.test.partition("::")[2]) for proof in find_proofs(folder)}

    assert found == {
        ("SMF-41", "test_floor"),
        ("VAF-8", "test_floor"),
        ("VAF-7", "test_floor"),
        ("SMF-41", "test_each"),
        ("FRR-1", "test_each"),
        ("SMF-41", "TestPosting::test_cents"),
        ("INT-7", "TestPosting::test_cents"),
        ("INT-5", "TestPosting::test_cents"),
        ("SMF-41", "TestBook"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "@pytest.mark.rule('VAF-8')\ndef helper(): ...",
        "@pytest.mark.rule(RULE)\ndef test_it(): ...",
        "@pytest.mark.rule('VAF-8', 9)\ndef test_it(): ...",
        "@pytest.mark.rule()\ndef test_it(): ...",
        "@pytest.mark.rule(id='VAF-8')\ndef test_it(): ...",
        "@pytest.mark.rule\ndef test_it(): ...",
    ],
)
def test_a_mark_that_cannot_be_counted_is_refused_with_its_line(folder, text):
    write(folder, text)

    with pytest.raises(BadMark, match=r"^tests/test_it\.py:1: a rule mark"):
        find_proofs(folder)


def test_a_test_file_that_is_no_python_is_refused(folder):
    write(folder, "def test_it(:")

    with pytest.raises(BadMark, match=r"^tests/test_it\.py:1: not Python"):
        find_proofs(folder)


def test_the_rules_of_a_state_machine_are_no_marks(folder):
    write(folder, "class Book:\n    @rule(x=1)\n    def step(self): ...")

    assert find_proofs(folder) == []


def test_a_book_that_repeats_an_id_or_invents_a_status_is_refused(tmp_path):
    line = '{ id = "A-1", status = "STATUS", source = "s", title = "t" }'
    head = '[[section]]\nnumber = "1"\ntitle = "t"\ndocument = "d"\nrules = '
    path = tmp_path / "rules.toml"

    path.write_text(f"{head}[{line}]".replace("STATUS", "rumour"))
    with pytest.raises(BadBook, match="A-1 has the unknown status 'rumour'"):
        read_book(path)

    path.write_text(f"{head}[{line}, {line}]".replace("STATUS", "house"))
    with pytest.raises(BadBook, match="A-1 stands in the book twice"):
        read_book(path)


def test_the_command_fails_with_file_and_line_on_an_unknown_rule(folder, monkeypatch):
    write(folder, "@pytest.mark.rule('VAF-99')\ndef test_it(): ...")
    monkeypatch.setattr(rules, "TESTS", folder)

    with pytest.raises(CommandError, match=r"^tests/test_it\.py:1: no rule 'VAF-99'"):
        show()


def test_the_command_shows_each_rule_with_its_tests(marked):
    everything, missing = show(), show(missing=True)

    assert "test_it.py::TestPosting::test_cents" in everything
    assert "6 of 206 rules have a test, 200 none." in everything
    assert "VAF-8 " in everything
    assert "VAF-8 " not in missing
    assert "VAF-9 " in missing


def test_the_command_speaks_json(marked):
    answer = json.loads(show(json=True))

    assert (answer["rules"], answer["proved"], answer["missing"]) == (206, 6, 200)
    vaf_8 = next(rule for rule in answer["book"] if rule["id"] == "VAF-8")
    assert vaf_8["status"] == "verified"
    assert vaf_8["tests"] == ["tests/test_it.py::test_floor"]
