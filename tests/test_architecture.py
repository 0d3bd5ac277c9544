"""The import contract of pyproject.toml, run with the tests so that one command tells all."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from broker import env

PACKAGES = ("broker", "lending", "collateral", "onboarding")


def lint_imports(checkout: Path) -> subprocess.CompletedProcess:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--no-logo"], cwd=checkout, capture_output=True, text=True
    )


@pytest.fixture
def copied(tmp_path):
    """The code alone, to be broken."""
    shutil.copy(env.BASE_DIR / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        for source in (env.BASE_DIR / package).rglob("*.py"):
            target = tmp_path / source.relative_to(env.BASE_DIR)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return tmp_path


def test_the_packages_keep_their_contract():
    result = lint_imports(env.BASE_DIR)

    assert result.returncode == 0, result.stdout


def test_a_package_without_a_place_breaks_it(copied):
    (copied / "lending" / "utils").mkdir()
    (copied / "lending" / "utils" / "__init__.py").touch()

    result = lint_imports(copied)

    assert result.returncode == 1
    assert "lending.utils" in result.stdout


def test_a_client_that_knows_of_its_debt_breaks_it(copied):
    with (copied / "onboarding" / "apps.py").open("a") as source:
        source.write("\nimport lending.apps\n")

    result = lint_imports(copied)

    assert result.returncode == 1
    assert "onboarding.apps -> lending.apps" in result.stdout
