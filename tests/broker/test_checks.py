"""An unsafe production configuration is refused, each way by its own number and variable."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as live

from broker import checks, embedded, env

SAFE = {
    "HARBOUR_ENV": "production",
    "SECRET_KEY": "correct-horse-battery-staple-" + "0123456789abcdef" * 3,
    "ALLOWED_HOSTS": "harbour.example",
    "DATABASE_URL": "postgres://harbour:secret@db.example:5432/harbour",
    "CELERY_BROKER_URL": "amqp://harbour:secret@queue.example:5672//",
    "EMAIL_URL": "smtp+tls://harbour:secret@mail.example:587",
    "DEFAULT_FROM_EMAIL": "Harbour <margin@harbour.example>",
    "FILES_DIR": "/srv/harbour/files",
    "CLAMAV_URL": "tcp://scanner.example:3310",
}


@pytest.fixture
def safe(settings, monkeypatch):
    """A production configuration that nothing is wrong with."""
    settings.PRODUCTION = True
    settings.DEBUG = False
    settings.SECRET_KEY = SAFE["SECRET_KEY"]
    settings.ALLOWED_HOSTS = ["harbour.example"]
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "db.example")
    settings.CELERY_BROKER_URL = SAFE["CELERY_BROKER_URL"]
    settings.SESSION_COOKIE_SECURE = True
    settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = SAFE["DEFAULT_FROM_EMAIL"]
    settings.FEED = "live"
    settings.PAPER_BANK = False
    settings.CLAMAV_URL = SAFE["CLAMAV_URL"]
    settings.STAFF_SECOND_FACTOR = True
    settings.STORAGES = {"default": {"OPTIONS": {"location": env.BASE_DIR.parent / "files"}}}
    return settings


def refused() -> dict[str, str]:
    return {error.id: error.hint for error in checks.production()}


def test_a_safe_configuration_is_not_refused(safe):
    assert refused() == {}
    checks.refuse_if_unsafe()


def test_outside_production_nothing_is_refused():
    assert not live.PRODUCTION
    assert refused() == {}


@pytest.mark.parametrize(
    ("setting", "value", "number", "variable"),
    [
        ("DEBUG", True, "broker.E001", "DEBUG"),
        ("FEED", "recorded", "broker.E010", "FEED"),
        ("PAPER_BANK", True, "broker.E011", "PAPER_BANK"),
        ("CLAMAV_URL", None, "broker.E012", "CLAMAV_URL"),
        ("STAFF_SECOND_FACTOR", False, "broker.E013", "STAFF_SECOND_FACTOR"),
        ("LIVE_FEED", {**live.LIVE_FEED, "names": ["mtgox"]}, "broker.E014", "PRICE_SOURCES"),
        (
            "LIVE_FEED",
            {**live.LIVE_FEED, "urls": {"hashkey": "http://hashkey.example"}},
            "broker.E014",
            "PRICE_URLS",
        ),
        ("SECRET_KEY", "", "broker.E002", "SECRET_KEY"),
        ("SECRET_KEY", "short", "broker.E002", "SECRET_KEY"),
        ("SECRET_KEY", "a" * 60, "broker.E002", "SECRET_KEY"),
        ("SECRET_KEY", "django-insecure-" + "abcdefgh" * 8, "broker.E002", "SECRET_KEY"),
        ("ALLOWED_HOSTS", [], "broker.E003", "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", ["harbour.example", "*"], "broker.E003", "ALLOWED_HOSTS"),
        ("CELERY_BROKER_URL", "filesystem://", "broker.E005", "CELERY_BROKER_URL"),
        ("CELERY_BROKER_URL", "memory://", "broker.E005", "CELERY_BROKER_URL"),
        ("SESSION_COOKIE_SECURE", False, "broker.E006", "TLS"),
        ("CSRF_COOKIE_SECURE", False, "broker.E006", "TLS"),
        ("SECURE_SSL_REDIRECT", False, "broker.E006", "TLS"),
        ("SECURE_HSTS_SECONDS", 60, "broker.E006", "HSTS_SECONDS"),
        (
            "EMAIL_BACKEND",
            "django.core.mail.backends.console.EmailBackend",
            "broker.E007",
            "EMAIL_URL",
        ),
        (
            "EMAIL_BACKEND",
            "django.core.mail.backends.filebased.EmailBackend",
            "broker.E007",
            "EMAIL_URL",
        ),
        (
            "DEFAULT_FROM_EMAIL",
            "Harbour <no-reply@localhost>",
            "broker.E008",
            "DEFAULT_FROM_EMAIL",
        ),
        (
            "STORAGES",
            {"default": {"OPTIONS": {"location": env.RUN_DIR / "files"}}},
            "broker.E009",
            "FILES_DIR",
        ),
    ],
)
def test_each_danger_is_refused_alone_and_names_its_variable(
    safe, setting, value, number, variable
):
    setattr(safe, setting, value)

    assert list(refused()) == [number]
    assert variable in refused()[number]
    with pytest.raises(checks.UnsafeConfiguration, match=number):
        checks.refuse_if_unsafe()


def test_the_embedded_database_is_refused(safe, monkeypatch):
    monkeypatch.setitem(safe.DATABASES["default"], "HOST", str(embedded.socket_dir()))

    assert list(refused()) == ["broker.E004"]
    assert "DATABASE_URL" in refused()["broker.E004"]


def manage(*arguments, **environment) -> subprocess.CompletedProcess:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, env.BASE_DIR / "manage.py", *arguments],
        env={**kept, **environment},
        capture_output=True,
        text=True,
    )


def test_a_safe_environment_passes_every_check_of_a_deployment():
    result = manage("check", "--deploy", "--fail-level", "WARNING", **SAFE)

    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_an_environment_that_only_says_production_is_refused_and_starts_no_server(tmp_path):
    result = manage("check", HARBOUR_ENV="production", HARBOUR_RUN=str(tmp_path / "run"))

    assert result.returncode == 1
    for number in ("E002", "E003", "E004", "E005", "E007", "E008", "E009"):
        assert f"broker.{number}" in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("door", ["broker.wsgi", "broker.celery"])
def test_doors_that_run_no_checks_refuse_too(door, tmp_path):
    start = {
        "broker.wsgi": "import broker.wsgi",
        "broker.celery": "from broker.celery import signals; signals.celeryd_init.send(None)",
    }
    unsafe = {**SAFE, "HARBOUR_RUN": str(tmp_path), "ALLOWED_HOSTS": "*"}

    result = subprocess.run(
        [sys.executable, "-c", start[door]],
        cwd=env.BASE_DIR,
        env={"PATH": os.environ["PATH"], **unsafe},
        capture_output=True,
        text=True,
    )

    assert result.returncode == 1
    assert "broker.E003" in result.stderr
