"""Which rule of the book is proved by which test: `manage.py rules`."""

import ast
import json
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[3]
BOOK = ROOT / "broker" / "rules.toml"
TESTS = ROOT / "tests"

STATUSES = frozenset({"verified", "older", "secondary", "unverified", "house"})


class BadBook(Exception):
    """The rule book repeats an id, or gives a rule a status nobody knows."""


class BadMark(Exception):
    """A rule mark that cannot be counted: not plain text, or on something that is no test."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `open` names the part of it still unverified, or is empty."""

    id: str
    title: str
    section: str
    document: str
    source: str
    status: str
    open: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """`test` (tests/lending/test_x.py::TestY::test_z) says that it proves rule `rule`."""

    rule: str
    test: str
    line: int


def read_book(path: Path = BOOK) -> dict[str, Rule]:
    """
    Every rule by its id, in the order of the book.

    :raises BadBook: an id twice, or an unknown status
    """
    book: dict[str, Rule] = {}
    for section in tomllib.loads(path.read_text(encoding="utf-8"))["section"]:
        for entry in section["rules"]:
            rule = Rule(**entry, section=section["number"], document=section["document"])
            if rule.id in book:
                raise BadBook(f"{path.name}: {rule.id} stands in the book twice")
            if rule.status not in STATUSES:
                raise BadBook(f"{path.name}: {rule.id} has the unknown status {rule.status!r}")
            book[rule.id] = rule
    return book


def find_proofs(tests: Path | None = None) -> list[Proof]:
    """
    Every `pytest.mark.rule("ID", ...)` under `tests` (ours by default), read without importing.

    A mark counts on a test function, a test class, a parameter of a test, or a whole module
    (`pytestmark`); on a class or module it counts for each test in it.

    :raises BadMark: an argument that is not text, a mark that belongs to no test, or a file that
        cannot be read as Python
    """
    folder = tests or TESTS
    return [
        proof
        for path in sorted(folder.rglob("test_*.py"))
        for proof in _proofs_of(path, path.relative_to(folder.parent).as_posix())
    ]


def unknown_ids(book: dict[str, Rule], proofs: list[Proof]) -> list[str]:
    """One line for each mark whose rule is not in the book; empty when all are known."""
    return [
        f"{proof.test.partition('::')[0]}:{proof.line}: no rule {proof.rule!r} in the book"
        for proof in proofs
        if proof.rule not in book
    ]


def _proofs_of(path: Path, name: str) -> Iterator[Proof]:
    try:
        module = ast.parse(path.read_text(encoding="utf-8"), filename=name)
    except SyntaxError as error:
        raise BadMark(f"{name}:{error.lineno}: not Python: {error.msg}") from error
    counted: set[ast.AST] = set()
    for test, node_marks in _tests_of(module, name, _pytestmarks(module)):
        for mark in node_marks:
            counted |= {mark, mark.func}
            for rule in _ids_in(mark, name):
                yield Proof(rule, test, mark.lineno)
    for node in ast.walk(module):
        if _is_mark(node) and node not in counted:
            raise BadMark(f"{name}:{node.lineno}: a rule mark without rules, or on no test")


def _tests_of(
    parent: ast.Module | ast.ClassDef, name: str, marks: list[ast.Call]
) -> Iterator[tuple[str, list[ast.Call]]]:
    """The tests in `parent` by their pytest names, each with the marks that reach it."""
    for node in parent.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name.startswith("test"):
                own = [mark for line in node.decorator_list for mark in _marks_in(line)]
                yield f"{name}::{node.name}", marks + own
            case ast.ClassDef():
                own = [mark for line in node.decorator_list for mark in _marks_in(line)]
                reached = marks + own + _pytestmarks(node)
                yield from _tests_of(node, f"{name}::{node.name}", reached)
            case ast.Assign(targets=[ast.Name(id=alias)], value=ast.Attribute(attr="TestCase")):
                yield f"{name}::{alias}", marks  # TestBook = Book.TestCase: a rule machine.


def _pytestmarks(parent: ast.Module | ast.ClassDef) -> list[ast.Call]:
    return [
        mark
        for node in parent.body
        if isinstance(node, ast.Assign)
        and any(isinstance(to, ast.Name) and to.id == "pytestmark" for to in node.targets)
        for mark in _marks_in(node.value)
    ]


def _marks_in(tree: ast.AST) -> list[ast.Call]:
    """Calls of `pytest.mark.rule` (or `mark.rule`), wherever they stand in `tree`."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_mark(node.func)]


def _is_mark(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="rule", value=ast.Attribute(attr="mark") | ast.Name(id="mark")):
            return True
    return False


def _ids_in(mark: ast.Call, name: str) -> list[str]:
    ids = [arg.value if isinstance(arg, ast.Constant) else None for arg in mark.args]
    if not ids or mark.keywords or not all(isinstance(rule, str) for rule in ids):
        raise BadMark(f"{name}:{mark.lineno}: a rule mark names its rules as plain text")
    return ids


class Command(BaseCommand):
    """Prints the rule book beside the tests; fails where a test names a rule not in it."""

    help = "Show which rules have a test that proves them."
    requires_system_checks = []  # It reads files: a half-configured machine may ask too.

    def add_arguments(self, parser):
        parser.add_argument("--missing", action="store_true", help="only rules without a test")
        parser.add_argument("--json", action="store_true", help="one JSON object instead")

    def handle(self, *, missing: bool, json: bool, **_):
        try:
            book, proofs = read_book(), find_proofs()
        except (BadBook, BadMark) as error:
            raise CommandError(str(error)) from error
        if unknown := unknown_ids(book, proofs):
            raise CommandError("\n".join(unknown))
        tests = {rule: _tests_for(rule, proofs) for rule in book}
        shown = [rule for rule in book.values() if not (missing and tests[rule.id])]
        if json:
            self.stdout.write(_as_json(book, shown, tests))
        else:
            console = Console(file=self.stdout, width=None if self.stdout.isatty() else 140)
            console.print(_as_table(shown, tests), _summary(book, tests), sep="\n")


def _tests_for(rule: str, proofs: list[Proof]) -> list[str]:
    return sorted({proof.test for proof in proofs if proof.rule == rule})


def _counts(book: dict[str, Rule], tests: dict[str, list[str]]) -> dict[str, int]:
    proved = sum(1 for rule in book if tests[rule])
    return {"rules": len(book), "proved": proved, "missing": len(book) - proved}


def _as_json(book: dict[str, Rule], shown: list[Rule], tests: dict[str, list[str]]) -> str:
    rules = [asdict(rule) | {"tests": tests[rule.id]} for rule in shown]
    return json.dumps(_counts(book, tests) | {"book": rules}, ensure_ascii=False)


def _as_table(shown: list[Rule], tests: dict[str, list[str]]) -> Table:
    table = Table(title="Rules and the tests that prove them", title_justify="left")
    table.add_column("rule", no_wrap=True)
    table.add_column("asks that", ratio=2)
    table.add_column("status", no_wrap=True)
    table.add_column("proved by", ratio=2, overflow="fold")
    section = None
    for rule in shown:
        if section not in (None, rule.section):
            table.add_section()
        section = rule.section
        names = "\n".join(test.removeprefix("tests/") for test in tests[rule.id])
        table.add_row(rule.id, rule.title, rule.status, names or "-")
    return table


def _summary(book: dict[str, Rule], tests: dict[str, list[str]]) -> str:
    counts = _counts(book, tests)
    return f"{counts['proved']} of {counts['rules']} rules have a test, {counts['missing']} none."
