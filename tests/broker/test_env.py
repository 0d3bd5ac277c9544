"""What the environment says, and what holds where it says nothing."""

import runpy
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from broker import env

NAMES = (
    "ALLOWED_HOSTS",
    "CELERY_BROKER_URL",
    "CI",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "DEBUG",
    "EMAIL_URL",
    "FILES_DIR",
    "HARBOUR_ENV",
    "HARBOUR_RUN",
    "HSTS_SECONDS",
    "LOG_JSON",
    "LOG_LEVEL",
    "PRICE_SOURCES",
    "PRICE_URLS",
    "SECRET_KEY",
    "TEST_DATABASE",
    "TLS",
)


@pytest.fixture
def read(monkeypatch):
    """Reads the environment anew, with nothing in it but what the test says."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)

    def read(**said):
        for name, value in said.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(env.__file__)

    return read


def test_nothing_said_is_a_development_that_makes_its_own(read):
    said = read()

    assert not said["PRODUCTION"]
    assert not said["DEBUG"]
    assert said["DATABASE_URL"] is None
    assert said["CELERY_BROKER_URL"] is None
    assert said["SECRET_KEY"] is None
    assert said["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert said["RUN_DIR"] == env.BASE_DIR / ".run"
    assert said["TEST_DATABASE"] == "test_harbour"


def test_production_is_strict_without_being_told(read):
    said = read(HARBOUR_ENV="production")

    assert said["PRODUCTION"]
    assert not said["DEBUG"]
    assert said["TLS"]
    assert said["HSTS_SECONDS"] == 31_536_000
    assert said["ALLOWED_HOSTS"] == []
    assert said["LOG_JSON"]


def test_an_empty_variable_is_one_not_set(read):
    said = read(DATABASE_URL="", ALLOWED_HOSTS="", HARBOUR_RUN=" ", DEBUG="")

    assert said["DATABASE_URL"] is None
    assert said["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert said["RUN_DIR"] == env.BASE_DIR / ".run"
    assert not said["DEBUG"]


def test_a_secret_may_lie_in_a_file(read, tmp_path):
    (tmp_path / "key").write_text("from a file\n")

    assert read(SECRET_KEY_FILE=str(tmp_path / "key"))["SECRET_KEY"] == "from a file"


def test_a_secret_file_that_is_missing_is_refused(read, tmp_path):
    with pytest.raises(FileNotFoundError):
        read(SECRET_KEY_FILE=str(tmp_path / "nowhere"))


def test_lists_have_commas_between(read):
    said = read(ALLOWED_HOSTS="a.example, b.example,", CSRF_TRUSTED_ORIGINS="https://a.example")

    assert said["ALLOWED_HOSTS"] == ["a.example", "b.example"]
    assert said["CSRF_TRUSTED_ORIGINS"] == ["https://a.example"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "perhaps"),
        ("HARBOUR_ENV", "prod"),
        ("HSTS_SECONDS", "-1"),
        ("HSTS_SECONDS", "a year"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(read, name, value):
    with pytest.raises(ImproperlyConfigured, match=f"^{name} is '{value}'"):
        read(**{name: value})


@pytest.mark.parametrize(("word", "meant"), [("yes", True), ("1", True), ("OFF", False)])
def test_a_flag_is_said_in_any_of_the_usual_words(read, word, meant):
    assert read(TLS=word)["TLS"] is meant


def test_the_folder_of_files_is_under_the_run_folder_until_named(read, tmp_path):
    assert read(HARBOUR_RUN=str(tmp_path))["FILES_DIR"] == tmp_path / "files"
    assert read(FILES_DIR="/srv/harbour")["FILES_DIR"] == Path("/srv/harbour")


def test_nothing_else_reads_the_environment():
    readers = {
        str(source.relative_to(env.BASE_DIR))
        for package in ("broker", "lending", "collateral", "onboarding")
        for source in (env.BASE_DIR / package).rglob("*.py")
        if any(word in source.read_text() for word in ("os.environ[", "os.environ.get", "getenv"))
    }

    assert readers == set()


def test_venues_may_have_other_addresses(read):
    said = read(PRICE_URLS="hashkey=https://sandbox.example/x?a=b, osl = http://localhost:1")

    assert said["PRICE_URLS"] == {
        "hashkey": "https://sandbox.example/x?a=b",
        "osl": "http://localhost:1",
    }


@pytest.mark.parametrize("wrong", ["hashkey", "=https://x", "hashkey="])
def test_an_address_without_its_venue_is_refused(read, wrong):
    with pytest.raises(ImproperlyConfigured, match="PRICE_URLS"):
        read(PRICE_URLS=wrong)
